"""A row rule of a view as it is written, and what of the base it asks for."""

from dataclasses import dataclass

from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.pin import TablePin

FieldPath = tuple[str, str]


@dataclass(frozen=True)
class MeasuredInRule:
    """What a row rule asks of assays.

    Attributes:
        units: The assays, each with a unit; None where its type has no units.
        text: The filter with features by their ids, and with units; None of a cohort.
        members: How the cohort is made, in the same way.
    """

    units: frozenset[tuple[str, str | None]]
    text: str | None = None
    members: tuple[CohortStep, ...] = ()


@dataclass(frozen=True)
class RowFilter:
    """A row rule as it is written, and the fields of the base that it mentions.

    Attributes:
        text: The filter; of a cohort what says it to people.
        fields: What of the base is read for it.
        members: How the cohort is made.
        lists: The tables of ids that it asks for, by the names that `members` uses.
        measured: What it asks of assays; None where that is nothing.
    """

    text: str
    fields: frozenset[FieldPath]
    members: tuple[CohortStep, ...] = ()
    lists: tuple[TablePin, ...] = ()
    measured: MeasuredInRule | None = None

    @property
    def kept_text(self) -> str:
        """The text as the rule keeps it, whose meaning does not change with names of features."""
        return (self.measured.text if self.measured else None) or self.text

    @property
    def kept_members(self) -> tuple[CohortStep, ...]:
        """How the cohort is made, as the rule keeps it."""
        return self.measured.members if self.measured else self.members
