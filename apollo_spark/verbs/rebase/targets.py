"""What each record is moved to: the parents that it names, or what takes their place."""

from collections.abc import Iterable, Mapping, Sequence

from apollo_spark.errors import ConflictError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import Change, ViewChange
from apollo_spark.model.cohort import CohortRecord, CohortReference
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.rebase import Move
from apollo_spark.model.record import PublishedRecord
from apollo_spark.operations.cohorts.opening import dataset_of
from apollo_spark.operations.repeated import extended_from
from apollo_spark.records.changes.replay import is_root, parents_of
from apollo_spark.records.showing import hides_details


def root_of(lake: Lake, record: DatasetRecord) -> Change:
    """Return what last made a record's name, up to a version, of other datasets.

    Raises:
        UsageError: It was loaded.
    """
    for found in extended_from(lake, record):
        if found.change is not None and is_root(record.name, found.change):
            return found.change
    raise UsageError(f"{record} was loaded from files: it is made from no other dataset.")


def named_parents(lake: Lake, record: PublishedRecord) -> tuple[str, ...]:
    """Return the versions that a record is made of: those that it may leave for others."""
    if isinstance(record, OverDataset):
        return (record.dataset, *(each.version for each in cohorts_of(record)))
    assert isinstance(record, DatasetRecord), "only these kinds are moved"
    return parents_of(root_of(lake, record))


def cohorts_of(record: PublishedRecord) -> tuple[CohortReference, ...]:
    """Return the cohorts that a cohort is made of, or that a dashboard is about."""
    if isinstance(record, CohortRecord):
        return record.cohorts
    if isinstance(record, DashboardRecord) and record.cohort is not None:
        return (record.cohort,)
    return ()


def with_cohorts_of(lake: Lake, known: Mapping[str, PublishedRecord]) -> dict[str, PublishedRecord]:
    """Return the cohorts that some records are made of and that are not among them, by name."""
    snapshot = lake.registry.snapshot()
    found: dict[str, PublishedRecord] = {}
    waiting = list(known.values())
    while waiting:
        for each in cohorts_of(waiting.pop()):
            name = name_of(each.version)
            if name not in known and name not in found:
                entry = snapshot.find(parse_reference(each.version))
                found[name] = lake.registry.read_record(entry, CohortRecord)
                waiting.append(found[name])
    return found


def name_of(version: str) -> str:
    """Return the name of a version, in small letters."""
    return version.partition("@")[0].casefold()


