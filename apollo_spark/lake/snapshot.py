"""What is published at one moment, and how people name it: NAME, NAME@3, NAME@2026-03-01."""

import difflib
from datetime import datetime
from functools import cached_property

from apollo_spark.errors import NotFoundError
from apollo_spark.model.base import Record
from apollo_spark.model.names import RecordReference


class RecordEntry(Record):
    """A published record as a list shows it."""

    kind: str
    name: str
    version: int
    id: str
    hash: str
    actor: str
    time: datetime

    def __str__(self) -> str:
        """Return `name@version`."""
        return f"{self.name}@{self.version}"

    def order(self) -> tuple[str, int]:
        """Return what a list is sorted by."""
        return (self.name.casefold(), self.version)


class RegistrySnapshot(Record):
    """The registry at one of its versions; entries by name and version.

    Names that differ only by case are one name.
    """

    version: int
    entries: tuple[RecordEntry, ...] = ()

    def versions_of(self, name: str) -> tuple[RecordEntry, ...]:
        """Return all versions of a name, newest last; none for an unknown name."""
        return self._by_name.get(name.casefold(), ())

    def newest_of(self, name: str) -> RecordEntry | None:
        """Return the newest version of a name, or None."""
        versions = self.versions_of(name)
        return versions[-1] if versions else None

    def newest_of_all(self) -> tuple[RecordEntry, ...]:
        """Return the newest version of every name."""
        return tuple(versions[-1] for versions in self._by_name.values())

    def get(self, reference: RecordReference) -> RecordEntry:
        """Return the record that a reference names.

        Raises:
            NotFoundError: There is none; a close name is proposed.
        """
        versions = self.versions_of(reference.name)
        if not versions:
            raise self._unknown_name(reference.name)
        if reference.version is not None:
            fitting = [each for each in versions if each.version == reference.version]
        elif reference.before is not None:
            fitting = [each for each in versions if each.time <= reference.before]
        else:
            fitting = list(versions)
        if not fitting:
            raise _unknown_version(reference, versions)
        return fitting[-1]

    def _unknown_name(self, name: str) -> NotFoundError:
        if not self.entries:
            return NotFoundError(
                f"There is no {name!r} in the lake.", why="The lake is empty, or lies elsewhere."
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


def _unknown_version(
    reference: RecordReference, versions: tuple[RecordEntry, ...]
) -> NotFoundError:
    if reference.version is not None:
        why = f"Its newest version is {versions[-1].version}."
    else:
        why = f"Its first version was published at {versions[0].time:%Y-%m-%dT%H:%M:%SZ}."
    return NotFoundError(f"There is no {reference} in the lake.", why=why)
