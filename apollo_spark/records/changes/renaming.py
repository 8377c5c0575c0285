"""Say a change again with new names for some fields of what it is made of."""

from collections.abc import Mapping
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

_Owner = TypeVar("_Owner", Comparison, FieldComparison, SummaryOf, FieldOf)
"""What names a field."""


def rename_fields(change: Change, names: Names) -> Change:
    """Return a change in which fields go by their new names."""
    if isinstance(change, ViewChange):
        fields = change.fields
        rows = change.rows
        return change.model_copy(
            update={
                "fields": None if fields is None else tuple(names.get(x, x) for x in fields),
                "rows": None if rows is None else rename_in_text(rows, names),
                "members": tuple(_rename_in_step(each, names) for each in change.members),
            }
        )
    if isinstance(change, AssayMerge):
        entity, field = renamed(change.entity, change.field, names)
        return change.model_copy(update={"entity": entity, "field": field})
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


def _rename_in_step(step: CohortStep, names: Names) -> CohortStep:
    if step.text is None:
        return step
    return step.model_copy(update={"text": rename_in_text(step.text, names)})


def rename_in_text(text: str, names: Names) -> str:
    """Return a filter text in which fields go by their new names."""
    return write_filter(_rename(parse_filter(text), names))


def _rename(tree: Filter, names: Names) -> Filter:
    tree = with_parts(tree, lambda part: _rename(part, names))
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
        return _renamed_owner(tree, names)
    return _renamed_owner(tree, names) if isinstance(tree, SummaryOf) else tree


def _renamed_owner(owner: _Owner, names: Names) -> _Owner:
    entity, field = renamed(owner.entity, owner.field, names)
    return owner.model_copy(update={"entity": entity, "field": field})


def renamed(entity: str, field: str, names: Names) -> tuple[str, str]:
    """Return what an entity and its field are called by new names."""
    path = f"{entity}.{field}"
    found, _, name = names.get(path, path).partition(".")
    return found, name
