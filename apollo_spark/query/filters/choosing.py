"""The one row of several that is first or last by a field, as what a statement reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.field import FieldSpec
from apollo_spark.model.filter import Choice, ChosenRow
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.filters.rows import EntitySource, Row
from apollo_spark.query.filters.values import Codes
from apollo_spark.query.sql import column, derived, labelled, literal, name

CHOSEN_KEY = "row key"
"""The column of what the rows are chosen for; no field has such a name."""
_PLACE, _RANKED = "row place", "ranked"


@dataclass(frozen=True)
class Choosing:
    """Rows at the end of a path, of which one is chosen for each row that the path begins at.

    Attributes:
        tree: The choice.
        spec: The field that orders the rows.
        codes: The codes of that field that are not values.
        key: The primary key, by which equal ones are told apart.
        far: A row at the end of the path.
        steps: The steps of the path.
        among: What the rows fulfil.
        joins: What that reads beside them.
        scope: What is read.
    """

    tree: ChosenRow
    spec: FieldSpec
    codes: Codes
    key: str
    far: Row
    steps: int
    among: exp.Expr
    joins: Sequence[exp.Join]
    scope: EntitySource

    def rows(self, chosen: Row) -> exp.Subquery:
        """Return the chosen rows, with the fields that are asked of them."""
        fields = [each for each in chosen.fields if each != CHOSEN_KEY]
        shown = [self.far.own(each) for each in fields]
        key = self.far.beside(*self.far.start_link(self.steps))
        outside = [self.far.beside(*each) for each in self.far.outside(self.steps)]
        place = self._place([key, *outside])
        conditions = [
            self.among.copy(),
            *can_be_chosen(self.far.own(self.tree.by), self.spec, self.codes),
        ]
        query = self.far.reading(self.scope)
        for each in self.joins:
            query.append("joins", each.copy())
        query = query.where(joined(exp.And, conditions), copy=False).select(
            labelled(key, CHOSEN_KEY),
            *(labelled(value, name) for name, value in zip(self._names(), outside, strict=True)),
            *(labelled(value, name) for name, value in zip(fields, shown, strict=True)),
            labelled(place, _PLACE),
            copy=False,
        )
        names = [CHOSEN_KEY, *self._names(), *fields]
        found = exp.select(*(column(_RANKED, each) for each in names))
        found = found.from_(derived(query, _RANKED), copy=False)
        is_first = exp.EQ(this=column(_RANKED, _PLACE), expression=exp.Literal.number(1))
        return derived(found.where(is_first, copy=False), chosen.alias)

    def same_outside(self, chosen: Row) -> Iterator[exp.Expr]:
        """Yield what makes a chosen row one that was chosen with the values of rows outside."""
        assert chosen.outer is not None, "chosen rows are of another entity"
        outside = self.far.outside(self.steps)
        for label, each in zip(self._names(), outside, strict=True):
            value = chosen.outer.beside(*each)
            yield exp.NullSafeEQ(this=column(chosen.alias, label), expression=value)

    def _names(self) -> list[str]:
        return [f"outside {number}" for number, _ in enumerate(self.far.outside(self.steps))]

    def _place(self, partition: Sequence[exp.Expr]) -> exp.Window:
        is_last = self.tree.choice is Choice.LAST
        order = [
            exp.Ordered(this=self.far.own(each), desc=is_last, nulls_first=not is_last)
            for each in (self.tree.by, self.key)
        ]
        return exp.Window(
            this=exp.RowNumber(),
            partition_by=[each.copy() for each in partition],
            order=exp.Order(expressions=order),
        )


def can_be_chosen(value: exp.Expr, spec: FieldSpec, codes: Codes) -> Iterator[exp.Expr]:
    """Yield what a field that orders rows fulfils in those that may be chosen."""
    yield exp.Not(this=exp.Is(this=value, expression=exp.Null()))
    if spec.is_sparse and codes:
        listed = [literal(each) for each in codes]
        yield exp.Not(this=exp.In(this=value.copy(), expressions=listed))


def row_order(value: exp.Expr, key: exp.Expr) -> exp.Expr:
    """Return what orders rows as one value: the field, and of equal ones the key."""
    parts = {"by": value, "key": key}
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=name(label), expression=part) for label, part in parts.items()
        ]
    )
