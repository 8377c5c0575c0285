"""How much a record may lose when it is moved by itself; beyond that it is left as it was."""

from collections.abc import Iterator
from math import inf

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.rebase import RebasePlan
from apollo_spark.model.suppressed import Count, Suppressed


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

    def exceeded_by(self, plan: RebasePlan, *, withdrawn: Count = 0) -> str | None:
        """Return what of a move exceeds the limits, or None.

        Nothing but what people may see decides: of a guarded record the most people are taken that
        may be behind a number that is not shown, so that no choice of a limit tells it.

        Args:
            plan: The plan, as people may see it.
            withdrawn: How many of the people who go were withdrawn.
        """
        if plan.refused is not None:
            return f"it cannot be moved: {plan.refused}"
        return "; ".join(self._excesses(plan, withdrawn)) or None

    def _excesses(self, plan: RebasePlan, withdrawn: Count) -> Iterator[str]:
        lost, before = plan.people_lost, plan.people_before
        is_guarded = isinstance(plan.causes.withdrawn, Suppressed)
        if isinstance(lost, int) and isinstance(withdrawn, int) and not is_guarded:
            lost = max(0, lost - withdrawn)
        would = f"{lost:,} of {before:,} people would go, and at most"
        if self.lost is not None and _most(lost) > self.lost:
            yield f"{would} {self.lost:,} may"
        share = self.lost_share
        if share is not None and share < 1 and _most(lost) > share * _least(before):
            yield f"{would} a share of {share:g} may"
        for count, most, what in (
            (plan.tiles_broken or 0, self.broken_tiles, "tiles that could not be answered"),
            (len(plan.fields_dropped), self.dropped_fields, "fields that would be dropped"),
        ):
            if count > most:
                yield f"{what}: {count:,}, and at most {most:,} may be"


def _most(count: Count) -> float:
    """Return the most that a count may be."""
    if not isinstance(count, Suppressed):
        return count
    return count.fewer_than - 1 if count.why == "few" else inf


def _least(count: Count) -> int:
    return 0 if isinstance(count, Suppressed) else count
