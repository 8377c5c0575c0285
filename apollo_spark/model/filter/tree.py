"""Filters: conditions on one row of an entity, as a tree.

A filter is about a current row of one entity, at first the main entity. A comparison with a
field of another entity means that some row of it, related to the current row, fulfils it. Rows
with a name are of all rows that are related to the same row of the main entity.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from typing_extensions import Self

from apollo_spark.model.base import Record
from apollo_spark.model.filter.operators import (
    COUNT_OPERATORS,
    FIELD_OPERATORS,
    NUMBER_OPERATORS,
    Choice,
    Operator,
    Summary,
    has_right_count,
)
from apollo_spark.model.filter.values import (
    FieldOf,
    FilterValue,
    Number,
    Operand,
    Percentile,
    RowName,
    Text,
)
from apollo_spark.model.names import MemberName


def _require_count(operator: Operator, given: int) -> None:
    if not has_right_count(operator, given):
        raise ValueError(f"'{operator}' does not go with {given} values")


class Comparison(Record):
    """A field compared with values.

    Attributes:
        row: The name of the row, where it is one with a name.
        exceptions: Codes that are not meant with all below them, though `under` says so.
    """

    kind: Literal["comparison"] = "comparison"
    entity: MemberName
    field: MemberName
    row: RowName = None
    operator: Operator
    values: tuple[FilterValue, ...] = ()
    exceptions: Annotated[tuple[Text, ...], Field(exclude_if=lambda value: not value)] = ()

    @model_validator(mode="after")
    def _require_values(self) -> Self:
        _require_count(self.operator, len(self.values))
        if self.exceptions and self.operator is not Operator.UNDER:
            raise ValueError(f"'{self.operator}' has no exceptions")
        return self


class FieldComparison(Record):
    """A field compared with another field; of two bounds, one may be a value."""

    kind: Literal["fields"] = "fields"
    entity: MemberName
    field: MemberName
    row: RowName = None
    operator: Operator
    others: tuple[Operand, ...]

    @model_validator(mode="after")
    def _require_fields(self) -> Self:
        if self.operator not in FIELD_OPERATORS:
            raise ValueError(f"a field is not compared by '{self.operator}' with fields")
        _require_count(self.operator, len(self.others))
        if not any(isinstance(each, FieldOf) for each in self.others):
            raise ValueError("a comparison of fields names another field")
        return self


class Exists(Record):
    """Some row of an entity is related to the current row, and fulfils a condition if given.

    A row with a name is any that is related to the same row of the main entity.
    """

    kind: Literal["exists"] = "exists"
    entity: MemberName
    name: RowName = None
    condition: "Filter | None" = None


class CountOf(Record):
    """How many rows of an entity are related to the current row, and fulfil a condition."""

    kind: Literal["count"] = "count"
    entity: MemberName
    name: RowName = None
    condition: "Filter | None" = None
    operator: Operator
    number: Annotated[int, Field(ge=0, lt=2**63)]

    @field_validator("operator")
    @classmethod
    def _require_count_operator(cls, value: Operator) -> Operator:
        if value not in COUNT_OPERATORS:
            raise ValueError(f"a number of rows is not compared by '{value}'")
        return value


class ChosenRow(Record):
    """One row of those that an exists means, the first or last by a field, fulfils a condition.

    Rows whose field is missing or a sparse code are never chosen; among equal ones the primary key
    decides.

    Attributes:
        choice: First or last.
        entity: The entity.
        name: The name of the row, as that of an exists.
        by: The field of the entity that orders the rows.
        among: What the rows fulfil that are chosen from.
        condition: What the chosen row fulfils.
    """

    kind: Literal["chosen"] = "chosen"
    choice: Choice
    entity: MemberName
    name: RowName = None
    by: MemberName
    among: "Filter | None" = None
    condition: "Filter"


class SummaryOf(Record):
    """A number made of a field's values in the rows that an exists means; of none it is missing."""

    kind: Literal["summary"] = "summary"
    summary: Summary
    entity: MemberName
    field: MemberName
    name: RowName = None
    condition: "Filter | None" = None
    operator: Operator
    values: tuple[FilterValue, ...] = ()

    @model_validator(mode="after")
    def _require_values(self) -> Self:
        if self.operator not in NUMBER_OPERATORS:
            raise ValueError(f"a number made of rows is not compared by '{self.operator}'")
        _require_count(self.operator, len(self.values))
        return self


class AssayValue(Record):
    """A value that an assay measured in some sample of the current row.

    Attributes:
        measure: What is measured, the name of the assay's type: `expression`.
        assay: The name of the assay.
        feature: The id of a feature, or its symbol.
        unit: The unit; None where the assay has one alone.
    """

    kind: Literal["assay"] = "assay"
    measure: MemberName
    assay: MemberName
    feature: Text
    unit: Text | None = None
    operator: Operator
    values: tuple[Number | Percentile, ...] = ()

    @model_validator(mode="after")
    def _require_values(self) -> Self:
        if self.operator not in NUMBER_OPERATORS:
            raise ValueError(f"a measured value is not compared by '{self.operator}'")
        _require_count(self.operator, len(self.values))
        return self


class InCohort(Record):
    """The row of the main entity is one of a cohort: `NAME@2`."""

    kind: Literal["cohort"] = "cohort"
    cohort: Text


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


Rows = Exists | CountOf | ChosenRow | SummaryOf
"""Conditions whose inside is about other rows."""
Asking = Comparison | FieldComparison | Rows | AssayValue | InCohort
"""Conditions that ask something; the others join them."""
Filter = Annotated[
    Comparison
    | FieldComparison
    | Exists
    | CountOf
    | ChosenRow
    | SummaryOf
    | AssayValue
    | InCohort
    | And
    | Or
    | Not,
    Field(discriminator="kind"),
]
"""A condition on one row."""

for _node in (Exists, CountOf, ChosenRow, SummaryOf, And, Or, Not):
    _node.model_rebuild()
