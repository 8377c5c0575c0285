"""The tiles of samples that are added to a layer, and the old ones where its storage widens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.extend.places import AddedPlaces, ExtendedAssay
from apollo_spark.assays.expression.load.layers import write_layer
from apollo_spark.assays.expression.load.tiles import MOST_TRIES, TileWriting, WrittenTiles
from apollo_spark.assays.expression.plan.faults import has_faults
from apollo_spark.assays.expression.plan.formats import unit_rules
from apollo_spark.assays.expression.plan.rows import iterate_blocks, take_samples
from apollo_spark.assays.expression.tables import samples_in
from apollo_spark.assays.expression.tasks.retile import RetileTask, run_retile
from apollo_spark.assays.expression.tasks.tiles.spec import Features, TileTarget
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage, StorageNeed, widen
from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.errors import CheckFailedError
from apollo_spark.lake.tables.draft import TableDraft


@dataclass(frozen=True)
class ExtendedLayer:
    """A layer after samples were added.

    Attributes:
        layer: The layer, with the storage that it has now.
        writing: How the new samples were written.
        written: Their tiles.
        rewritten: The tiles of all old samples, where the storage was too narrow for the new
            values; else None, and what is there is not touched.
    """

    layer: LayerRecord
    writing: TileWriting
    written: WrittenTiles
    rewritten: Sequence[Mapping[str, Any]] | None = None

    @property
    def has_faults(self) -> bool:
        """Whether values are wrong."""
        return has_faults(self.written.results)


@dataclass(frozen=True)
class LayerExtension:
    """What is needed to add samples to a layer.

    Attributes:
        extended: The assay as it is.
        places: Where the new samples go.
        layer: The layer.
        draft: The table of its tiles.
        paths: The files of its tiles.
    """

    extended: ExtendedAssay
    places: AddedPlaces
    layer: LayerRecord
    draft: TableDraft
    paths: tuple[str, ...]

    def write(self, writing: TileWriting, *, may_rewrite: bool = True) -> ExtendedLayer:
        """Write the new tiles as the layer is stored; where that loses anything, widen it.

        Args:
            writing: Reads and writes the new samples.
            may_rewrite: Whether old tiles are written where needed; a dry run says only so.
        """
        stored = self.extended.storages[self.layer.unit]
        storage, rewritten = stored, None
        for _ in range(MOST_TRIES):
            placed, written = write_layer(writing, self.draft, storage, self.places)
            storage = written.storage
            if storage == stored or has_faults(written.results) or not may_rewrite:
                break
            rewritten = self._rewrite(writing.runner, storage)
            needs = [StorageNeed(**each["need"]) for each in rewritten if not each["is_enough"]]
            if not needs:
                break
            storage = widen(storage, needs)
        else:
            raise CheckFailedError(
                f"The layer {self.layer.unit} has whole numbers of more than 15 digits, and the "
                "new values have fractions.",
                why="Nothing holds both to the last digit.",
                fix="Load the samples as an assay of their own.",
            )
        layer = self.layer.model_copy(update={"storage": storage.kind, "scale": storage.scale})
        return ExtendedLayer(layer, placed, written, rewritten)

    def _rewrite(self, runner: TaskRunner, storage: LayerStorage) -> list[dict[str, Any]]:
        """Write all stored tiles with another storage, a block a task."""
        kept = samples_in(self.extended.samples)
        ids = tuple(self.extended.feature_ids.to_pylist())
        features = Features(ids, np.arange(len(ids), dtype=np.int32))
        rules = unit_rules(self.layer.unit)
        tasks = [
            RetileTask(
                paths=self.paths,
                samples=take_samples(kept, places),
                blocks=kept.blocks[places],
                positions=kept.positions[places],
                features=features,
                target=TileTarget(self.draft.folder, storage, rules, name=f"wider-{block:05d}"),
                stored=self.extended.storages[self.layer.unit],
            )
            for block, places in iterate_blocks(kept)
        ]
        return runner.run(run_retile, tasks)
