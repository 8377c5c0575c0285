"""Count what a dataset shows of its entities and assays, under a limit of time."""

import time
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import BrokenPinError, TimeIsUpError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.query.assay_scope import shown_samples
from apollo_spark.query.sql import derived

SECONDS = 5.0
"""What counting all entities and assays together may take."""


@dataclass(frozen=True)
class ShownCounts:
    """How many rows and samples are shown; what is not among them was not counted."""

    rows: dict[str, int] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)


def count_shown(lake: Lake, record: DatasetRecord, *, seconds: float = SECONDS) -> ShownCounts:
    """Count the rows of each entity and the samples of each assay that a record shows.

    What takes too long, or cannot be read, is not counted: a description does not fail for it.
    """
    opened = lake.open_record(record)
    counting = _Counting(lake, opened, time.monotonic() + seconds)
    found = ShownCounts()
    for entity in opened.dictionary.entities:
        counting.count(found.rows, entity.name, _rows(opened, entity.name))
    for assay in opened.record.assays:
        tree = _samples(opened, assay)
        if tree is None:
            found.samples[assay.name] = assay.sample_count
        else:
            counting.count(found.samples, assay.name, tree)
    return found


def count_rows(lake: Lake, opened: OpenDataset, entity: str) -> int:
    """Return how many rows of an entity are shown.

    Raises:
        BrokenPinError: A pinned table cannot be read.
    """
    return _ask(EmbeddedEngine(lake.tables), opened, _rows(opened, entity))


def count_samples(lake: Lake, opened: OpenDataset, assay: AssayRecord) -> int:
    """Return how many samples of an assay are shown.

    Raises:
        BrokenPinError: A pinned table cannot be read.
    """
    tree = _samples(opened, assay)
    if tree is None:
        return assay.sample_count
    return _ask(EmbeddedEngine(lake.tables), opened, tree)


def with_counts(shown: dict[str, Any], counts: ShownCounts) -> dict[str, Any]:
    """Return a description with counts where it has none, and the names of what has none still."""
    entities = {
        name: {**each, "rows": _first(each["rows"], counts.rows.get(name))}
        for name, each in shown["entities"].items()
    }
    assays = [
        {**each, "samples": _first(each["samples"], counts.samples.get(each["name"]))}
        for each in shown["assays"]
    ]
    missing = [name for name, each in entities.items() if each["rows"] is None]
    missing += [each["name"] for each in assays if each["samples"] is None]
    return {**shown, "entities": entities, "assays": assays, "not_counted": missing}


@dataclass(frozen=True)
class _Counting:
    lake: Lake
    opened: OpenDataset
    until: float

    def count(self, found: dict[str, int], name: str, tree: exp.Select) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            return
        engine = EmbeddedEngine(self.lake.tables, seconds=left)
        try:
            found[name] = _ask(engine, self.opened, tree)
        except (TimeIsUpError, BrokenPinError):
            return


def _ask(engine: EmbeddedEngine, opened: OpenDataset, tree: exp.Select) -> int:
    return int(engine.run(tree, opened.pins).read_all().column(0)[0].as_py())


def _samples(opened: OpenDataset, assay: AssayRecord) -> exp.Select | None:
    """Return how the samples are counted that are shown; None where all are."""
    whole = shown_samples(opened.scope, assay)
    return None if whole is None else _count(derived(whole, "shown"))


def _rows(opened: OpenDataset, name: str) -> exp.Select:
    entity = opened.dictionary.find_entity(name)
    assert entity is not None, "it is one of the dataset's"
    fields = [entity.primary_key or entity.fields[0].name]
    return _count(opened.scope.source(name, fields))


def _count(source: exp.Table | exp.Subquery) -> exp.Select:
    return exp.select(exp.Count(this=exp.Star())).from_(source, copy=False)


def _first(known: int | None, counted: int | None) -> int | None:
    return counted if known is None else known
