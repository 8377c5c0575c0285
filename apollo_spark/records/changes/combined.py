"""Put the content of a source beside that of a target: no table and no rule of one is the other's.

Entities, codings and assays keep their names here; what clashes among them is settled elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.dataset import RowRule, TableSlice
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.pin import TablePin
from apollo_spark.records.content import Content


def combine_contents(source: Content, target: Content, *, source_name: str) -> Content:
    """Return the source with tables and rules under names and numbers that the target leaves free.

    A table that both pin at one version keeps the target's name for it. The source's rules follow
    those of the target.

    Args:
        source: What is to be joined.
        target: What it is joined to.
        source_name: The name of the source dataset, for tables whose names are taken.
    """
    told = replace(
        source,
        slices={each.name: source.tables_of(each.name) for each in source.dictionary.entities},
    )
    told = told.with_labels(_labels(source.pins, target.pins, source_name))
    number = len(target.rules)
    return replace(
        told,
        slices={entity: _moved_tables(each, number) for entity, each in told.slices.items()},
        assays=tuple(_moved_assay(each, number) for each in told.assays),
        rules=tuple(_moved_rule(each, number) for each in told.rules),
    )


def united_pins(*groups: Iterable[TablePin]) -> tuple[TablePin, ...]:
    """Return the pins of all groups, those of one name once."""
    return tuple({each.table: each for group in groups for each in group}.values())


def free_label(wanted: str, taken: Iterable[str], *, separator: str = " ") -> str:
    """Return a name, with a number behind it if it is taken in any mixture of cases."""
    used = {each.casefold() for each in taken}
    found, number = wanted, 2
    while found.casefold() in used:
        found, number = f"{wanted}{separator}{number}", number + 1
    return found


def _labels(
    source: Sequence[TablePin], target: Sequence[TablePin], source_name: str
) -> Mapping[str, str]:
    known = {_place(each): each.table for each in target}
    taken = {each.table for each in target}
    labels: dict[str, str] = {}
    for pin in source:
        label = known.get(_place(pin))
        if label is None:
            is_free = free_label(pin.table, taken) == pin.table
            label = pin.table if is_free else free_label(f"{source_name}.{pin.table}", taken)
            taken.add(label)
        labels[pin.table] = label
    return labels


def _place(pin: TablePin) -> TablePin:
    return pin.model_copy(update={"table": ""})


def _moved_guards(guards: tuple[RowGuard, ...], number: int) -> tuple[RowGuard, ...]:
    return tuple(each.model_copy(update={"rule": each.rule + number}) for each in guards)


def _moved_tables(tables: tuple[TableSlice, ...], number: int) -> tuple[TableSlice, ...]:
    return tuple(
        each.model_copy(update={"guards": _moved_guards(each.guards, number)}) for each in tables
    )


def _moved_assay(assay: AssayRecord, number: int) -> AssayRecord:
    return assay.model_copy(update={"guards": _moved_guards(assay.guards, number)})


def _moved_rule(rule: RowRule, number: int) -> RowRule:
    entities = (
        each.model_copy(update={"slices": _moved_tables(each.slices, number)})
        for each in rule.entities
    )
    assays = tuple(_moved_assay(each, number) for each in rule.assays)
    return rule.model_copy(update={"entities": tuple(entities), "assays": assays})
