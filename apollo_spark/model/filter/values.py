"""What a filter compares with: values as they are written, and fields of other rows."""

from datetime import date, datetime, timezone
from enum import Enum
from typing import Annotated

from pydantic import AwareDatetime, Field, field_validator, model_validator
from typing_extensions import Self

from apollo_spark.model.base import Record
from apollo_spark.model.names import MemberName


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
Number = WholeNumber | Annotated[float, Field(allow_inf_nan=False)]
FilterValue = Text | WholeNumber | Annotated[float, Field(allow_inf_nan=False)] | Day | Moment
"""A value as it is written; which type it is compared as, the dictionary says."""

RowName = Annotated[MemberName | None, Field(exclude_if=lambda value: value is None)]
"""The name of a row where it has one; what has none is stored as before there were names."""


class OffsetUnit(str, Enum):
    """What an offset counts."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"

    def __str__(self) -> str:
        """Return the word of the filter text."""
        return self.value


MOST_OFFSET = {
    OffsetUnit.DAYS: 365_000,
    OffsetUnit.WEEKS: 52_000,
    OffsetUnit.MONTHS: 12_000,
    OffsetUnit.YEARS: 1_000,
}
"""The longest offsets: some thousand years."""


class Offset(Record):
    """A time that is added to a date; a day that the month lacks becomes its last day."""

    number: int
    unit: OffsetUnit

    @model_validator(mode="after")
    def _require_few(self) -> Self:
        if abs(self.number) > MOST_OFFSET[self.unit]:
            raise ValueError(f"an offset is at most {MOST_OFFSET[self.unit]:,} {self.unit}")
        return self


class FieldOf(Record):
    """A field of the row that is compared, of a row above it, or of a row with a name.

    Attributes:
        entity: The entity.
        field: Its field.
        row: The name of the row, where it is one with a name.
        offset: What is added to its value.
    """

    entity: MemberName
    field: MemberName
    row: RowName = None
    offset: Offset | None = None


Operand = FilterValue | FieldOf
"""What a field may be compared with."""


class Percentile(Record):
    """The value that so many percent of the samples shown do not exceed."""

    percentile: Annotated[float, Field(ge=0, le=100)]
