"""Codings that were found in the values, and grow with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.sources.infer import MOST_ASKED_CODES, can_be_code


@dataclass(frozen=True)
class GrownDictionary:
    """A dictionary after new values came to an entity.

    Attributes:
        dictionary: The dictionary; the one before where nothing is new.
        added: How many codes came.
        notes: What a person should know: fields and counts.
    """

    dictionary: DataDictionary
    added: int = 0
    notes: tuple[str, ...] = ()


def grow_codings(
    dictionary: DataDictionary, entity: str, values: Mapping[str, Sequence[str] | None]
) -> GrownDictionary:
    """Return a dictionary whose open codings have all values of an entity's fields.

    A field whose values are no codes any more, because they are too many, too long or cannot be
    printed, has no coding from then on.

    Args:
        dictionary: The dictionary before.
        entity: The entity whose rows come.
        values: The different values of open fields, None where they are too many.
    """
    standing = dictionary.find_entity(entity)
    assert standing is not None, "rows are of an entity that is there"
    codings = {each.name: each for each in dictionary.codings}
    fields = {each.name: each for each in standing.fields}
    notes: list[str] = []
    count = 0
    for name, found in values.items():
        coding = codings[str(fields[name].coding_name)]
        new = None if found is None else [each for each in found if each not in coding.meanings]
        if new == []:
            continue
        if new is None or not _fits(coding, new):
            fields[name] = _uncoded(fields[name])
            notes.append(
                f"{entity}.{name}: its values are too many or too long for codes; it has no "
                "coding any more"
            )
            continue
        codings[coding.name] = _grown(coding, new)
        count += len(new)
        codes = "1 new code was" if len(new) == 1 else f"{len(new):,} new codes were"
        notes.append(f"{entity}.{name}: {codes} added to the coding '{coding.name}', which is open")
    if not notes:
        return GrownDictionary(dictionary)
    grown = standing.model_copy(update={"fields": tuple(fields.values())})
    return GrownDictionary(_with(dictionary, grown, codings), count, tuple(notes))


def _fits(coding: Coding, new: Sequence[str]) -> bool:
    return len(coding.codes) + len(new) <= MOST_ASKED_CODES and all(map(can_be_code, new))


def _uncoded(spec: FieldSpec) -> FieldSpec:
    return spec.model_copy(update={"coding_name": None, "is_open_coding": False})


def _grown(coding: Coding, new: Sequence[str]) -> Coding:
    """Return a coding with more codes behind those that it has."""
    last = max((each.display_order for each in coding.rows), default=0)
    places = (
        CodePlace(code=code, meaning=code, display_order=order)
        for order, code in enumerate(_in_order(new), start=last + 1)
    )
    return coding.model_copy(update={"rows": (*coding.rows, *places)})


def _in_order(codes: Sequence[str]) -> list[str]:
    is_number = all(each.removeprefix("-").isdecimal() for each in codes)
    return sorted(codes, key=int) if is_number else sorted(codes)


def _with(
    dictionary: DataDictionary, entity: Entity, codings: Mapping[str, Coding]
) -> DataDictionary:
    entities = tuple(entity if each.name == entity.name else each for each in dictionary.entities)
    used = {spec.coding_name for each in entities for spec in each.fields}
    return dictionary.model_copy(
        update={
            "entities": entities,
            "codings": tuple(each for each in codings.values() if each.name in used),
        }
    )
