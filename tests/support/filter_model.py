"""What a filter means, in plain Python over rows: the reference that both engines must equal.

Rows are found by nested loops over all ways from the current row. A condition sees the rows on its
way, the nearest row of an entity for its name, and the rows that were given names.
"""

import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    NO_VALUE,
    And,
    AssayValue,
    Choice,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Not,
    Operator,
    Or,
    Percentile,
    Summary,
    SummaryOf,
)
from apollo_spark.model.filter import (
    Rows as AskedRows,
)
from tests.support.filter_values import ORDERS, FieldModel

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
Way = Mapping[str, Row]
"""The rows on the way from the main entity to a row, by entity."""

COUNTS: dict[Operator, Callable[[Any, Any], bool]] = {
    **ORDERS,
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
}


OPPOSITES = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.IS_MISSING: Operator.IS_NOT_MISSING,
}
"""Questions about assays that are the opposite of others."""


class UndecidedError(Exception):
    """Two rows come first, and no key says which of them is meant."""


@dataclass(frozen=True)
class Measured:
    """What assays measured in the samples that are shown.

    Attributes:
        entity: The entity that samples belong to.
        field: Its field whose values they belong to.
        values: By assay and feature of each sample that was measured: to whom it belongs, None of
            nobody, and the value.
    """

    entity: str
    field: str
    values: Mapping[tuple[str, str], Sequence[tuple[Any, float]]]


@dataclass(frozen=True)
class CurrentRow:
    """What is in hand: a row with the way to it, and the ways to rows with names."""

    entity: str
    way: Way
    named: Mapping[str, Way]


def held_by(
    tree: Filter,
    dictionary: DataDictionary,
    rows: Rows,
    cohorts: Mapping[str, Collection[Any]] | None = None,
    measured: Measured | None = None,
) -> list[bool]:
    """Whether the filter holds, for each row of the main entity in its order.

    Args:
        tree: The filter.
        dictionary: The entities.
        rows: Their rows.
        cohorts: The keys of the people of each cohort that the filter names.
        measured: What assays measured.
    """
    model = FilterModel(dictionary, rows, cohorts or {}, measured)
    main = dictionary.main_entity
    return [model.holds(tree, CurrentRow(main, {main: row}, {})) for row in rows[main]]


