"""Profiles of guarded records: counted anew from the rows, number by number.

The least and the greatest value are never given, and neither is how many different values there
are; bins go from the 5 % to the 95 % mark. A value that may not be counted is not listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apollo_spark.engines.base import Engine
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.profile import Bin, CountedFields, FieldProfile
from apollo_spark.model.suppressed import Suppressed
from apollo_spark.operations.guarded.cells import Cell, Sheet
from apollo_spark.operations.guarded.numbers import NUMBER, bins_of, marks_of, most_bins
from apollo_spark.operations.guarded.rows import (
    FieldValues,
    Mask,
    OwnedRows,
    has_owners,
    read_people,
    read_rows,
)
from apollo_spark.operations.guarded.summaries import short_of
from apollo_spark.query.aggregates.code_tree import CodeTree
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.workers.values.bins import MOST_BINS, Bins, bins_between

MOST_VALUES = 200
"""Values that are listed of a field."""


@dataclass(frozen=True)
class ListedValue:
    """A value with its cells: its rows, its people, and people with it or a code below it."""

    text: str
    rows: Cell
    people: Cell
    below: Cell | None


class GuardedProfile:
    """The profile of one field.

    Args:
        fields: What each field is counted as.
        entity: Its entity.
        field: The field.
        rows: The rows of the entity, with its values and numbers.
        sheet: Takes the cells.
        least: The least number of people.
    """

    def __init__(
        self,
        fields: CountedFields,
        entity: Entity,
        field: TileField,
        rows: OwnedRows,
        *,
        sheet: Sheet,
        least: int,
    ) -> None:
        self._fields, self._entity, self._field = fields, entity, field
        self._rows, self._least = rows, least
        self._values = FieldValues(rows, field)
        self._kind = fields.of(entity, field.spec).kind
        self._table, self._persons = rows.people.open(sheet), rows.people.open(sheet)
        # The rows of the main entity are the people themselves, whatever field is asked for.
        is_main = entity.name == fields.dictionary.main_entity
        meaning = self._table.question if is_main else None
        self._all = self._table.add(rows.weights(rows.all_rows()), meaning=meaning)
        self._missing = self._cell(~self._values.are_there)
        present = self._values.are_values
        self._present = self._cell(present)
        only_sparse = self._values.are_there & ~present
        self._sparse = self._cell(only_sparse)
        self._people = self._person_cell(present)
        self._table.sum_up([self._missing, self._present, self._sparse], self._all)
        self._codes = [self._listed(each) for each in sorted(self._values.sparse)]
        self._named = [self._listed(each) for each in self._texts()]
        self._add_up()
        self._bins, self._binned = self._in_bins()

    def _texts(self) -> Sequence[str]:
        if self._kind not in ("codes", "text"):
            return ()
        texts = [each for each in self._values.texts if each not in self._values.sparse]
        sizes = {each: int(self._values.among({each}).sum()) for each in texts[: 10 * MOST_VALUES]}
        return sorted(sizes, key=lambda each: (-sizes[each], each))[:MOST_VALUES]

    def _cell(self, mask: Mask) -> Cell:
        return self._table.add(self._rows.weights(mask))

    def _person_cell(self, mask: Mask, meaning: str | None = None) -> Cell:
        found = self._persons.add(self._rows.weights(mask), by_person=True, meaning=meaning)
        self._persons.sum_up([found], None)
        return found

    def _listed(self, text: str) -> ListedValue:
        mask = self._values.among({text})
        below = None
        if self._field.is_tree and self._field.coding is not None:
            tree = CodeTree(self._field.coding)
            codes = frozenset(each for each in self._values.texts if text in tree.above(each))
            below = self._person_cell(self._values.among(codes))
        meaning = self._values.meaning(text)
        rows = self._table.add(self._rows.weights(mask), meaning=meaning)
        return ListedValue(text, rows, self._person_cell(mask, meaning), below)

    def _add_up(self) -> None:
        listed = [each.rows for each in self._named]
        if self._field.spec.is_multi_select:
            for each in listed:
                self._table.sum_up([each], self._present)
        else:
            self._table.sum_up(listed, self._present)
        for one in (*self._named, *self._codes):
            self._persons.sum_up([one.people], self._people)

    def _in_bins(self) -> tuple[Bins | None, list[Cell]]:
        if self._kind not in ("number", "date") or self._field.spec.is_multi_select:
            return None, []
        values = self._rows.column(f"{NUMBER}0")
        marks = marks_of([values], self._least)
        if marks is None:
            return None, []
        bins = bins_between(*marks, most=most_bins([values], self._least, MOST_BINS))
        places, is_there = bins_of(values, bins)
        there = np.flatnonzero(is_there)
        cells = []
        for number in range(-1, len(bins.starts) + 1):
            mask = self._rows.all_rows() & False
            mask[there[places == number]] = True
            cells.append(self._cell(mask))
        self._table.sum_up(cells, self._present)
        return bins, cells[1:-1]

    def finish(self, sheet: Sheet) -> FieldProfile:
        """Return the profile when everything is decided."""
        hidden = Suppressed(fewer_than=self._least, why="rest")
        found: dict[str, Any] = {
            "rows": sheet[self._all],
            "present": sheet[self._present],
            "missing": sheet[self._missing],
            "sparse": sheet[self._sparse],
            "people": sheet[self._people],
            "distinct": hidden,
            "values_left_out": hidden if self._kind in ("codes", "text") else 0,
            "sparse_codes": self._given(self._codes, sheet),
            "values": self._given(self._named, sheet),
            **self._numbers(sheet),
        }
        profile = self._fields.profile(self._entity, self._field.spec, found)
        return profile.model_copy(update={"histogram": self._histogram(sheet)})

    def _given(self, listed: Sequence[ListedValue], sheet: Sheet) -> list[dict[str, Any]]:
        return [
            {
                "value": each.text,
                "rows": sheet[each.rows],
                "people": sheet[each.people],
                **({} if each.below is None else {"people_below": sheet[each.below]}),
            }
            for each in listed
            if sheet.shows(each.rows) or sheet.shows(each.people)
        ]

    def _numbers(self, sheet: Sheet) -> dict[str, Any]:
        if self._kind != "number" or self._field.spec.is_multi_select:
            return {}
        if not (sheet.shows(self._present) and sheet.shows(self._people)):
            return {}
        numbers = self._rows.numbers(f"{NUMBER}0")
        has_number = ~np.isnan(numbers)
        people = int((self._rows.weights(has_number) > 0).sum())
        short = short_of(numbers[has_number], people, self._least)
        return {name: each for name, each in short.items() if each is not None}

    def _histogram(self, sheet: Sheet) -> tuple[Bin, ...]:
        if self._bins is None:
            return ()
        shown = zip(self._bins.ranges, self._binned, strict=True)
        return tuple(
            Bin(start=_bound(start), end=_bound(end), count=sheet[cell])
            for (start, end), cell in shown
        )


def guarded_profiles(
    opened: OpenDataset,
    engine: Engine,
    chosen: Sequence[tuple[Entity, Sequence[FieldSpec]]],
    sheet: Sheet,
    least: int,
) -> list[GuardedProfile]:
    """Return what decides about the profiles of fields; of rows without a person there is none.

    Args:
        opened: The dataset, perhaps with some of its people alone.
        engine: Who gives the rows.
        chosen: The fields.
        sheet: Takes the cells.
        least: The least number of people.
    """
    people = read_people(opened, engine)
    fields = CountedFields(opened.dictionary)
    found = []
    for entity, specs in chosen:
        if not has_owners(opened, entity.name):
            continue
        for spec in specs:
            path = f"{entity.name}.{spec.name}"
            field = TileField(path, spec, opened.dictionary.find_coding(spec.coding_name))
            more = {} if spec.is_multi_select else {f"{NUMBER}0": field.number()}
            rows = read_rows(opened, engine, entity.name, [path], people, more=more)
            found.append(GuardedProfile(fields, entity, field, rows, sheet=sheet, least=least))
    return found


def _bound(value: Any) -> int | float | str:
    if isinstance(value, int | float):
        return value
    return str(value.isoformat()).replace("+00:00", "Z")
