"""Which fields show something else than what is stored.

The rules are those of `query/values.py`, which writes them as SQL.
"""

from apollo_spark.model.field import FieldSpec
from apollo_spark.query.joined import LABEL, FieldsQuestion
from apollo_spark.query.values import Codes, ValueMode
from apollo_spark.workers.values.decoding import CodedFields, ValueDecoder


def decoder_of(question: FieldsQuestion) -> ValueDecoder:
    """Return what shows the stored values of the fields of a question, in their order."""
    mode = question.mode
    groups: dict[tuple[int, bool, bool], list[int]] = {}
    shared: dict[int, Codes] = {}
    pairs = zip(question.asked, question.codes, strict=True)
    for place, ((_, spec), found) in enumerate(pairs):
        if found is not None and _changes(spec, found, mode):
            shared[id(found)] = found
            key = (id(found), spec.is_multi_select, place in question.split)
            groups.setdefault(key, []).append(place)
    coded = [
        CodedFields(
            tuple(shared[key].meanings), tuple(shared[key].meanings.values()), is_list, tuple(each),
            label=LABEL if is_split else None,
        )
        for (key, is_list, is_split), each in groups.items()
    ]  # fmt: skip
    return ValueDecoder(coded, decodes=mode is ValueMode.DECODED)


def _changes(spec: FieldSpec, codes: Codes, mode: ValueMode) -> bool:
    if not codes.meanings:
        return False
    return mode is ValueMode.DECODED or (mode is ValueMode.EXCLUDE_SPARSE and spec.is_sparse)
