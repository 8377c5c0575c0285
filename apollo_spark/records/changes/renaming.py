"""Say a change again with new names for some fields and codes of what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from apollo_spark.model.change import AssayMerge, Change, ClinicalMerge, ViewChange
from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.filter import (
    ChosenRow,
    Comparison,
    FieldComparison,
    FieldOf,
    Filter,
    SummaryOf,
    with_parts,
)
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter

Names = Mapping[str, str]
"""The new `entity.field` by the old one."""

Codes = Mapping[tuple[str, str], str]
"""The new code by the old `entity.field` and the old code."""


@dataclass(frozen=True)
class NewNames:
    """What fields are called where a record is moved to, and which codes take the place of others.

    Who names a field or a code says that it is what is meant, even where its name stays.
    """

    fields: Names = field(default_factory=dict)
    codes: Codes = field(default_factory=dict)


_Owner = TypeVar("_Owner", Comparison, FieldComparison, SummaryOf, FieldOf)
"""What names a field."""


def rename_fields(change: Change, new: NewNames) -> Change:
    """Return a change in which fields and codes go by their new names."""
    names = new.fields
    if isinstance(change, ViewChange):
        fields = change.fields
        rows = change.rows
        return change.model_copy(
            update={
                "fields": None if fields is None else tuple(names.get(x, x) for x in fields),
                "rows": None if rows is None else rename_in_text(rows, new),
                "members": tuple(_rename_in_step(each, new) for each in change.members),
            }
        )
    if isinstance(change, AssayMerge):
        entity, name = renamed(change.entity, change.field, names)
        return change.model_copy(update={"entity": entity, "field": name})
    if isinstance(change, ClinicalMerge):
        link = change.link
        source = renamed(link.source_entity, link.source_field, names)
        target = renamed(link.target_entity, link.target_field, names)
        found = link.model_copy(
            update={
                "source_entity": source[0],
                "source_field": source[1],
                "target_entity": target[0],
                "target_field": target[1],
            }
        )
        return change.model_copy(update={"link": found})
    return change


def _rename_in_step(step: CohortStep, names: NewNames) -> CohortStep:
    if step.text is None:
        return step
    return step.model_copy(update={"text": rename_in_text(step.text, names)})


def rename_in_text(text: str, new: NewNames) -> str:
    """Return a filter text in which fields and codes go by their new names."""
    return write_filter(rename_in_filter(parse_filter(text), new))


def rename_in_filter(tree: Filter, new: NewNames) -> Filter:
    """Return a filter in which fields and codes go by their new names."""
    names = new.fields
    tree = with_parts(tree, lambda part: rename_in_filter(part, new))
    if isinstance(tree, ChosenRow):
        _, by = renamed(tree.entity, tree.by, names)
        return tree.model_copy(update={"by": by})
    if isinstance(tree, FieldComparison):
        others = tuple(
            _renamed_owner(each, names) if isinstance(each, FieldOf) else each
            for each in tree.others
        )
        tree = tree.model_copy(update={"others": others})
        return _renamed_owner(tree, names)
    if isinstance(tree, Comparison):
        return _renamed_owner(_recoded(tree, new.codes), names)
    return _renamed_owner(tree, names) if isinstance(tree, SummaryOf) else tree


def _recoded(tree: Comparison, codes: Codes) -> Comparison:
    path = f"{tree.entity}.{tree.field}"
    # A code is compared as text, whatever the type of the field.
    values = tuple(codes.get((path, str(each)), each) for each in tree.values)
    exceptions = tuple(codes.get((path, each), each) for each in tree.exceptions)
    return tree.model_copy(update={"values": values, "exceptions": exceptions})


def _renamed_owner(owner: _Owner, names: Names) -> _Owner:
    entity, field = renamed(owner.entity, owner.field, names)
    return owner.model_copy(update={"entity": entity, "field": field})


def renamed(entity: str, name: str, names: Names) -> tuple[str, str]:
    """Return what an entity and its field are called by new names."""
    path = f"{entity}.{name}"
    found, _, name = names.get(path, path).partition(".")
    return found, name