def parents_first(parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Return names so that each comes after those of its parents that are among them.

    Args:
        parents: The names of the parents by name, all in small letters.
    """
    found: list[str] = []
    for name in parents:
        waiting = [name]
        while waiting:
            missing = [x for x in parents.get(waiting[-1], ()) if x in parents and x not in found]
            # A name that is made of its own older version waits for nobody.
            missing = [each for each in missing if each not in waiting]
            if missing:
                waiting.append(missing[0])
            elif (done := waiting.pop()) not in found:
                found.append(done)
    return found


class UnmovableError(ConflictError):
    """A record cannot go where it is to be moved; others of the same call may."""


class Targets:
    """The datasets that records are moved to.

    Args:
        lake: The lake, with what is planned by the same call.
        onto: The datasets that are named, in order.
        full: Whether a refusal may say of what a view was made.
    """

    def __init__(self, lake: Lake, onto: Iterable[DatasetRecord], *, full: bool) -> None:
        self._lake = lake
        self._named = {each.name.casefold(): each for each in onto}
        self._full = full
        self._moved: dict[str, DatasetRecord] = {}

    def add(self, record: DatasetRecord) -> None:
        """Take in what a moved dataset becomes: what is made of it goes there."""
        self._moved[record.name.casefold()] = record

    def moves_of(self, record: DatasetRecord, change: Change) -> tuple[Move, ...]:
        """Return where the parents of a dataset go; those that stay are not named.

        Raises:
            UsageError: It is made from none of the datasets that are named.
            ConflictError: The one that is named has another main entity.
            UnmovableError: It cannot go to the one that is named instead of its parent.
        """
        parents = parents_of(change)
        found = [
            Move(before=each, after=str(target))
            for each in parents
            if (target := self._by_name(each)) is not None
        ]
        if isinstance(change, ViewChange) and found:
            _require_main_entity(record, record.main_entity, self._by_name(change.base))
        elif isinstance(change, ViewChange):
            base = self._lake.registry.snapshot().find(parse_reference(change.base))
            before = self._lake.registry.read_record(base, DatasetRecord)
            found = [Move(before=change.base, after=str(self._instead_of(record, before)))]
        if not found:
            raise self._not_made_of(record, parents)
        return tuple(found)

    def dataset_for(self, record: OverDataset) -> DatasetRecord:
        """Return the dataset that a cohort or a dashboard is moved to.

        Raises:
            UsageError: Several datasets are named, and it is based on none of them.
            ConflictError: The one that is named has another main entity.
            UnmovableError: It cannot go to the one that is named.
        """
        before = dataset_of(self._lake, record)
        target = self._by_name(record.dataset) or self._instead_of(record, before)
        _require_main_entity(record, record.main_entity, target)
        return target

    def _by_name(self, parent: str) -> DatasetRecord | None:
        name = name_of(parent)
        return self._moved.get(name) or self._named.get(name)

    def _instead_of(self, record: PublishedRecord, parent: DatasetRecord) -> DatasetRecord:
        """Return the one dataset that is named to take the place of a parent."""
        if len(self._named) != 1:
            raise self._not_made_of(record, (str(parent),))
        target = next(iter(self._named.values()))
        if target.name.casefold() == record.name.casefold():
            raise UsageError(f"{record} cannot be moved onto its own name.")
        _require_main_entity(record, parent.main_entity, target)
        if parent.hides and not self._is_made_of(target, parent.name):
            raise UnmovableError(
                f"{record} is made of a view, and {target} is not made of that view.",
                why="Moved there it would show what the view hides.",
                fix=self._move_both(record, parent, target),
            )
        return target

    def _move_both(
        self, record: PublishedRecord, parent: DatasetRecord, target: DatasetRecord
    ) -> str:
        if self._is_secret(record):
            return "Name the view in the same call; --full says which one it is."
        return f"Type: apollo rebase {parent.name} {record.name} --onto {target}."

    def _is_made_of(self, record: DatasetRecord, name: str) -> bool:
        """Whether a version of a name is among what a record is made of, or the record itself."""
        snapshot = self._lake.registry.snapshot()
        waiting, seen = [record], {str(record)}
        while waiting:
            each = waiting.pop()
            if each.name.casefold() == name.casefold():
                return True
            new = [x for x in each.lineage.parents if x not in seen]
            seen.update(new)
            entries = [snapshot.find(parse_reference(x)) for x in new]
            waiting += self._lake.registry.read_all(entries, DatasetRecord)
        return False

    def _is_secret(self, record: PublishedRecord) -> bool:
        """Whether it is not said what a record is made of: of views only."""
        is_view = isinstance(record, DatasetRecord)
        return is_view and hides_details(record, full=self._full)

    def _not_made_of(self, record: PublishedRecord, parents: Sequence[str]) -> UsageError:
        named = ", ".join(str(each) for each in self._named.values())
        return UsageError(
            f"{record} is not made from {named}.",
            why="" if self._is_secret(record) else f"It was made of {', '.join(parents)}.",
        )


def _require_main_entity(record: PublishedRecord, main: str, target: DatasetRecord | None) -> None:
    if target is not None and target.main_entity != main:
        raise ConflictError(
            f"{record} cannot be moved to {target}.",
            why=f"Its main entity is {main!r}, and that of {target} is {target.main_entity!r}.",
        )
