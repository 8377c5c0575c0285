"""How much a record may lose when it is moved by itself; beyond that it is left as it was."""

from collections.abc import Iterator

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.rebase import RebasePlan


class Limits(Record):
    """What a move may cost; a record that cannot be moved at all exceeds every limit.

    Attributes:
        lost: The most people that may go; people who were withdrawn are not counted.
        lost_share: The largest share of the people before that may go, from 0 to 1.
        broken_tiles: The most tiles of a dashboard that may not be answered any more.
        dropped_fields: The most fields that may be dropped.
    """

    lost: int | None = Field(default=None, ge=0)
    lost_share: float | None = Field(default=None, ge=0, le=1)
    broken_tiles: int = Field(default=0, ge=0)
    dropped_fields: int = Field(default=0, ge=0)

    @property
    def has_people(self) -> bool:
        """Whether it says how many people may go."""
        return self.lost is not None or self.lost_share is not None

    def exceeded_by(self, plan: RebasePlan, shown: RebasePlan | None = None) -> str | None:
        """Return what of a move exceeds the limits, or None.

        Args:
            plan: What the move costs.
            shown: What of that people see; of a guarded record few numbers.
        """
        if plan.refused is not None:
            return f"it cannot be moved: {plan.refused}"
        return "; ".join(self._excesses(plan, shown or plan)) or None

    def _excesses(self, plan: RebasePlan, shown: RebasePlan) -> Iterator[str]:
        lost, before = _lost(plan)
        said = lost if shown.people_lost == plan.people_lost else shown.people_lost
        would = f"{said:,} of {shown.people_before:,} people would go, and at most"
        if self.lost is not None and lost > self.lost:
            yield f"{would} {self.lost:,} may"
        if self.lost_share is not None and lost > self.lost_share * before:
            yield f"{would} a share of {self.lost_share:g} may"
        for count, most, what in (
            (plan.tiles_broken or 0, self.broken_tiles, "tiles could not be answered"),
            (len(plan.fields_dropped), self.dropped_fields, "fields would be dropped"),
        ):
            if count > most:
                yield f"{count:,} {what}, and at most {most:,} may"


def _lost(plan: RebasePlan) -> tuple[int, int]:
    """Return how many people go who were not withdrawn, and how many there were before."""
    counts = (plan.people_lost, plan.causes.withdrawn, plan.people_before)
    lost, withdrawn, before = (each if isinstance(each, int) else 0 for each in counts)
    return max(0, lost - withdrawn), before
