"""Write the tiles of a load: by itself, or as one more layer of an assay that is there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.load.tiles import TileWriting, WrittenTiles, samples_of
from apollo_spark.assays.expression.plan.formats import unit_rules
from apollo_spark.assays.expression.plan.rows import Placement, iterate_blocks, take_samples
from apollo_spark.assays.expression.plan.source import MakeTarget, PlannedSource
from apollo_spark.assays.expression.tables import written_files
from apollo_spark.assays.expression.tasks.retile import RetileTask, run_retile
from apollo_spark.assays.expression.tasks.tiles.spec import (
    ExpressionTask,
    Features,
    Samples,
    TileTarget,
)
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage
from apollo_spark.lake.tables.draft import TableDraft


class AssayPlaces(Protocol):
    """Where the samples and features of a source are, or will be, in an assay."""

    @property
    def layers(self) -> Sequence[LayerRecord]:
        """The other units that hold the same samples at the same places."""
        ...

    @property
    def placed_samples(self) -> Samples:
        """The samples with their places."""
        ...

    @property
    def feature_ids(self) -> pa.Array:
        """All features of the assay, by index."""
        ...


def write_layer(
    writing: TileWriting, draft: TableDraft, guess: LayerStorage, assay: AssayPlaces | None
) -> tuple[TileWriting, WrittenTiles]:
    """Write the tiles of one unit.

    Args:
        writing: The source as it was planned for itself.
        draft: The table of the tiles.
        guess: The storage that is tried first.
        assay: What stays of the version before. Where other units do, the samples go to the
            blocks where theirs are.

    Returns:
        The tiles, and the writing with the samples and features of the assay.
    """
    if assay is None or not assay.layers:
        return writing, writing.write(draft.folder, guess)
    placed = replace(writing, source=place_source(writing.source, assay))
    probe = placed.source.make_tasks(_target_of(writing, draft.folder, guess))
    if holds_whole_blocks(probe, assay.placed_samples):
        return placed, placed.write(draft.folder, guess)
    # A task has some samples of a block only: tiles are written as they come, and then moved.
    own = replace(writing, source=place_source(writing.source, assay, keeps_places=False))
    return placed, _move(own, own.write(draft.folder, guess), draft, assay)


def _target_of(writing: TileWriting, folder: str, storage: LayerStorage) -> MakeTarget:
    rules = unit_rules(writing.unit)
    return lambda name: TileTarget(folder, storage, rules, writing.missing, name)


def _move(
    own: TileWriting, written: WrittenTiles, draft: TableDraft, assay: AssayPlaces
) -> WrittenTiles:
    """Write tiles again with each sample in its block, and remove those that were written."""
    files = written_files(written.results)
    make_target = _target_of(own, draft.folder, written.storage)
    tasks = make_retile_tasks(draft.paths(files), own.source, assay, make_target)
    answers = own.runner.run(run_retile, tasks)
    draft.discard(files)
    emptied = [(samples, {**each, "parts": []}) for samples, each in written.answers]
    moved = [(task.samples, each) for task, each in zip(tasks, answers, strict=True)]
    return replace(written, answers=[*emptied, *moved])


def place_source(
    source: PlannedSource, assay: AssayPlaces, *, keeps_places: bool = True
) -> PlannedSource:
    """Return a source whose tasks write for the features and samples of the assay that is there.

    Args:
        source: As it was planned for itself.
        assay: Has the same samples and features.
        keeps_places: Whether samples are written to the blocks where they are, or to those that
            the source has by itself.
    """
    samples, ids = source.samples, assay.feature_ids
    if keeps_places:
        known = assay.placed_samples
        at = pc.index_in(pa.array(samples.ids), pa.array(known.ids)).to_numpy()
        samples = Samples(samples.ids, known.blocks[at], known.positions[at])
    features = pc.index_in(source.features.ids, ids.cast(source.features.ids.type))
    chosen = Placement(samples, features.to_numpy().astype(np.int32))

    def make_tasks(
        make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        return source.make_tasks(make_target, placement or chosen)

    return replace(
        source,
        samples=samples,
        features=replace(source.features, ids=ids),
        make_tasks=make_tasks,
    )


def holds_whole_blocks(tasks: Sequence[ExpressionTask], samples: Samples) -> bool:
    """Return whether every task has all samples of each block that it writes."""
    sizes = np.bincount(samples.blocks)
    chosen = {id(each): each for each in map(samples_of, tasks)}
    owned = [np.bincount(each.blocks, minlength=len(sizes)) for each in chosen.values()]
    return all(((own == 0) | (own == sizes)).all() for own in owned)


def make_retile_tasks(
    paths: Sequence[str], source: PlannedSource, assay: AssayPlaces, make_target: MakeTarget
) -> list[RetileTask]:
    """Return tasks that move samples from the blocks of a source to those where they are."""
    known = assay.placed_samples
    at = pc.index_in(pa.array(known.ids), pa.array(source.samples.ids)).to_numpy()
    ids = tuple(assay.feature_ids.to_pylist())
    return [
        RetileTask(
            paths=tuple(paths),
            samples=take_samples(known, places),
            blocks=source.samples.blocks[at[places]],
            positions=source.samples.positions[at[places]],
            features=Features(ids, np.arange(len(ids), dtype=np.int32)),
            target=make_target(f"part-{block:05d}"),
        )
        for block, places in iterate_blocks(known)
    ]
