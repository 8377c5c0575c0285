"""Current rows while a filter becomes SQL: which of their values a statement can read where.

A subquery sees the rows of the statement right around it, and Spark lets it see no further. What
it asks about rows further out is carried along: the row is joined to a table of the different
values that are needed of the rows outside, and these are compared where the subquery is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.join_path import JoinStep
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.query.sql import column, derived, labelled

Source = exp.Table | exp.Subquery


class EntitySource(Protocol):
    """What a filter may read: a `QueryScope` is one."""

    @property
    def dictionary(self) -> DataDictionary:
        """The entities, fields, relations and codings."""
        ...

    @property
    def measured(self) -> MeasuredValues | None:
        """What assays measured, None where no values of assays can be asked for."""
        ...

    def source(self, entity: str, fields: Sequence[str], alias: str | None = None) -> Source:
        """Return what comes after FROM for an entity, with at least these columns."""
        ...


@dataclass(eq=False)
class Row:
    """A current row.

    Attributes:
        entity: Its entity.
        alias: What it goes by in the statement.
        outer: The current row where this one is asked for; None of the main entity.
        parent: The row that it is joined to, by `step`.
        step: How it is joined.
        name: Its name, if it has one.
        sees_outer: Whether its statement is inside that of the row outside.
        source: What it is read from, where that is not its entity.
        original: The row that this is once more, in a statement of its own.
        fields: The fields of its own that are read; known when all that is asked was written.
        carried: The fields of rows outside that are carried beside it.
    """

    entity: str
    alias: str
    outer: "Row | None" = None
    parent: "Row | None" = None
    step: JoinStep | None = None
    name: str | None = None
    sees_outer: bool = False
    source: "Callable[[Row], Source] | None" = None
    original: "Row | None" = None
    fields: dict[str, None] = field(default_factory=dict)
    carried: dict[tuple["Row", str], str] = field(default_factory=dict)

    def own(self, name: str) -> exp.Column:
        """Return a field of this row."""
        self.fields[name] = None
        return column(self.alias, name)

    def beside(self, target: "Row", name: str) -> exp.Column:
        """Return a field of this row or of one outside, as what this row is read with has it."""
        if target in (self, self.original):
            return self.own(name)
        if self.step is not None and target is self.parent and name == self.step.parent_field:
            return self.own(self.step.field)
        label = self.carried.setdefault((target, name), f"value {len(self.carried) + 1}")
        return column(self._above, label)

    def visible(self, target: "Row", name: str) -> exp.Column:
        """Return a field of this row or of one outside, as a condition on this row sees it."""
        if target is not self and self.sees_outer and self.outer is not None:
            return self.outer.beside(target, name)
        return self.beside(target, name)

    def link(self) -> tuple["Row", str]:
        """Return the row that this one is joined to, and the field there."""
        assert self.parent is not None, "only the main row is joined to nothing"
        assert self.step is not None, "only the main row is joined to nothing"
        return self.parent, self.step.parent_field

    def enclosing(self) -> Iterator["Row"]:
        """Yield this row and those outside it, nearest first."""
        row: Row | None = self
        while row is not None:
            yield row
            row = row.outer

    def above(self) -> Iterator["Row"]:
        """Yield this row and those that it is joined below, nearest first."""
        row: Row | None = self
        while row is not None:
            yield row
            row = row.parent

    def start_link(self, steps: int) -> tuple["Row", str]:
        """Return the row from which so many steps lead here, and the field it is joined by."""
        return next(row for number, row in enumerate(self.above()) if number == steps - 1).link()

    def outside(self, steps: int) -> list[tuple["Row", str]]:
        """Return what is carried beside this row of rows off the path of so many steps."""
        path = [row for number, row in enumerate(self.above()) if number < steps]
        key = self.start_link(steps)
        return [each for each in self.carried if each[0] not in path and each != key]

    def named(self, name: str | None) -> "Row":
        """Return the row outside that goes by a name; this one for none."""
        if name is None:
            return self
        return next(each for each in self.enclosing() if each.name == name)

    @property
    def main(self) -> "Row":
        """The row of the main entity."""
        *_, found = self.enclosing()
        return found

    def again(self) -> "Row":
        """Return the same row for a statement of its own."""
        return Row(
            self.entity, self.alias, self.outer, self.parent, self.step,
            source=self.source, original=self,
        )  # fmt: skip

    @property
    def _above(self) -> str:
        return f"above {self.alias}"

    def reading(self, scope: EntitySource) -> exp.Select:
        """Return a query on this row with what is carried beside it, without what is selected.

        It is called when all that is asked of the row was written.
        """
        link = self.own(self.step.field) if self.step is not None and self.carried else None
        if self.source is None:
            source = scope.source(self.entity, list(self.fields), self.alias)
        else:
            source = self.source(self)
        query = exp.select().from_(source, copy=False)
        if link is None:
            return query
        wanted = [(self.link(), "link"), *self.carried.items()]
        values = self._giver([each for each, _ in wanted]).again().values(scope, wanted)
        same = exp.EQ(this=column(self._above, "link"), expression=link)
        return query.join(derived(values, self._above), on=same, copy=False)

    def _giver(self, wanted: Sequence[tuple["Row", str]]) -> "Row":
        """Return the nearest row outside of which something is wanted.

        Rows between it and this one are passed by: a value that is handed through two hundred rows
        would be a statement of two hundred joins in each of them.
        """
        assert self.outer is not None, "only the main row has none outside"
        targets = {target for target, _ in wanted}
        return next(each for each in self.outer.enclosing() if each in targets or not each.outer)

    def values(
        self, scope: EntitySource, wanted: Sequence[tuple[tuple["Row", str], str]]
    ) -> exp.Select:
        """Ask for the different values of fields of rows outside, this one the nearest."""
        found = [labelled(self.beside(*each), label) for each, label in wanted]
        return self.reading(scope).select(*found, copy=False).distinct(copy=False)

    def same_beside(self, alias: str) -> Iterator[exp.Expr]:
        """Yield what makes rows of this one's statement those of the current row outside.

        Args:
            alias: What the values carried go by.
        """
        assert self.outer is not None, "only the main row has none outside"
        for (target, name), label in list(self.carried.items()):
            yield exp.NullSafeEQ(
                this=column(alias, label), expression=self.outer.beside(target, name)
            )

    def is_same(self) -> Iterator[exp.Expr]:
        """Yield what makes this row one that is joined to the current row outside."""
        assert self.step is not None, "only the main row is joined to nothing"
        assert self.outer is not None, "only the main row has none outside"
        yield exp.EQ(this=self.own(self.step.field), expression=self.outer.beside(*self.link()))
        yield from self.same_beside(self._above)
