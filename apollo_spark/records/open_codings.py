"""Open codings: they grow with the values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.sources.inference.infer import MOST_ASKED_CODES, can_be_code
from apollo_spark.workers.values.code_values import parse_code


@dataclass(frozen=True)
class ExtendedDictionary:
    """A dictionary after new values came to an entity.

    Attributes:
        dictionary: The dictionary; the one before where nothing is new.
        added: How many codes came.
        notes: What a person should know: fields and counts.
    """

    dictionary: DataDictionary
    added: int = 0
    notes: tuple[str, ...] = ()


def extend_codings(
    dictionary: DataDictionary, entity: str, values: Mapping[str, Sequence[str] | None]
) -> ExtendedDictionary:
    """Return a dictionary whose open codings have all values of an entity's fields.

    A field whose values are not codes any more, because they are too many, too long or cannot be
    printed, has no coding from then on.

    Args:
        dictionary: The dictionary before.
        entity: The entity whose rows come.
        values: The different values of open fields, None where they are too many.
    """
    spec = dictionary.find_entity(entity)
    assert spec is not None, "rows are of an entity that is there"
    codings = {each.name: each for each in dictionary.codings}
    fields = {each.name: each for each in spec.fields}
    notes: list[str] = []
    count = 0
    for name, found in values.items():
        coding = codings[str(fields[name].coding_name)]
        new = None if found is None else _unknown_to(coding, fields[name].type, found)
        if new == []:
            continue
        if new is None or not _fits(coding, new):
            fields[name] = _uncoded(fields[name])
            notes.append(
                f"{entity}.{name}: its values are too many or too long for codes; it has no "
                "coding any more"
            )
            continue
        codings[coding.name] = _extended(coding, new)
        count += len(new)
        codes = "1 new code was" if len(new) == 1 else f"{len(new):,} new codes were"
        notes.append(f"{entity}.{name}: {codes} added to the coding '{coding.name}', which is open")
    if not notes:
        return ExtendedDictionary(dictionary)
    wider = spec.model_copy(update={"fields": tuple(fields.values())})
    return ExtendedDictionary(_with(dictionary, wider, codings), count, tuple(notes))


def _unknown_to(coding: Coding, type_: FieldType, values: Sequence[str]) -> list[str]:
    """Return the values that are not codes, however a number is written."""
    known = {parse_code(each, type_) for each in coding.codes}
    return [each for each in values if parse_code(each, type_) not in known]


def join_codings(target: Sequence[Coding], source: Sequence[Coding]) -> tuple[Coding, ...]:
    """Return the codings of both; of one name and open, with the codes of both."""
    found = {each.name: each for each in target}
    for each in source:
        found[each.name] = _with_codes_of(found[each.name], each) if each.name in found else each
    return tuple(found.values())


def can_be_joined(first: DataDictionary, second: DataDictionary, name: str, other: str) -> bool:
    """Return whether two codings are open and flat, and agree on the codes that both have."""
    own, near = first.find_coding(name), second.find_coding(other)
    assert own is not None, "it is of the first dictionary"
    assert near is not None, "it is of the second dictionary"
    uses = _uses(first, name), _uses(second, other)
    is_open = all(each.is_open_coding for fields in uses for each in fields)
    have_one_type = len({each.type for fields in uses for each in fields}) == 1
    codes, others = _labels(own), _labels(near)
    are_alike = all(codes[each] == others[each] for each in codes.keys() & others.keys())
    is_flat = not (own.is_hierarchical or near.is_hierarchical)
    return is_open and have_one_type and is_flat and are_alike


def _uses(dictionary: DataDictionary, coding: str) -> list[FieldSpec]:
    return [spec for _, spec in dictionary.paths() if spec.coding_name == coding]


def _labels(coding: Coding) -> dict[str, tuple[str, str]]:
    return {each.code: (each.meaning, each.concept) for each in coding.rows}


def _with_codes_of(coding: Coding, other: Coding) -> Coding:
    """Return a coding with the codes that it lacks behind its own."""
    last = max((each.display_order for each in coding.rows), default=0)
    new = [each for each in other.rows if each.code not in coding.meanings]
    places = (
        each.model_copy(update={"display_order": order})
        for order, each in enumerate(new, start=last + 1)
    )
    return coding.model_copy(update={"rows": (*coding.rows, *places)})


def _fits(coding: Coding, new: Sequence[str]) -> bool:
    return len(coding.codes) + len(new) <= MOST_ASKED_CODES and all(map(can_be_code, new))


def _uncoded(spec: FieldSpec) -> FieldSpec:
    return spec.model_copy(update={"coding_name": None, "is_open_coding": False})


def _extended(coding: Coding, new: Sequence[str]) -> Coding:
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
