"""The cohort record: people of a version of a dataset, by a filter, ids or other cohorts.

A cohort keeps what it means and no people: who is in it is found anew in what the dataset shows.
Other cohorts that it is made of are named, by version and id, so that a record stays small however
many combinations it is based on. What the dataset of that version reads is pinned here as well, so
that a cohort can be read for as long as it is not retired, whatever becomes of the others.
"""

from enum import Enum
from typing import Annotated

from pydantic import Field, model_validator
from typing_extensions import Self

from apollo_spark.model.base import Record
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.suppressed import Suppressed

COHORT_FORMAT = 1
IDS = "ids"
"""The folder of the table in which a cohort keeps its list of ids."""


class CohortOperation(str, Enum):
    """How a cohort is made, in the words of the command."""

    FILTER = "filter"
    IDS = "ids"
    UNION = "union"
    INTERSECT = "intersect"
    SUBTRACT = "subtract"
    EXACTLY_ONE = "exactly-one"
    COMPLEMENT = "complement"

    def __str__(self) -> str:
        """Return the word."""
        return self.value


COMBINATIONS = (
    CohortOperation.UNION,
    CohortOperation.INTERSECT,
    CohortOperation.SUBTRACT,
    CohortOperation.EXACTLY_ONE,
    CohortOperation.COMPLEMENT,
)
"""What other cohorts are combined by."""


class CohortStep(Record):
    """How one cohort is made; other cohorts go by numbers.

    Attributes:
        operation: How.
        of: The cohorts that are combined, in order; of a filter or a list of ids the one that it
            narrows, if any.
        text: The filter.
        keys: The table of ids, by the name of its pin.
        named: The cohorts that the filter names.
    """

    operation: CohortOperation
    of: tuple[int, ...] = ()
    text: str | None = None
    keys: str | None = None
    named: tuple[tuple[str, int], ...] = ()

    @model_validator(mode="after")
    def _require_meaning(self) -> Self:
        is_filter, is_ids = (self.operation is each for each in NARROWING)
        if (self.text is not None, self.keys is not None) != (is_filter, is_ids):
            raise ValueError(f"a cohort by '{self.operation}' has other parts")
        fewest, most = _NUMBER_OF_COHORTS[self.operation]
        if not fewest <= len(self.of) <= most:
            raise ValueError(f"a cohort by '{self.operation}' is not made of {len(self.of)}")
        return self


NARROWING = (CohortOperation.FILTER, CohortOperation.IDS)
"""What a cohort is made by that may narrow another one."""
_MANY = 1_000_000
_NUMBER_OF_COHORTS = {
    **dict.fromkeys(NARROWING, (0, 1)),
    **dict.fromkeys(COMBINATIONS, (2, _MANY)),
    CohortOperation.COMPLEMENT: (1, 1),
}


class CohortReference(Record):
    """Another cohort: its `name@version`, and its id, by which it is known for good."""

    version: str
    id: str


class CohortRecord(OverDataset):
    """One published version of a cohort, of people of its dataset. It never changes.

    Attributes:
        step: How the cohort is made; its numbers are places in `cohorts`.
        cohorts: The cohorts that it is made of.
        count: How many people were in it when it was published. It is stored as a number; of what
            is guarded it is not shown.
    """

    format: int = Field(default=COHORT_FORMAT, ge=COHORT_FORMAT, le=COHORT_FORMAT)
    kind: str = "cohort"
    step: CohortStep
    cohorts: tuple[CohortReference, ...] = ()
    count: Annotated[int, Field(ge=0)] | Suppressed

    @property
    def published_count(self) -> int:
        """How many people were in it when it was published, as it is stored."""
        assert isinstance(self.count, int), "it is stored as a number"
        return self.count

    @property
    def main_rows(self) -> int | None:
        """How many people were in it when it was published."""
        return self.count if isinstance(self.count, int) else None
