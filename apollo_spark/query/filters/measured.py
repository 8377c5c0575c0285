"""Values that assays measured, as conditions on rows that their samples belong to.

A row has the values of all its samples: some of them fulfils a comparison, and where none was
measured the value is missing.
"""

from typing import NamedTuple, Protocol

from sqlglot import exp

from apollo_spark.model.field import FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    NO_VALUE,
    AssayValue,
    Number,
    Operator,
    Percentile,
)
from apollo_spark.query.dialects import Quantile
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.sql import cast, column, derived, literal
from apollo_spark.sources.filters.marks import Part

_VALUES, _ALL = "measured", "all measured"
KEY, VALUE = "key", "value"
_NODES: dict[Operator, type[exp.Binary]] = {
    Operator.EQUAL: exp.EQ,
    Operator.LESS: exp.LT,
    Operator.LESS_OR_EQUAL: exp.LTE,
    Operator.GREATER: exp.GT,
    Operator.GREATER_OR_EQUAL: exp.GTE,
}


class UnusableAssay(NamedTuple):
    """Why a value of an assay cannot be asked for.

    Attributes:
        text: The reason.
        is_unknown: Whether nothing but a name is not there, or not to be seen.
        suggestions: What was probably meant, as it is written.
        part: What of the condition it is about.
    """

    text: str
    is_unknown: bool = False
    suggestions: tuple[str, ...] = ()
    part: Part | None = None


class MeasuredFeature(NamedTuple):
    """What is asked of an assay, as the assay itself names it.

    Attributes:
        feature: The id of the feature.
        unit: The unit; None where the type of the assay has none.
    """

    feature: str
    unit: str | None = None

    def __str__(self) -> str:
        """Return both as people read them."""
        return self.feature if self.unit is None else f"{self.feature} in {self.unit}"


class MeasuredValues(Protocol):
    """What is known of the assays that a filter may ask about."""

    def names(self) -> tuple[str, ...]:
        """Return the names of the assays."""
        ...

    def units_of(self, assay: str) -> tuple[str, ...]:
        """Return the units of an assay, that which answers first before the others."""
        ...

    def place_of(self, assay: str) -> tuple[str, str] | None:
        """Return the entity and field that the samples of an assay belong to."""
        ...

    def find_problem(self, tree: AssayValue) -> UnusableAssay | None:
        """Return why a value cannot be asked for, None where it can."""
        ...

    def meant(self, tree: AssayValue) -> MeasuredFeature:
        """Return the feature and the unit that are asked for; the filter was checked."""
        ...

    def labelled(self, label: str) -> "MeasuredValues":
        """Return the same of tables whose names begin with a label."""
        ...

    def values(self, tree: AssayValue) -> exp.Select:
        """Ask for `key` and `value` of each shown sample that was measured."""
        ...


def is_measured(tree: AssayValue, key: exp.Expr, source: MeasuredValues) -> exp.Expr:
    """Return whether some sample of a row fulfils what is asked, by the key of its samples."""
    same = exp.EQ(this=column(_VALUES, KEY), expression=key)
    value = cast(column(_VALUES, VALUE), FieldType.FLOAT)
    conditions: list[exp.Expr] = [same]
    if tree.operator not in NO_VALUE:
        hows = BETWEENS.get(tree.operator, (tree.operator,))
        conditions += [
            _NODES[how](this=value.copy(), expression=_bound(each, tree, source))
            for how, each in zip(hows, tree.values, strict=True)
        ]
    found = exp.select(exp.Literal.number(1)).from_(
        derived(source.values(tree), _VALUES), copy=False
    )
    return exp.Exists(this=found.where(joined(exp.And, conditions), copy=False))


def _bound(bound: Number | Percentile, tree: AssayValue, source: MeasuredValues) -> exp.Expr:
    if not isinstance(bound, Percentile):
        return literal(float(bound))
    value = cast(column(_ALL, VALUE), FieldType.FLOAT)
    share = exp.Literal.number(bound.percentile / 100)
    found = exp.select(Quantile(this=value, share=share))
    return exp.Subquery(this=found.from_(derived(source.values(tree), _ALL), copy=False))
