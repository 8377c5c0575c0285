"""The small tables of an assay: its samples and features, with their statistics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.query.expression import statistic_column
from apollo_spark.sources.expression.annotate import Annotated
from apollo_spark.sources.expression.annotation import SCHEMA as ANNOTATION_SCHEMA
from apollo_spark.workers.expression.spec import Samples
from apollo_spark.workers.expression.stats import AxisStats, load_stats, unpack
from apollo_spark.workers.parquet import WrittenFile
from apollo_spark.workers.stats import delta_stats


@dataclass(frozen=True)
class LayerStats:
    """Statistics of one layer, by feature index and by sample in the order of the load."""

    features: AxisStats
    samples: AxisStats


def join_stats(
    answers: Iterable[tuple[Samples, Mapping[str, Any]]], *, samples: Samples, feature_count: int
) -> LayerStats:
    """Merge what tasks counted, each for some of the samples."""
    total = LayerStats(AxisStats.empty(feature_count), AxisStats.empty(len(samples.ids)))
    place = {name: number for number, name in enumerate(samples.ids)}
    for some, answer in answers:
        if "features" in answer:
            total.features.put(_places(answer["features"]), load_stats(answer["features"]))
            own = np.array([place[each] for each in some.ids], np.int64)
            total.samples.put(own[_places(answer["samples"])], load_stats(answer["samples"]))
    return total


def _places(stats: Mapping[str, str]) -> np.ndarray:
    return unpack(stats["places"], "<i4")


def samples_table(samples: Samples, layers: Mapping[str, AxisStats]) -> pa.Table:
    """Return the table that says where each sample stands, with its statistics."""
    columns: dict[str, pa.Array] = {
        "sample_id": pa.array(samples.ids, pa.string()),
        "block": pa.array(samples.blocks, pa.int32()),
        "position": pa.array(samples.positions, pa.int32()),
    }
    for unit, stats in layers.items():
        columns |= _statistics(unit, stats)
    return pa.table(columns)


def features_table(
    ids: pa.Array, annotated: Annotated | None, layers: Mapping[str, AxisStats]
) -> pa.Table:
    """Return the table of features: index, annotation (empty without one), statistics."""
    columns: dict[str, Any] = {
        "feature_id": ids,
        "feature": pa.array(np.arange(len(ids), dtype=np.int32)),
    }
    for field in ANNOTATION_SCHEMA:
        if field.name != "feature_id":
            known = annotated.table[field.name] if annotated else pa.nulls(len(ids), field.type)
            columns[field.name] = known
    for unit, stats in layers.items():
        columns |= _statistics(unit, stats)
    return pa.table(columns)


def _statistics(unit: str, stats: AxisStats) -> dict[str, pa.Array]:
    measured = stats.count > 0
    return {
        statistic_column("detected", unit): pa.array(stats.detected, pa.int64()),
        statistic_column("total", unit): pa.array(stats.total, pa.float64()),
        statistic_column("mean", unit): pa.array(stats.mean, mask=~measured),
        statistic_column("variance", unit): pa.array(stats.variance(), mask=stats.count < 2),
    }


def write_small_table(folder: Path, table: pa.Table) -> WrittenFile:
    """Write a table that fits into memory as one file, as the Delta log names it."""
    name = f"part-00000-{uuid4()}.parquet"
    collected: list[pq.FileMetaData] = []
    with pq.ParquetWriter(
        folder / name,
        table.schema,
        compression="zstd",
        store_schema=False,
        metadata_collector=collected,
    ) as writer:
        writer.write_table(table)
    written = collected[0]
    return WrittenFile(
        path=name,
        size=(folder / name).stat().st_size,
        rows=written.num_rows,
        stats=delta_stats(table.schema, written),
    )


def written_files(results: Sequence[Mapping[str, Any]]) -> list[WrittenFile]:
    """Return the tile files that tasks wrote."""
    return [WrittenFile(**part) for result in results for part in result["parts"]]
