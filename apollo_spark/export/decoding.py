"""Which fields show something else than what is stored.

The rules are those of `query/values.py`, which writes them as SQL.
"""

from apollo_spark.model.field import FieldSpec
from apollo_spark.query.joined import FieldsQuestion
from apollo_spark.query.values import Codes, ValueMode
from apollo_spark.workers.values.decoding import CodedFields, ValueDecoder


def decoder_of(question: FieldsQuestion) -> ValueDecoder:
    """Return what shows the stored values of the fields of a question, in their order."""
    specs = [spec for _, spec in question.asked]
    mode = question.mode
    groups: dict[tuple[int, bool], list[int]] = {}
    shared: dict[int, Codes] = {}
    for place, (spec, found) in enumerate(zip(specs, question.codes, strict=True)):
        if found is not None and _changes(spec, found, mode):
            shared[id(found)] = found
            groups.setdefault((id(found), spec.is_multi_select), []).append(place)
    coded = [
        CodedFields(
            tuple(shared[key].meanings), tuple(shared[key].meanings.values()), is_list, tuple(each)
        )
        for (key, is_list), each in groups.items()
    ]
    return ValueDecoder(coded, decodes=mode is ValueMode.DECODED)


def _changes(spec: FieldSpec, codes: Codes, mode: ValueMode) -> bool:
    if not codes.meanings:
        return False
    return mode is ValueMode.DECODED or (mode is ValueMode.EXCLUDE_SPARSE and spec.is_sparse)
