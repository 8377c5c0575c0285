"""What every version of every dataset must read as, in plain Python: the model of the ledger.

A version is an expression over what was loaded. It is worked out anew for every reading, with the
people who are withdrawn by then left out where they were loaded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]
Withdrawn = Mapping[str, set[str]]
"""Ids of the people who are withdrawn, by the dataset that they were loaded into."""


@dataclass(frozen=True)
class Loaded:
    """Patients and visits as they were loaded into a dataset, with what extended them."""

    dataset: str
    rows: Rows

    def read(self, withdrawn: Withdrawn) -> Rows:
        gone = withdrawn.get(self.dataset, set())
        return {
            entity: [row for row in rows if row["patient_id"] not in gone]
            for entity, rows in self.rows.items()
        }

    def taken_out(self, withdrawn: Withdrawn) -> set[str]:
        return withdrawn.get(self.dataset, set())


@dataclass(frozen=True)
class Seen:
    """The people of a version who are of an age, or have a visit with a score."""

    base: "Version"
    least_age: int | None
    least_score: int | None

    def read(self, withdrawn: Withdrawn) -> Rows:
        rows = self.base.read(withdrawn)
        shown = {
            row["patient_id"]
            for row in rows["patient"]
            if self.least_age is None or (row["age"] is not None and row["age"] >= self.least_age)
        }
        if self.least_score is not None:
            shown &= {
                row["patient_id"] for row in rows["visit"] if row["score"] >= self.least_score
            }
        return {
            entity: [row for row in found if row["patient_id"] in shown]
            for entity, found in rows.items()
        }

    def taken_out(self, withdrawn: Withdrawn) -> set[str]:
        return self.base.taken_out(withdrawn)


@dataclass(frozen=True)
class Chosen(Seen):
    """The people of a version who are in a cohort."""


@dataclass(frozen=True)
class NotChosen(Chosen):
    """The people of a version who are not in a cohort."""

    def read(self, withdrawn: Withdrawn) -> Rows:
        rows = self.base.read(withdrawn)
        chosen = {row["patient_id"] for row in super().read(withdrawn)["patient"]}
        return {
            entity: [row for row in found if row["patient_id"] not in chosen]
            for entity, found in rows.items()
        }


@dataclass(frozen=True)
class Asked:
    """What a dashboard asks about: a version or the people of a cohort."""

    base: "Version"

    def read(self, withdrawn: Withdrawn) -> Rows:
        return self.base.read(withdrawn)

    def taken_out(self, withdrawn: Withdrawn) -> set[str]:
        return self.base.taken_out(withdrawn)


@dataclass(frozen=True)
class Merged:
    """The people of a source beside those of a target, under names that begin with `b_`."""

    source: "Version"
    target: "Version"

    def read(self, withdrawn: Withdrawn) -> Rows:
        gone = self.target.taken_out(withdrawn)
        beside = {
            f"b_{entity}": [row for row in rows if row["patient_id"] not in gone]
            for entity, rows in self.source.read(withdrawn).items()
        }
        return {**self.target.read(withdrawn), **beside}

    def taken_out(self, withdrawn: Withdrawn) -> set[str]:
        return self.target.taken_out(withdrawn)


@dataclass(frozen=True)
class Extended:
    """A version with one more field of its patients."""

    base: "Version"
    name: str
    values: Mapping[str, int]

    def read(self, withdrawn: Withdrawn) -> Rows:
        rows = self.base.read(withdrawn)
        patients = [
            {**row, self.name: self.values.get(row["patient_id"])} for row in rows["patient"]
        ]
        return {**rows, "patient": patients}

    def taken_out(self, withdrawn: Withdrawn) -> set[str]:
        return self.base.taken_out(withdrawn)


Version = Loaded | Seen | Merged | Extended | Asked


def hides(version: Version) -> bool:
    """Return whether a version is a view, or based on one."""
    if isinstance(version, Merged):
        return hides(version.source) or hides(version.target)
    return isinstance(version, Seen) or (isinstance(version, Extended) and hides(version.base))


def moved(version: Version, before: Sequence[Version], after: Version) -> Version:
    """Return a version whose parents of one name are another one; what extended it stays."""
    if isinstance(version, Extended):
        return replace(version, base=moved(version.base, before, after))
    if isinstance(version, Seen):
        return replace(version, base=after)
    assert isinstance(version, Merged), "what was loaded is based on nothing"
    if any(version.source is each for each in before):
        version = replace(version, source=after)
    if any(version.target is each for each in before):
        version = replace(version, target=after)
    return version


def merges_in(version: Version) -> Iterator[Merged]:
    """Yield the merges that a version is made of."""
    if isinstance(version, Merged):
        yield version
        yield from (*merges_in(version.source), *merges_in(version.target))
    elif isinstance(version, Seen | Extended):
        yield from merges_in(version.base)


def owner_of(version: Version) -> str:
    """Return the dataset into which the people of a version were loaded."""
    if isinstance(version, Merged):
        return owner_of(version.target)
    return version.dataset if isinstance(version, Loaded) else owner_of(version.base)


def with_visits(version: Version, changed: Mapping[int, Row], gone: set[int]) -> Version:
    """Return a loaded version, extended or not, with other visits."""
    if isinstance(version, Extended):
        return replace(version, base=with_visits(version.base, changed, gone))
    assert isinstance(version, Loaded), "rows are changed where they were loaded"
    visits = {row["visit_id"]: row for row in version.rows["visit"]} | dict(changed)
    kept = [row for number, row in visits.items() if number not in gone]
    return replace(version, rows={**version.rows, "visit": kept})


@dataclass
class Entry:
    """A published version: what it reads as, the versions that it was made of, how it ended."""

    version: Version
    parents: tuple[str, ...] = ()
    is_retired: bool = False


@dataclass
class Ledger:
    """Everything that was published."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    withdrawn: dict[str, set[str]] = field(default_factory=dict)

    def publish(self, name: str, version: Version, parents: tuple[str, ...] = ()) -> str:
        """Add the next version of a name and return its reference."""
        self.entries.setdefault(name, []).append(Entry(version, parents))
        return f"{name}@{len(self.entries[name])}"

    def entry(self, reference: str) -> Entry:
        """Return the entry of `name@version`."""
        name, _, number = reference.partition("@")
        return self.entries[name][int(number) - 1]

    def unretired(self) -> list[str]:
        """Return every version that is not retired, as `name@version`."""
        return [
            f"{name}@{number}"
            for name, entries in self.entries.items()
            for number, entry in enumerate(entries, start=1)
            if not entry.is_retired
        ]

    def newest(self, name: str) -> str | None:
        """Return the newest version of a name that is not retired."""
        found = [each for each in self.unretired() if each.partition("@")[0] == name]
        return found[-1] if found else None

    def is_made_of(self, reference: str, name: str) -> bool:
        """Return whether a version of a name is among what a version is made of, or is it."""
        parents = self.entry(reference).parents
        is_name = reference.partition("@")[0] == name
        return is_name or any(self.is_made_of(each, name) for each in parents)

    def withdraw(self, name: str, who: str) -> None:
        """Take somebody out of a dataset, and of all that versions link with them."""
        merges = [
            each
            for reference in self.unretired()
            if not isinstance(self.entry(reference).version, Chosen)
            for each in merges_in(self.entry(reference).version)
            if all(_shows(side, who, self.withdrawn) for side in (each.source, each.target))
        ]
        found = {name}
        # A chain of links is as long as there are merges.
        for _ in merges:
            for each in merges:
                ends = {owner_of(each.source), owner_of(each.target)}
                found |= ends if ends & found else set()
        for dataset in found:
            self.withdrawn.setdefault(dataset, set()).add(who)

    def read(self, reference: str) -> Rows:
        """Return what a version must read as now."""
        return self.entry(reference).version.read(self.withdrawn)


def _shows(version: Version, who: str, withdrawn: Withdrawn) -> bool:
    return any(row["patient_id"] == who for row in version.read(withdrawn)["patient"])
