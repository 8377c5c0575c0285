"""Charts of values of guarded records: bars, lists, trees and stacked bars.

A value that may not be counted is left out of a list and is among the others: a small number would
be told from none by its name alone. What is left of a total is known to whoever reads it, and the
decision knows that.
"""

from collections.abc import Sequence
from typing import Any

from apollo_spark.model.dashboard.answer import Others, PairCount, TileData, ValueCount
from apollo_spark.model.suppressed import Suppressed
from apollo_spark.operations.guarded.cells import Cell, Sheet
from apollo_spark.operations.guarded.rows import FieldValues, Mask, OwnedRows
from apollo_spark.query.aggregates.chart import TilePlan
from apollo_spark.query.aggregates.code_tree import CodeTree


class GuardedChart:
    """The answer of a tile for one cohort, decided number by number.

    Args:
        plan: The tile.
        data: What it answers without a guard.
        rows: The rows behind it.
        sheet: Takes the cells.
        least: The least number of people.
    """

    def __init__(
        self, plan: TilePlan, data: TileData, rows: OwnedRows, sheet: Sheet, least: int
    ) -> None:
        self.plan, self.data, self.rows, self.least = plan, data, rows, least
        self.hidden = Suppressed(fewer_than=least, why="rest")
        self.people = rows.people.count(sheet)
        self.table = rows.people.open(sheet)
        whole = rows.everybody() if plan.is_distinct else rows.weights(rows.all_rows())
        self.total = self.table.add(whole)
        self.values = [FieldValues(rows, each) for each in plan.fields]
        self.is_additive = not plan.is_distinct and not any(
            each.spec.is_multi_select for each in plan.fields
        )
        self.missing = self.cell_of_rest(self._held())
        self.sparse = {
            (each.field.path, code): self.cell(each.among({code}))
            for each in self.values
            for code in sorted(each.sparse)
        }
        self.prepare()

    def prepare(self) -> None:
        """Add the cells of the chart."""

    def finish(self, sheet: Sheet) -> dict[str, Any]:  # noqa: ARG002 every chart has more
        """Return the fields of the answer that the chart has of its own."""
        return {}

    def answer(self, sheet: Sheet) -> TileData:
        """Return the answer when everything is decided."""
        return TileData(
            cohort=self.data.cohort,
            filter=self.data.filter,
            people=sheet[self.people],
            rows=sheet[self.total],
            missing=sheet[self.missing],
            sparse=tuple(self._sparse(sheet)),
            **self.finish(sheet),
        )

    def cell(self, mask: Mask, meaning: str | None = None) -> Cell:
        """Add a cell of some rows, or of their people where people are counted."""
        weights = self.rows.weights(mask)
        return self.table.add(weights, by_person=self.plan.is_distinct, meaning=meaning)

    def cell_of_value(self, text: str) -> Cell:
        """Add a cell of the rows that have a value of the first field."""
        values = self.values[0]
        return self.cell(values.among({text}), values.meaning(text))

    def cell_of_rest(self, mask: Mask) -> Cell:
        """Add a cell of the others: rows that are not among some, or people without any of them."""
        if not self.plan.is_distinct:
            return self.cell(~mask)
        return self.table.add(self.rows.everybody() * (self.rows.weights(mask) == 0))

    def add_up(self, parts: Sequence[Cell], total: Cell | None = None) -> None:
        """Say which cells are parts of a total, all together or each by itself."""
        whole = total or self.total
        if self.is_additive:
            self.table.sum_up(parts, whole)
        else:
            for each in parts:
                self.table.sum_up([each], whole)

    def others(self, sheet: Sheet, parts: Sequence[Cell]) -> Others | None:
        """Return what is left of the total when everything that is given is taken from it."""
        total, missing = sheet.number(self.total), sheet.number(self.missing)
        if not self.is_additive or total is None or missing is None:
            return Others(values=self.hidden, count=self.hidden)
        given = [sheet.number(each) or 0 for each in (*parts, *self.sparse.values())]
        left = total - missing - sum(given)
        return Others(values=self.hidden, count=left) if left > 0 else None

    def _held(self) -> Mask:
        found = self.rows.all_rows()
        for each in self.values:
            found = found & each.are_there
        return found

    def _sparse(self, sheet: Sheet) -> Sequence[ValueCount]:
        several = len(self.values) > 1
        codings = {each.field.path: each.field for each in self.values}
        return [
            ValueCount(
                value=code,
                label=codings[path].label_of(code),
                count=sheet[cell],
                share=sheet.share(cell, self.total),
                field=path if several else None,
            )
            for (path, code), cell in self.sparse.items()
            if sheet.shows(cell)
        ]


