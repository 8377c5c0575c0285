"""Which versions are kept: the newest ones, the young ones, one a month, and what others are of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.base import Record


class Keep(Record):
    """A rule of retention: a version is kept where any part of it says so.

    Attributes:
        last: How many of the newest versions of a name.
        days: Those that are younger, in days.
        monthly: Whether the last version of every month is kept.
    """

    last: int = Field(default=1, ge=1)
    days: float | None = Field(default=None, ge=0)
    monthly: bool = False

    def ended(self, versions: Sequence[RecordEntry], now: datetime) -> tuple[RecordEntry, ...]:
        """Return which versions of a name are not kept.

        Args:
            versions: Those that are not retired, newest last.
            now: The time.
        """
        kept = {each.id for each in versions[-self.last :]}
        if self.days is not None:
            since = now - timedelta(days=self.days)
            kept |= {each.id for each in versions if each.time > since}
        if self.monthly:
            # Of versions of one month the last one takes the place of those before it.
            months = {(each.time.year, each.time.month): each.id for each in versions}
            kept |= set(months.values())
        return tuple(each for each in versions if each.id not in kept)


def without_parents(
    ended: Iterable[RecordEntry], parents: Mapping[str, Iterable[str]]
) -> tuple[RecordEntry, ...]:
    """Return which versions may be ended: none that a record of another name is made of.

    Args:
        ended: Those that no rule keeps.
        parents: The versions that each record which is not retired is made of, by `name@version`.
    """
    waiting = {str(each): each for each in ended}
    while True:
        kept = {
            parent
            for record, made_of in parents.items()
            if record not in waiting
            for parent in made_of
            if parent in waiting and _name(parent) != _name(record)
        }
        if not kept:
            return tuple(waiting.values())
        # What is kept by now may be made of others.
        waiting = {version: each for version, each in waiting.items() if version not in kept}


def _name(version: str) -> str:
    return version.partition("@")[0].casefold()
