"""What a verb of a lake answers: what was published, and everything a person should know of it.

What a command says on stderr beside its result, Python says by logging.

Verbs that publish nothing (`retire`, `withdraw`, `gc`) answer so too: their receipt says what they
did.
"""

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from apollo_spark.api.dataset import Dataset
from apollo_spark.errors import UsageError
from apollo_spark.export.messages import describe_findings
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding
from apollo_spark.model.names import parse_reference
from apollo_spark.model.plan import WorkPlan
from apollo_spark.operations.outcome import Outcome

if TYPE_CHECKING:
    from apollo_spark.api.cohort import Cohort

Receipt = TypeVar("Receipt", bound=Record, covariant=True)  # noqa: PLC0105 frozen: only read

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published(Generic[Receipt]):
    """What was published, or was there already, or would be published by a dry run.

    Attributes:
        version: The version, as `name@version`; None of a dry run that would publish one.
        is_new: Whether it was published now: the same request made it before otherwise.
        receipt: The counts.
        findings: What was found and refused nothing: warnings, and what was left out.
        notes: What a person should know beside the counts.
        plan: What a dry run would do; None otherwise.
    """

    version: str | None
    is_new: bool
    receipt: Receipt
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    plan: WorkPlan | None
    _lake: Lake = field(repr=False)

    @property
    def dataset(self) -> Dataset:
        """The dataset at that version.

        Raises:
            UsageError: Nothing was published: it was a dry run.
        """
        if self.version is None:
            raise UsageError("Nothing was published: this was a dry run.")
        return Dataset(self._lake, self._lake.load_record(parse_reference(self.version)))

    @property
    def cohort(self) -> "Cohort":
        """The cohort at that version.

        Raises:
            UsageError: Nothing was published: it was a dry run.
            NotFoundError: It is not a cohort.
        """
        from apollo_spark.api.cohort import Cohort
        from apollo_spark.operations.cohorts.opening import load_cohort

        if self.version is None:
            raise UsageError("Nothing was published: this was a dry run.")
        return Cohort(self._lake, load_cohort(self._lake, self.version))


def published_by(lake: Lake, outcome: Outcome[Receipt]) -> Published[Receipt]:
    """Log notes as information and findings as a warning; return what a person gets.

    Args:
        lake: Where it was published.
        outcome: How the verb ended.
    """
    for note in outcome.notes:
        logger.info("note: %s", note)
    if outcome.findings:
        logger.warning("%s", describe_findings(outcome.findings))
    return Published(
        version=next(iter((*outcome.published, *outcome.current)), None),
        is_new=bool(outcome.published),
        receipt=outcome.receipt,
        findings=outcome.findings,
        notes=outcome.notes,
        plan=outcome.plan,
        _lake=lake,
    )