class GuardedValues(GuardedChart):
    """Bars, and lists of a field without a tree."""

    def prepare(self) -> None:
        """Add each value that would be shown."""
        self.any = self.cell(self.values[0].are_values)
        self.shown = [(e, self.cell_of_value(str(e.value))) for e in self._listed]
        parts = [cell for _, cell in self.shown]
        self.add_up([self.missing, *self.sparse.values(), *parts])
        self.table.sum_up([self.any], self.total)

    @property
    def _listed(self) -> Sequence[ValueCount]:
        return [each for each in self.data.values if each.depth == 0]

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return the values that are given, and the others."""
        kept = [(each, cell) for each, cell in self.shown if sheet.shows(cell)]
        values = tuple(counted(each, cell, self.any, sheet) for each, cell in kept)
        return {"values": values, "others": self.others(sheet, [cell for _, cell in self.shown])}


def counted(each: ValueCount, cell: Cell, whole: Cell, sheet: Sheet) -> ValueCount:
    """Return a value with what is given of it."""
    update = {"count": sheet[cell], "share": sheet.share(cell, whole)}
    return each.model_copy(update=update)


class GuardedNested(GuardedValues):
    """A list of the values of one field, each with those of another below it."""

    def prepare(self) -> None:
        """Add the pairs."""
        super().prepare()
        self.below: dict[str | None, list[tuple[ValueCount, Cell]]] = {}
        cells = {each.value: cell for each, cell in self.shown}
        for each in self.data.values:
            if each.depth and each.value is not None:
                mask = self.values[0].among({str(each.parent)})
                cell = self.cell(mask & self.values[1].among({each.value}))
                self.below.setdefault(each.parent, []).append((each, cell))
        for parent, listed in self.below.items():
            self.add_up([cell for _, cell in listed], cells[parent])

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return the values that are given, each followed by those below it."""
        found = super().finish(sheet)
        cells = {each.value: cell for each, cell in self.shown}
        values = []
        for above in found["values"]:
            values.append(above)
            values += [
                counted(each, cell, cells[above.value], sheet)
                for each, cell in self.below.get(above.value, ())
                if sheet.shows(cell)
            ]
        return {**found, "values": tuple(values)}


class GuardedTree(GuardedChart):
    """A list of a tree: a code that may not be counted is not shown, and none below it."""

    def prepare(self) -> None:
        """Add each code that would be shown, with all that are below it."""
        (values,) = self.values
        assert values.field.coding is not None, "a tree is a coding"
        tree = CodeTree(values.field.coding)
        self.any = self.cell(values.are_values)
        above = {text: tree.above(text) for text in values.texts}
        codes = dict.fromkeys(str(each.value) for each in self.data.values)
        self.cells = {
            code: self.cell(values.among(frozenset(t for t, all_ in above.items() if code in all_)))
            for code in codes
        }
        self._add_up()

    def _add_up(self) -> None:
        below: dict[str | None, list[Cell]] = {}
        for each in self.data.values:
            parent = each.parent if each.depth else None
            below.setdefault(parent, []).append(self.cells[str(each.value)])
        for parent, parts in below.items():
            listed = list(dict.fromkeys(parts))
            if parent is None:
                self.add_up([self.missing, *self.sparse.values(), *listed])
            else:
                self.add_up(listed, self.cells[parent])
        self.table.sum_up([self.any], self.total)

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return the codes that are given below such that are given."""
        kept, hidden_from = [], None
        for each in self.data.values:
            if hidden_from is not None and each.depth > hidden_from:
                continue
            cell = self.cells[str(each.value)]
            hidden_from = None if sheet.shows(cell) else each.depth
            if hidden_from is None:
                kept.append(counted(each, cell, self.any, sheet))
        roots = [self.cells[str(each.value)] for each in self.data.values if not each.depth]
        others = self.others(sheet, list(dict.fromkeys(roots)))
        return {"values": tuple(kept), "others": others}


class GuardedStacked(GuardedChart):
    """Bars of the values of one field, each cut by the values of another."""

    def prepare(self) -> None:
        """Add the pairs, and the values of each field, which other charts show."""
        self.pairs = [(each, self.cell(self._mask(each))) for each in self.data.pairs]
        for place, name in enumerate(("first", "second")):
            by_value: dict[str | None, list[Cell]] = {}
            for each, cell in self.pairs:
                by_value.setdefault(getattr(each, name), []).append(cell)
            for value, parts in by_value.items():
                margin = self.cell(self._side(place, value))
                self.add_up(parts, margin)
                self.table.sum_up([margin], self.total)
        self.add_up([self.missing, *(cell for _, cell in self.pairs)])

    def _mask(self, pair: PairCount) -> Mask:
        return self._side(0, pair.first) & self._side(1, pair.second)

    def _side(self, place: int, value: str | None) -> Mask:
        values = self.values[place]
        if value is not None:
            return values.among({value})
        name = ("first", "second")[place]
        named = {getattr(each, name) for each in self.data.pairs} - {None}
        return values.are_values & ~values.among(frozenset(named))

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return the pairs that are given."""
        kept = [(each, cell) for each, cell in self.pairs if sheet.shows(cell)]
        pairs = tuple(each.model_copy(update={"count": sheet[cell]}) for each, cell in kept)
        others = self.others(sheet, [cell for _, cell in self.pairs])
        return {"pairs": pairs, "others": others}
