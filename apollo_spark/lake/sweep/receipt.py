"""What a sweep did, or would do: what was planned, what went, and what was left alone."""

from typing import Any

from apollo_spark.lake.sweep.sweeping import SweepPlan, TableSweep
from apollo_spark.model.base import Record, canonical_json
from apollo_spark.model.plan import PlannedTable, WorkPlan


class SweepReceipt(Record):
    """The receipt of a sweep.

    Attributes:
        plan: What was planned.
        done: What went; None where it was only planned.
        busy: What was left alone because somebody is publishing.
        grace_hours: Only what changed longer ago goes.
    """

    plan: SweepPlan
    done: SweepPlan | None = None
    busy: tuple[str, ...] = ()
    grace_hours: float

    @property
    def shown(self) -> SweepPlan:
        """What went, or would go."""
        return self.done or self.plan

    @property
    def left_alone(self) -> tuple[str, ...]:
        """What was left alone, and why."""
        faults = (f"{each.location}: {each.fault}" for each in self.plan.tables if each.fault)
        return (*self.busy, *faults)

    @property
    def counts(self) -> dict[str, int]:
        """The counts."""
        return {
            "bytes": self.shown.total.bytes,
            "parts": len(self.shown.parts),
            "reports_left": len(self.shown.reports),
        }

    def to_json(self) -> str:
        """Return the counts: what goes is described beside them."""
        return canonical_json(self.counts)

    def work(self) -> WorkPlan:
        """Return what is planned as the work of any verb."""
        return WorkPlan(
            does="delete what no version reads",
            tables=tuple(
                PlannedTable(table=each.title, files=len(each.remove))
                for each in self.plan.tables
                if each.remove or each.is_whole
            ),
            files=self.plan.total.files,
            counts=self.counts,
        )

    def described(self) -> dict[str, Any]:
        """Return what goes, and what is left alone, as JSON."""
        shown = self.shown
        return {
            "applied": self.done is not None,
            "files": shown.total.files,
            "bytes": shown.total.bytes,
            "tables": [_describe(each) for each in shown.tables],
            "parts": [each.name for each in shown.parts],
            "reports": list(shown.reports),
            "left_alone": list(self.left_alone),
            "grace_hours": self.grace_hours,
        }


def _describe(sweep: TableSweep) -> dict[str, Any]:
    return {
        "location": sweep.location,
        "files": len(sweep.remove),
        "bytes": sum(each.size for each in sweep.remove),
        "names": [each.name for each in sweep.remove],
        "whole": sweep.is_whole,
        "back_to": sweep.back_to,
        "kept": sweep.kept.model_dump(),
        "young": sweep.young.model_dump(),
    }
