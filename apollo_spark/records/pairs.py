"""Put two data dictionaries side by side: which fields are the same, which codes differ."""

from collections.abc import Mapping
from dataclasses import dataclass

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.diff import CodingDiff
from apollo_spark.model.field import FieldSpec
from apollo_spark.records.diff import diff_dictionaries


@dataclass(frozen=True)
class EntityPair:
    """An entity that two dictionaries have.

    Attributes:
        before: As the earlier one has it.
        after: As the later one has it.
        key: Its primary key in either, None unless both are the same field.
        fields: Its other fields that can be compared, as they are called in either.
        not_compared: The later names of fields whose type differs.
        key_left_out: Why rows do not meet by a key, though both have one; None where they do.
    """

    before: Entity
    after: Entity
    key: tuple[str, str] | None
    fields: tuple[tuple[str, str], ...]
    not_compared: tuple[str, ...]
    key_left_out: str | None = None


def pair_entities(before: DataDictionary, after: DataDictionary) -> tuple[EntityPair, ...]:
    """Return the entities that both have; fields that were renamed are the same."""
    later = {each.name: each for each in after.entities}
    renamed = {
        each.before: each.after.partition(".")[2]
        for each in diff_dictionaries(before, after).fields_renamed
    }
    return tuple(
        _pair(each, later[each.name], renamed) for each in before.entities if each.name in later
    )


def diff_codings(before: DataDictionary, after: DataDictionary) -> tuple[CodingDiff, ...]:
    """Return the codings that differ, or that only one of them has."""
    old = {each.name: each for each in before.codings}
    new = {each.name: each for each in after.codings}
    found = [_diff_coding(name, old.get(name), new.get(name)) for name in {**old, **new}]
    return tuple(each for each in found if not each.is_same)


def relation_texts(dictionary: DataDictionary) -> list[str]:
    """Return the relations as people read them."""
    return [
        f"{each.from_entity}.{each.from_field} -> {each.to_entity}.{each.to_field} "
        f"{each.relationship}"
        for each in dictionary.relations
    ]


def _pair(before: Entity, after: Entity, renamed: Mapping[str, str]) -> EntityPair:
    found = [
        (spec, after.find_field(renamed.get(f"{before.name}.{spec.name}", spec.name)))
        for spec in before.fields
    ]
    both = [(old, new) for old, new in found if new is not None]
    alike = tuple((old.name, new.name) for old, new in both if _kind(old) == _kind(new))
    key = (before.primary_key or "", after.primary_key or "")
    return EntityPair(
        before=before,
        after=after,
        key=key if key in alike else None,
        fields=tuple(each for each in alike if each != key),
        not_compared=tuple(new.name for old, new in both if _kind(old) != _kind(new)),
        key_left_out=None if key in alike else _why_left_out(before, after),
    )


def _why_left_out(before: Entity, after: Entity) -> str | None:
    """Return why rows of two versions do not meet by their keys, None where one has none."""
    old, new = (each.find_field(each.primary_key or "") for each in (before, after))
    if old is None or new is None:
        return None
    if old.name != new.name and _kind(old) == _kind(new):
        return f"the key is '{old.name}' before and '{new.name}' after"
    return f"the key '{new.name}' is {old.type} before and {new.type} after"


def _kind(spec: FieldSpec) -> tuple[str, bool]:
    return spec.type.value, spec.is_multi_select


def _diff_coding(name: str, before: Coding | None, after: Coding | None) -> CodingDiff:
    old, new = _places(before), _places(after)
    return CodingDiff(
        name=name,
        added=sum(code not in old for code in new),
        removed=sum(code not in new for code in old),
        changed=sum(code in new and new[code] != each for code, each in old.items()),
    )


def _places(coding: Coding | None) -> dict[str, list[CodePlace]]:
    """Return the rows of each code."""
    found: dict[str, list[CodePlace]] = {}
    for row in () if coding is None else coding.rows:
        found.setdefault(row.code, []).append(row)
    return found
