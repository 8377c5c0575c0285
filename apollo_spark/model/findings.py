"""Findings: what the checks saw, where, and how often."""

from collections.abc import Iterable

from pydantic import Field

from apollo_spark.model.base import FileName, Record
from apollo_spark.model.rules import Severity


class Place(Record):
    """Where a finding was seen.

    `line` is the physical line (from 1) on which the row begins, None where it cannot be known
    (a file cut off). `value` is a person's data: it goes to the validation report and nowhere
    else.
    """

    line: int | None
    value: str | None = None


class Finding(Record):
    """One rule broken in one column (or file), with how often and the first places.

    `is_consequence` says that rows which the policy left out may be the cause: it is reported below
    them, and is not part of what is written.
    """

    rule: str
    severity: Severity
    message: str
    file: FileName | None = None
    line: int | None = None
    entity: str | None = None
    column: str | None = None
    count: int = 1
    places: tuple[Place, ...] = ()
    is_consequence: bool = Field(default=False, exclude=True)

    def without_values(self) -> "Finding":
        """Return the finding without any value from a row."""
        bare = tuple(Place(line=each.line) for each in self.places)
        return self.model_copy(update={"places": bare})


def refusing(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that refuse the load."""
    return tuple(each for each in findings if each.severity is Severity.REFUSE)
