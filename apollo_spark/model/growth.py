"""What a growth does: its steps, what each came to, and which records it left as they were."""

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field

from apollo_spark.model.base import Record, canonical_json
from apollo_spark.model.rebase import RebasePlan

GROWTH_FORMAT = 1

StepState = Literal["planned", "waits", "nothing to do", "done", "failed", "not begun"]
"""`waits`: it can be planned in full when the steps before it are done."""


class LeftRecord(Record):
    """A record that was left as it was, and why."""

    record: str
    why: str


class GrowthStep(Record):
    """A step of a growth. It holds counts and names, and no value of a row.

    Attributes:
        number: Its place, from 1.
        does: What it does, and to what: `extend study`.
        state: How far it came.
        plan: What was planned, as lines.
        published: The versions that it published.
        retired: The versions that it ended.
        left: The records that it left as they were.
        notes: What a person should know.
        counts: The counts of its receipts.
        moves: What moving each record changes.
        seconds: How long it took; None where it did not begin.
        error: Why it failed.
    """

    number: int
    does: str
    state: StepState
    plan: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    left: tuple[LeftRecord, ...] = ()
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = Field(default_factory=dict)
    moves: tuple[RebasePlan, ...] = ()
    seconds: float | None = None
    error: str | None = None


class Growth(Record):
    """A growth as it was planned, or as it ended.

    Attributes:
        config: The file that says what is done.
        actor: Who did it.
        began: When it began; None where it was only planned.
        tools: Pairs of name and version of what did it.
        steps: Its steps, in order.
    """

    format: int = Field(default=GROWTH_FORMAT, ge=1, le=GROWTH_FORMAT)
    config: str
    actor: str
    began: AwareDatetime | None = None
    tools: tuple[tuple[str, str], ...] = ()
    steps: tuple[GrowthStep, ...]

    @property
    def published(self) -> tuple[str, ...]:
        """The versions that were published, in order."""
        return tuple(version for each in self.steps for version in each.published)

    @property
    def retired(self) -> tuple[str, ...]:
        """The versions that were ended."""
        return tuple(version for each in self.steps for version in each.retired)

    @property
    def left(self) -> tuple[LeftRecord, ...]:
        """The records that were left as they were."""
        return tuple(record for each in self.steps for record in each.left)

    @property
    def failed(self) -> GrowthStep | None:
        """The step that failed, or None."""
        return next((each for each in self.steps if each.state == "failed"), None)

    @property
    def counts(self) -> dict[str, int]:
        """How many steps, versions and records it is about."""
        return {
            "steps": len(self.steps),
            "published": len(self.published),
            "retired": len(self.retired),
            "left": len(self.left),
        }

    def to_json(self) -> str:
        """Return the counts: the steps are described beside them."""
        return canonical_json(self.counts)