class FilterModel:
    """Nested loops over rows."""

    def __init__(
        self,
        dictionary: DataDictionary,
        rows: Rows,
        cohorts: Mapping[str, Collection[Any]],
        measured: Measured | None = None,
    ) -> None:
        self.dictionary = dictionary
        self.measured = measured
        self.rows = rows
        self.cohorts = cohorts
        self.fields = FieldModel(dictionary)

    def holds(self, tree: Filter, hand: CurrentRow) -> bool:
        if isinstance(tree, And):
            return all(self.holds(each, hand) for each in tree.parts)
        if isinstance(tree, Or):
            return any(self.holds(each, hand) for each in tree.parts)
        if isinstance(tree, Not):
            return not self.holds(tree.part, hand)
        if isinstance(tree, InCohort):
            main = self.dictionary.find_entity(self.dictionary.main_entity)
            assert main is not None
            return hand.way[main.name][str(main.primary_key)] in self.cohorts[tree.cohort]
        if isinstance(tree, Comparison):
            spec = self._spec(tree.entity, tree.field)
            values = (way[tree.entity].get(tree.field) for way in self._ways_of(tree, hand))
            return any(self.fields.compares(tree, spec, each) for each in values)
        if isinstance(tree, FieldComparison):
            return any(self._compares(tree, way, hand) for way in self._ways_of(tree, hand))
        if isinstance(tree, AssayValue):
            return self._measures(tree, hand)
        return self._asks_rows(tree, list(self._inside(tree, hand)))

    def _measures(self, tree: AssayValue, hand: CurrentRow) -> bool:
        """Whether some row of the samples' entity has a sample that fulfils it, or none does."""
        assert self.measured is not None, "assays are asked elsewhere"
        found = self.measured.values[tree.assay, tree.feature]
        everything = sorted(value for _, value in found)
        bounds = [
            percentile_of(everything, each.percentile) if isinstance(each, Percentile) else each
            for each in tree.values
        ]
        positive = OPPOSITES.get(tree.operator, tree.operator)
        hows = () if positive in NO_VALUE else BETWEENS.get(positive, (positive,))
        place = self.measured.entity, self.measured.field
        return any(
            any(
                key is not None
                and key == way[place[0]][place[1]]
                and all(COUNTS[how](value, each) for how, each in zip(hows, bounds, strict=True))
                for key, value in found
            )
            == (positive == tree.operator)
            for way in self._ways(hand.entity, hand.way, place[0])
        )

    def _ways_of(self, tree: Comparison | FieldComparison, hand: CurrentRow) -> Iterator[Way]:
        if tree.row is not None:
            return iter([hand.named[tree.row]])
        return self._ways(hand.entity, hand.way, tree.entity)

    def _ways(self, start: str, way: Way, target: str) -> Iterator[Way]:
        """Every way to a row of an entity from the row at the end of a way."""
        found = [way]
        at = start
        for near_field, far, far_field in self._path(start, target):
            found = [
                {**each, far: row}
                for each in found
                for row in self.rows[far]
                if each[at][near_field] is not None and row[far_field] == each[at][near_field]
            ]
            at = far
        return iter(found)

    def _inside(self, tree: AskedRows, hand: CurrentRow) -> Iterator[CurrentRow]:
        """What is in hand for each row that is asked about, before any condition."""
        start, way = hand.entity, hand.way
        if tree.name is not None:
            start = self.dictionary.main_entity
            way = {start: hand.way[start]}
        for each in self._ways(start, way, tree.entity):
            named = hand.named if tree.name is None else {**hand.named, tree.name: each}
            yield CurrentRow(tree.entity, each, named)

    def _asks_rows(self, tree: AskedRows, hands: Sequence[CurrentRow]) -> bool:
        condition = tree.among if isinstance(tree, ChosenRow) else tree.condition
        found = [each for each in hands if condition is None or self.holds(condition, each)]
        if isinstance(tree, Exists):
            return bool(found)
        # A row that is reached in two ways is one row.
        once = {id(each.way[tree.entity]): each for each in found}
        if isinstance(tree, CountOf):
            return COUNTS[tree.operator](len(once), tree.number)
        if isinstance(tree, SummaryOf):
            return self._summary_holds(tree, [each.way[tree.entity] for each in once.values()])
        chosen = self._choose(tree, list(once.values()))
        return chosen is not None and self.holds(tree.condition, chosen)

    def _choose(self, tree: ChosenRow, hands: Sequence[CurrentRow]) -> CurrentRow | None:
        entity = self.dictionary.find_entity(tree.entity)
        assert entity is not None
        spec = self._spec(tree.entity, tree.by)

        def order(hand: CurrentRow) -> tuple[Any, Any]:
            row = hand.way[tree.entity]
            return row[tree.by], row[str(entity.primary_key)]

        able = [
            each for each in hands if self.fields.is_value(spec, each.way[tree.entity].get(tree.by))
        ]
        keys = [order(each) for each in able]
        if None in [each[1] for each in keys] or len(set(keys)) < len(keys):
            raise UndecidedError
        if not able:
            return None
        return (min if tree.choice is Choice.FIRST else max)(able, key=order)

    def _summary_holds(self, tree: SummaryOf, rows: Sequence[Row]) -> bool:
        spec = self._spec(tree.entity, tree.field)
        cells = [each.get(tree.field) for each in rows]
        values = [each for each in cells if self.fields.is_value(spec, each)]
        is_end = tree.summary in (Summary.MIN, Summary.MAX)
        made = FieldSpec(name="made", type=spec.type if is_end else FieldType.FLOAT)
        asked = Comparison(
            entity=tree.entity, field=tree.field, operator=tree.operator, values=tree.values
        )
        return self.fields.compares(asked, made, summed_up(tree.summary, values))

    def _compares(self, tree: FieldComparison, way: Way, hand: CurrentRow) -> bool:
        def value_of(each: FieldOf) -> Any:
            return (way if each.row is None else hand.named[each.row])[each.entity].get(each.field)

        spec = self._spec(tree.entity, tree.field)
        others = [
            (each, self._spec(each.entity, each.field), value_of(each))
            if isinstance(each, FieldOf)
            else (each, spec, None)
            for each in tree.others
        ]
        return self.fields.compares_fields(
            tree.operator, spec, way[tree.entity].get(tree.field), others
        )

    def _spec(self, entity: str, field: str) -> FieldSpec:
        found = self.dictionary.find_entity(entity)
        spec = found.find_field(field) if found else None
        assert spec is not None
        return spec

    def _path(self, near: str, far: str) -> list[tuple[str, str, str]]:
        """(field, next entity, its field) on the way outward."""
        paths: dict[str, list[tuple[str, str, str]]] = {near: []}
        waiting = [near]
        for entity in waiting:
            for one in self.dictionary.tree_relations:
                there = (one.from_entity, one.from_field, one.to_entity, one.to_field)
                back = (one.to_entity, one.to_field, one.from_entity, one.from_field)
                for start, field, end, end_field in (there, back):
                    if start == entity and end not in paths:
                        paths[end] = [*paths[entity], (field, end, end_field)]
                        waiting.append(end)
        return paths[far]


def percentile_of(values: Sequence[float], percentile: float) -> float:
    """Return the value below which a share of some ordered values lies, between two of them."""
    place = percentile / 100 * (len(values) - 1) if values else 0.0
    low = math.floor(place)
    ends = values[low : low + 2]
    return math.nan if not ends else ends[0] + (place - low) * (ends[-1] - ends[0])


def summed_up(summary: Summary, values: Sequence[Any]) -> Any:
    """Return the number, or the date, that values become; None where there are none."""
    if summary is Summary.MIN:
        return min(values, default=None)
    if summary is Summary.MAX:
        return max(values, default=None)
    if not values:
        return None
    total = math.fsum(values)
    return total / len(values) if summary is Summary.MEAN else total
