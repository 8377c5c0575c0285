"""What a move comes to: the plan that people see, and what is published."""

from collections.abc import Sequence
from dataclasses import dataclass

from apollo_spark.lake.publishing_together import publish_together
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.rebase import Causes, Move, RebasePlan
from apollo_spark.model.record import PublishedRecord
from apollo_spark.operations.context import Context
from apollo_spark.records.showing import hides_details


@dataclass(frozen=True)
class Made:
    """A record that is ready to be published, with the texts that it names.

    Attributes:
        record: The record, the next version of its name.
        parts: The texts of its parts, its receipt among them.
        receipt: Its receipt.
        notes: What a person should know.
    """

    record: PublishedRecord
    parts: tuple[str, ...]
    receipt: Record
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedMove:
    """A record, what is planned for it, and what of that is reported.

    Attributes:
        record: The record that is moved.
        plan: The plan as it is; refused where it cannot be moved.
        shown: What of the plan people see.
        made: What is published; nothing where it is refused, or there already.
        current: The version that has all of it already.
    """

    record: PublishedRecord
    plan: RebasePlan
    shown: RebasePlan
    made: Made | None = None
    current: PublishedRecord | None = None

    @property
    def result(self) -> PublishedRecord | None:
        """The version that the record becomes; None where it is refused."""
        return self.current if self.made is None else self.made.record


WITHHELD = "it cannot be made of that; --full says why"


def shown_plan(plan: RebasePlan, record: PublishedRecord, *, full: bool) -> RebasePlan:
    """Return a plan for people: of a view without what it was made of, and what its rule reads."""
    if not isinstance(record, DatasetRecord) or not hides_details(record, full=full):
        return plan
    return plan.model_copy(
        update={
            "moves": tuple(Move(before="", after=each.after) for each in plan.moves),
            "refused": None
            if plan.refused is None
            else "it cannot be made of that; --full says why",
            "causes": Causes(),
            "related": None,
            "problems": (),
            "repairs": (),
        }
    )


def publish_made(context: Context, made: Sequence[Made]) -> None:
    """Publish records by one commit: all of them or none.

    Raises:
        CommitRaceError: Somebody published a version of a name since they were planned.
        ConflictError: A pin is in no unretired record.
        NotFoundError: A parent was retired meanwhile.
        StorageRefusedError: The storage refused.
    """
    lake = context.lake
    on_step = lake.steps_for(context.listener.on_step)
    on_step("store parts")
    for text in dict.fromkeys(text for each in made for text in each.parts):
        lake.parts.put(text)
    records = [each.record for each in made]
    publish_together(lake, records, holder=context.actor, on_step=on_step)
