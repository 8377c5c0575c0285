"""Filters: conditions on one row of an entity, as a tree that can be stored in a record.

A filter is read with a row of one entity in hand, at first the main entity. A comparison with a
field of another entity means that some row of it, related to the row in hand, fulfils it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timezone
from enum import Enum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, field_validator, model_validator
from typing_extensions import Self

from apollo_spark.model.base import Record
from apollo_spark.model.names import MemberName

MAX_DEPTH = 50
"""How many parentheses and negations may stand around a condition."""


class Operator(str, Enum):
    """What a comparison asks, in the words of the filter text."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    BETWEEN = "between"
    IN = "in"
    UNDER = "under"
    ANY_OF = "any of"
    ALL_OF = "all of"
    IS_MISSING = "is missing"
    IS_NOT_MISSING = "is not missing"
    MATCHES = "matches"

    def __str__(self) -> str:
        """Return the words of the filter text."""
        return self.value


LISTS = frozenset({Operator.IN, Operator.ANY_OF, Operator.ALL_OF})
"""Operators with one value or more in parentheses."""
NO_VALUE = frozenset({Operator.IS_MISSING, Operator.IS_NOT_MISSING})
"""Operators without a value."""
ORDERINGS = frozenset(
    {Operator.LESS, Operator.LESS_OR_EQUAL, Operator.GREATER, Operator.GREATER_OR_EQUAL}
)
"""Operators that ask which of two values is greater."""
RANGES = frozenset({*ORDERINGS, Operator.BETWEEN})
"""Operators that need values with an order."""
COUNT_OPERATORS = frozenset({Operator.EQUAL, Operator.NOT_EQUAL, *ORDERINGS})
"""Operators that a number of rows may be compared by."""


class Day(Record):
    """A day: `2020-01-31`. On a datetime it means the whole day in UTC."""

    day: date


class Moment(Record):
    """A point in time, kept in UTC."""

    moment: AwareDatetime

    @field_validator("moment")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value.astimezone(timezone.utc)


# A text with NUL can be written in no statement.
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
WholeNumber = Annotated[int, Field(ge=-(2**63), lt=2**63)]
FilterValue = Text | WholeNumber | Annotated[float, Field(allow_inf_nan=False)] | Day | Moment
"""A value as it is written; which type it is compared as, the dictionary says."""


class Comparison(Record):
    """A field compared with values."""

    kind: Literal["comparison"] = "comparison"
    entity: MemberName
    field: MemberName
    operator: Operator
    values: tuple[FilterValue, ...] = ()

    @model_validator(mode="after")
    def _require_count(self) -> Self:
        given = len(self.values)
        if self.operator in LISTS:
            is_right = given > 0
        else:
            needed = {Operator.BETWEEN: 2, **dict.fromkeys(NO_VALUE, 0)}.get(self.operator, 1)
            is_right = given == needed
        if not is_right:
            raise ValueError(f"'{self.operator}' does not go with {given} values")
        return self


class Exists(Record):
    """Some row of an entity is related to the row in hand, and fulfils a condition if given."""

    kind: Literal["exists"] = "exists"
    entity: MemberName
    condition: "Filter | None" = None


class CountOf(Record):
    """How many rows of an entity are related to the row in hand, and fulfil a condition."""

    kind: Literal["count"] = "count"
    entity: MemberName
    condition: "Filter | None" = None
    operator: Operator
    number: Annotated[int, Field(ge=0, lt=2**63)]

    @field_validator("operator")
    @classmethod
    def _require_count_operator(cls, value: Operator) -> Operator:
        if value not in COUNT_OPERATORS:
            raise ValueError(f"a number of rows is not compared by '{value}'")
        return value


class And(Record):
    """All of several conditions."""

    kind: Literal["and"] = "and"
    parts: Annotated[tuple["Filter", ...], Field(min_length=2)]


class Or(Record):
    """At least one of several conditions."""

    kind: Literal["or"] = "or"
    parts: Annotated[tuple["Filter", ...], Field(min_length=2)]


class Not(Record):
    """The opposite of a condition."""

    kind: Literal["not"] = "not"
    part: "Filter"


Filter = Annotated[
    Comparison | Exists | CountOf | And | Or | Not,
    Field(discriminator="kind"),
]
"""A condition on one row."""

for _node in (Exists, CountOf, And, Or, Not):
    _node.model_rebuild()


def parts_of(condition: Filter) -> tuple[Filter, ...]:
    """Return the conditions that stand directly inside a condition, in their order."""
    if isinstance(condition, And | Or):
        return condition.parts
    if isinstance(condition, Not):
        return (condition.part,)
    if isinstance(condition, Exists | CountOf) and condition.condition is not None:
        return (condition.condition,)
    return ()


def comparisons_of(tree: Filter) -> Iterator[Comparison]:
    """Yield the comparisons of a filter, in their order."""
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Comparison):
            yield found
        waiting.extend(reversed(parts_of(found)))


def needs_parentheses(tree: Filter, part: Filter) -> bool:
    """Whether a part of a condition stands in parentheses in the text."""
    if isinstance(tree, Or):
        return isinstance(part, Or)
    return isinstance(part, And | Or)
