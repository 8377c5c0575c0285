"""Write the samples of an assay that are shown as an assay of its own, statistics and all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.base import SealedAssay
from apollo_spark.assays.expression.assay import BLOCK_SIZE, ExpressionAssay, LayerRecord
from apollo_spark.assays.expression.query import ANNOTATION
from apollo_spark.assays.expression.read.select import OpenAssay, open_assay
from apollo_spark.assays.expression.tables import (
    LayerStats,
    join_stats,
    samples_table,
    statistics_columns,
    written_files,
)
from apollo_spark.assays.expression.tasks.merging import write_merged
from apollo_spark.assays.expression.tasks.tiles.file import tile_schema
from apollo_spark.assays.expression.tasks.tiles.spec import Samples, TileTarget, UnitRules
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage, StorageKind
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.assay import name_table
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.values.hashing import ContentHash, hash_table

Answer = tuple[Samples, Mapping[str, Any]]


def seal_assay(
    lake: Lake,
    opened: OpenDataset,
    assay: ExpressionAssay,
    publication: Publication,
) -> SealedAssay:
    """Write the samples of an assay that are shown, one block at a time."""
    reading = open_assay(lake.tables, opened, assay)
    samples = _placed(tuple(reading.files.sample_ids.to_pylist()))
    sealing = _Sealing(reading, assay, samples, publication)
    layers = {each.unit: sealing.layer(each) for each in assay.layers}
    stats = {unit: each.stats for unit, each in layers.items()}
    pins = [each.pin for each in layers.values()]
    tables = {
        name_table(assay.name, "samples"): samples_table(
            samples, {unit: each.samples for unit, each in stats.items()}
        ),
        name_table(assay.name, "features"): sealing.features(stats),
    }
    for name, table in tables.items():
        draft = publication.table(name)
        draft.write(table)
        pins.append(draft.pin(content_hash=hash_table(table).hex()))
    return SealedAssay(sealing.record(layers).as_record(), tuple(pins))


@dataclass(frozen=True)
class _SealedLayer:
    record: LayerRecord
    pin: TablePin
    stats: LayerStats


@dataclass(frozen=True)
class _Sealing:
    reading: OpenAssay
    assay: ExpressionAssay
    samples: Samples
    publication: Publication

    def layer(self, layer: LayerRecord) -> _SealedLayer:
        """Write the tiles of one unit."""
        name = name_table(self.assay.name, f"tiles_{layer.unit}")
        draft = self.publication.table(name)
        self.publication.step(f"write {name}")
        storage = self._storage(layer)
        target = TileTarget(draft.folder, storage, UnitRules(), name="part")
        answers = list(self._write(layer, target))
        draft.commit(written_files([each for _, each in answers]), tile_schema(storage))
        content = sum((ContentHash(**each["hash"]) for _, each in answers), ContentHash())
        return _SealedLayer(
            record=layer.model_copy(update={"table": name}),
            pin=draft.pin(content_hash=content.hex()),
            stats=join_stats(
                answers, samples=self.samples, feature_count=len(self.reading.files.feature_ids)
            ),
        )

    def _write(self, layer: LayerRecord, target: TileTarget) -> Iterator[Answer]:
        files = self.reading.files
        features = np.arange(len(files.feature_ids))
        ids = files.ids_of(features)
        for start in range(0, len(self.samples.ids), BLOCK_SIZE):
            places = np.arange(start, min(start + BLOCK_SIZE, len(self.samples.ids)))
            some = Samples(
                self.samples.ids[start : start + BLOCK_SIZE],
                self.samples.blocks[places],
                self.samples.positions[places],
            )
            found = files.read_matrix(
                layer, features, places, max_memory=8 * len(features) * BLOCK_SIZE
            )
            values = found.exact().T
            yield some, write_merged(target, some, features.astype(np.int32), ids, values)

    def _storage(self, layer: LayerRecord) -> LayerStorage:
        kind: StorageKind = layer.storage
        # Whether 32 bits are enough is not in the record; the tiles of the source tell.
        stored = self.reading.files.stored_type(layer)
        return LayerStorage(kind, layer.scale, 32 if stored == pa.int32() else 64)

    def features(self, stats: Mapping[str, LayerStats]) -> pa.Table:
        """Return the table of features, with statistics of the samples that are shown."""
        files = self.reading.files
        known = files.read_table(self.assay.features_table, [*ANNOTATION, "feature"])
        ids = known.column("feature_id").cast(pa.string())
        known = known.filter(pc.is_in(ids, value_set=files.feature_ids)).sort_by("feature")
        columns = {name: known.column(name) for name in known.column_names}
        # Features keep their order; their numbers begin anew.
        columns["feature"] = pa.chunked_array([pa.array(range(known.num_rows), pa.int32())])
        for unit, each in stats.items():
            for name, values in statistics_columns(unit, each.features).items():
                columns[name] = pa.chunked_array([values])
        return pa.table(columns)

    def record(self, layers: Mapping[str, _SealedLayer]) -> ExpressionAssay:
        """Return the assay with its new tables."""
        return self.assay.model_copy(
            update={
                "samples_table": name_table(self.assay.name, "samples"),
                "features_table": name_table(self.assay.name, "features"),
                "layers": tuple(each.record for each in layers.values()),
                "sample_count": len(self.samples.ids),
                "feature_count": len(self.reading.files.feature_ids),
                "block_count": int(self.samples.blocks.max(initial=-1)) + 1,
            }
        )


def _placed(ids: tuple[str, ...]) -> Samples:
    numbers = np.arange(len(ids), dtype=np.int32)
    return Samples(ids, numbers // BLOCK_SIZE, numbers % BLOCK_SIZE)
