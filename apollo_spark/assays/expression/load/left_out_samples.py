"""Samples of a source that are left out: no task reads them into tiles, no count includes them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.plan.plan import ExpressionPlanning
from apollo_spark.assays.expression.plan.rows import Placement
from apollo_spark.assays.expression.plan.source import MakeTarget, PlannedSource, own_places
from apollo_spark.assays.expression.sources.ids.lookalikes import look_like
from apollo_spark.assays.expression.tasks.tiles.spec import (
    LEFT_OUT,
    ExpressionTask,
    LongParseTask,
    MatrixTask,
    SampleRowsTask,
    Samples,
)
from apollo_spark.ingest.withdrawn_rows import keys_of
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord


def planning_without(planning: ExpressionPlanning, left_out: Collection[str]) -> ExpressionPlanning:
    """Return a planning whose source has none of some samples."""
    if planning.source is None or not left_out:
        return planning
    source = without_samples(planning.source, left_out)
    plan = None if planning.plan is None else replace(planning.plan, source=source)
    return replace(planning, source=source, plan=plan)


def like_withdrawn(planning: ExpressionPlanning, gone: Iterable[str]) -> frozenset[str]:
    """Return the samples of a planning that are withdrawn ones, or look like one."""
    given = planning.source.samples.ids if planning.source is not None else ()
    ids = pa.array(given, pa.string())
    return frozenset(look_like(ids, pa.array(gone, pa.string())).to_pylist())


def describe_left_out(count: int) -> tuple[str, ...]:
    """Say how many samples were left out, and nothing else of them."""
    return (f"{count:,} {'sample' if count == 1 else 'samples'} withdrawn, left out",) * bool(count)


def without_withdrawn_samples(
    planning: ExpressionPlanning, gone: pa.Array, *, keeps_places: bool
) -> ExpressionPlanning:
    """Return a load without the samples that are withdrawn, or look like one that is.

    Args:
        planning: The load.
        gone: Ids of samples that are withdrawn.
        keeps_places: Whether something stays of the version before, where every sample has its
            place: values of those that are withdrawn are stored then, and shown to nobody.
    """
    found = like_withdrawn(planning, gone.to_pylist())
    hidden = found & frozenset(gone.to_pylist()) if keeps_places else frozenset()
    left = planning_without(planning, found - hidden)
    notes = (*planning.notes, *describe_left_out(len(found)))
    return replace(left, notes=notes, left_out=len(found), hidden=hidden)


def withdrawn_samples(lake: Lake, record: DatasetRecord, entity: str) -> frozenset[str]:
    """Return the ids that are withdrawn from the entity of samples of a dataset."""
    entry = record.find_entity(entity)
    if entry is None:
        return frozenset()
    location = record.pin_of(entry.slices[0].table).location
    return frozenset(keys_of(lake, location).to_pylist())


def without_samples(source: PlannedSource, left_out: Collection[str]) -> PlannedSource:
    """Return a source that has none of some samples."""
    kept = np.array([each not in left_out for each in source.samples.ids], bool)
    if kept.all():
        return source
    return replace(source, samples=_numbered(source.samples, kept), make_tasks=_Fewer(source, kept))


def _numbered(samples: Samples, kept: np.ndarray) -> Samples:
    """Return some of the samples, in blocks and positions without gaps."""
    ids = tuple(each for each, is_kept in zip(samples.ids, kept, strict=True) if is_kept)
    _, blocks = np.unique(samples.blocks[kept], return_inverse=True)
    positions = np.zeros(len(ids), np.int32)
    for block in range(int(blocks.max(initial=-1)) + 1):
        places = np.flatnonzero(blocks == block)
        order = np.argsort(samples.positions[kept][places], kind="stable")
        positions[places[order]] = np.arange(len(places), dtype=np.int32)
    return Samples(ids, blocks.astype(np.int32), positions)


@dataclass(frozen=True)
class _Fewer:
    """Makes the tasks of a source for some of its samples."""

    source: PlannedSource
    kept: np.ndarray

    def __call__(
        self, make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        whole = self.source.samples
        placed = placement or own_places(_numbered(whole, self.kept), self.source.features)
        blocks, positions = (np.full(len(whole.ids), LEFT_OUT, np.int32) for _ in range(2))
        blocks[self.kept] = placed.samples.blocks
        positions[self.kept] = placed.samples.positions
        everybody = Placement(Samples(whole.ids, blocks, positions), placed.features)
        tasks = self.source.make_tasks(make_target, everybody)
        return [each for task in tasks if (each := _kept(task)) is not None]


def _kept(task: ExpressionTask) -> ExpressionTask | None:
    """Return a task of the samples that have a place, None where it has none of them."""
    if isinstance(task, LongParseTask):
        return task
    has_place = task.samples.blocks != LEFT_OUT
    if not has_place.any():
        return None
    if isinstance(task, MatrixTask):
        samples = task.samples
        return replace(task, samples=samples.placed(), columns=task.columns[has_place])
    if isinstance(task, SampleRowsTask):
        # A row is a sample: the task leaves rows out itself.
        return task
    return task if has_place.all() else None
