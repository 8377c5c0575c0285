"""What is published at one moment, and how people name it: NAME, NAME@3, NAME@2026-03-01."""

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from itertools import accumulate

from apollo_spark.errors import NotFoundError
from apollo_spark.model.base import Record
from apollo_spark.model.names import RecordReference

TOLD_SECONDS = 60
"""Clocks that differ by less are not worth a word."""

logger = logging.getLogger(__name__)


class Retirement(Record):
    """Who ended a version, and when."""

    actor: str
    time: datetime


class RecordEntry(Record):
    """A published record as a list shows it; `retired` is None until it is ended."""

    kind: str
    name: str
    version: int
    id: str
    hash: str
    actor: str
    time: datetime
    retired: Retirement | None = None

    def __str__(self) -> str:
        """Return `name@version`."""
        return f"{self.name}@{self.version}"

    def order(self) -> tuple[str, int]:
        """Return what a list is sorted by."""
        return (self.name.casefold(), self.version)


class RegistrySnapshot(Record):
    """The registry at one of its versions; entries by name and version, retired ones too.

    Names that differ only by case are one name. Withdrawals and guards are beside the records.
    """

    version: int
    entries: tuple[RecordEntry, ...] = ()
    withdrawals: tuple[RecordEntry, ...] = ()
    guards: tuple[RecordEntry, ...] = ()

    def versions_of(self, name: str) -> tuple[RecordEntry, ...]:
        """Return all versions of a name, retired ones too, newest last; none if it is unknown."""
        return self._by_name.get(name.casefold(), ())

    def last_of(self, name: str) -> RecordEntry | None:
        """Return the last version of a name, retired or not, or None: numbers go on after it."""
        versions = self.versions_of(name)
        return versions[-1] if versions else None

    def newest_of(self, name: str) -> RecordEntry | None:
        """Return the newest version of a name that is not retired, or None."""
        versions = _unretired(self.versions_of(name))
        return versions[-1] if versions else None

    def newest_of_all(self) -> tuple[RecordEntry, ...]:
        """Return the newest version of every name that is not retired as a whole."""
        kept = (_unretired(versions) for versions in self._by_name.values())
        return tuple(versions[-1] for versions in kept if versions)

    def unretired(self) -> tuple[RecordEntry, ...]:
        """Return every version that is not retired."""
        return _unretired(self.entries)

    def kept(self) -> tuple[RecordEntry, ...]:
        """Return everything whose tables are kept: what is not retired, and the withdrawals."""
        return (*self.unretired(), *self.withdrawals)

    def time_after(self, name: str, time: datetime) -> datetime:
        """Return the time of what happens to a name now: never before what happened to it last.

        Args:
            name: The name.
            time: What the clock says, which may be behind that of whoever wrote before.
        """
        last = max(self._times_of(name), default=time)
        if (last - time).total_seconds() >= TOLD_SECONDS:
            logger.warning(
                "the clock here says %s, which is before the last change of %s: %s is taken",
                f"{time:%Y-%m-%dT%H:%M:%SZ}", name, f"{last:%Y-%m-%dT%H:%M:%SZ}",
            )  # fmt: skip
        return max(last, time)

    def _times_of(self, name: str) -> Iterator[datetime]:
        for each in self.versions_of(name):
            yield each.time
            if each.retired is not None:
                yield each.retired.time
        for each in (*self.withdrawals, *self.guards):
            if each.name.casefold() == name.casefold():
                yield each.time

    def find(self, reference: RecordReference) -> RecordEntry:
        """Return the record that a reference names, also one that is retired.

        Raises:
            NotFoundError: There is none; a close name is proposed.
        """
        versions = self.versions_of(reference.name)
        if not versions:
            raise self._unknown_name(reference.name)
        if reference.version is not None:
            fitting = tuple(each for each in versions if each.version == reference.version)
        elif reference.before is not None:
            fitting = _published_until(versions, reference.before)
        else:
            fitting = _unretired(versions) or versions
        if not fitting:
            raise _unknown_version(reference, versions)
        return fitting[-1]

    def get(self, reference: RecordReference) -> RecordEntry:
        """Return the record that a reference names.

        A date means the version that was the newest then. If that one is retired it is not
        replaced by one before it, which would be other rows under the same name.

        Raises:
            NotFoundError: There is none, and a close name is proposed; or it is retired, and the
                error says when and by whom.
        """
        found = self.find(reference)
        if found.retired is not None:
            raise _is_retired(found, self.newest_of(found.name))
        return found

    def _unknown_name(self, name: str) -> NotFoundError:
        import difflib

        if not self.entries:
            return NotFoundError(
                f"There is no {name!r} in the lake.", why="The lake is empty, or is somewhere else."
            )
        known = {key: versions[-1].name for key, versions in self._by_name.items()}
        close = difflib.get_close_matches(name.casefold(), known, n=1)
        if close:
            return NotFoundError(
                f"There is no {name!r} in the lake.", fix=f"Did you mean {known[close[0]]!r}?"
            )
        return NotFoundError(
            f"There is no {name!r} in the lake.", fix="apollo list shows what there is."
        )

    @cached_property
    def _by_name(self) -> dict[str, tuple[RecordEntry, ...]]:
        found: dict[str, list[RecordEntry]] = {}
        for each in self.entries:
            found.setdefault(each.name.casefold(), []).append(each)
        return {key: tuple(versions) for key, versions in found.items()}


def _unretired(entries: tuple[RecordEntry, ...]) -> tuple[RecordEntry, ...]:
    return tuple(each for each in entries if each.retired is None)


def _published_until(
    versions: tuple[RecordEntry, ...], moment: datetime
) -> tuple[RecordEntry, ...]:
    """Return the versions published until a moment.

    No version is older than the one before it, whatever the clock of its writer said.
    """
    times = accumulate((each.time for each in versions), max)
    return tuple(each for each, time in zip(versions, times, strict=True) if time <= moment)


def _is_retired(entry: RecordEntry, newest: RecordEntry | None) -> NotFoundError:
    assert entry.retired is not None, "asked of retired versions only"
    return NotFoundError(
        f"{entry} is retired.",
        why=f"{entry.retired.actor} retired it at {entry.retired.time:%Y-%m-%dT%H:%M:%SZ}.",
        fix=f"{newest} is the newest version that is not." if newest else "",
    )


def _unknown_version(
    reference: RecordReference, versions: tuple[RecordEntry, ...]
) -> NotFoundError:
    if reference.version is not None:
        why = f"Its newest version is {versions[-1].version}."
    else:
        why = f"Its first version was published at {versions[0].time:%Y-%m-%dT%H:%M:%SZ}."
    return NotFoundError(f"There is no {reference} in the lake.", why=why)
