"""Cohorts open for reading: who is in them is found in what their dataset shows now."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.pin import TablePin
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.query.cohorts.members import KEY, Members, main_key
from apollo_spark.query.sql import ascending, column, derived, labelled

_PEOPLE = "people"


@dataclass(frozen=True)
class People:
    """Some people of an open dataset: of a cohort, or by a filter.

    Attributes:
        dataset: The dataset as it is shown now, with everybody.
        members: Who is meant.
        lists: The tables of ids that it asks for, by the names that `members` uses.
        notes: What a person should know of the filter.
        names: The versions of the cohorts of `members`, where they have any.
    """

    dataset: OpenDataset
    members: Members
    lists: Mapping[str, TablePin]
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @cached_property
    def only(self) -> OpenDataset:
        """The dataset with these people alone."""
        return self.dataset.only(self.members, self.lists, self.cohorts)

    @property
    def cohorts(self) -> tuple[str, ...]:
        """The versions of the cohorts that they are of."""
        return tuple(filter(None, self.names))

    @property
    def pins(self) -> Mapping[str, TablePin]:
        """The pins of the dataset, and the lists of ids."""
        return {**self.dataset.pins, **self.lists}

    def count(self, engine: Engine) -> int:
        """Count them."""
        keys = derived(self.members.keys(self.dataset.scope), _PEOPLE)
        tree = exp.select(exp.Count(this=exp.Star())).from_(keys, copy=False)
        found = engine.run(tree, self.pins).read_all()
        return int(found.column(0)[0].as_py())

    def keys(self, engine: Engine) -> pa.RecordBatchReader:
        """Return their keys in a column `key`, in ascending order."""
        keys = derived(self.members.keys(self.dataset.scope), _PEOPLE)
        key = column(_PEOPLE, KEY)
        tree = exp.select(labelled(key, KEY)).from_(keys, copy=False)
        return engine.run(tree.order_by(ascending(key.copy()), copy=False), self.pins)


def open_cohort(lake: Lake, record: CohortRecord) -> People:
    """Open a cohort.

    Raises:
        BrokenPinError: A record or a part is not as it was published.
    """
    program = Program(lake)
    program.add(record)
    opened = lake.open_record(dataset_of(lake, record))
    members = Members(tuple(program.steps))
    return People(opened, members, program.lists, names=tuple(program.names))


def dataset_of(lake: Lake, record: OverDataset) -> DatasetRecord:
    """Return the version of the dataset that a record is based on, also where it is retired.

    Raises:
        BrokenPinError: The record is not as it was published.
    """
    entry = lake.registry.snapshot().find(parse_reference(record.dataset))
    if entry.id != record.dataset_id:
        raise BrokenPinError(f"{record.dataset} is not the version that {record} is based on.")
    return lake.registry.read_record(entry, DatasetRecord)


def count_people(opened: OpenDataset, engine: Engine) -> int:
    """Count everybody whom a dataset shows."""
    key, _ = main_key(opened.scope)
    source = opened.scope.source(opened.dictionary.main_entity, [key])
    tree = exp.select(exp.Count(this=exp.Star())).from_(source, copy=False)
    return int(engine.run(tree, opened.pins).read_all().column(0)[0].as_py())


def count_people_about(
    lake: Lake, opened: OpenDataset, cohort: CohortRecord | None, engine: Engine
) -> int:
    """Count those whom a dashboard is about: a cohort, or everybody whom its dataset shows."""
    if cohort is not None:
        return open_cohort(lake, cohort).count(engine)
    return count_people(opened, engine)


def load_cohort(lake: Lake, name: str) -> CohortRecord:
    """Return the record of a cohort.

    Raises:
        NotFoundError: There is none, or it is of another kind.
        UsageError: The text names no version.
    """
    return lake.load(parse_reference(name), CohortRecord)
