"""The small tables of an assay: its samples and features, with their statistics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.query import statistic_column
from apollo_spark.assays.expression.sources.annotation.annotate import Annotated
from apollo_spark.assays.expression.sources.annotation.annotation import SCHEMA as ANNOTATION_SCHEMA
from apollo_spark.assays.expression.tasks.tiles.spec import Samples
from apollo_spark.assays.expression.tasks.tiles.stats import AxisStats, load_stats, unpack
from apollo_spark.workers.files.parquet import WrittenFile


@dataclass(frozen=True)
class LayerStats:
    """Statistics of one layer, by feature index and by sample in the order of the load."""

    features: AxisStats
    samples: AxisStats


def samples_in(table: pa.Table) -> Samples:
    """Return the samples of an assay and where they are, of rows of its table of samples."""
    return Samples(
        ids=tuple(table["sample_id"].to_pylist()),
        blocks=table["block"].to_numpy(),
        positions=table["position"].to_numpy(),
    )


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


def samples_table(samples: Samples, layers: Mapping[str, AxisStats], *, first: int = 0) -> pa.Table:
    """Return the table that says where each sample is, with its statistics.

    Args:
        samples: The samples.
        layers: Their statistics by unit.
        first: The number of the first one: samples keep the order in which they came, wherever
            their values are moved to.
    """
    columns: dict[str, pa.Array] = {
        "sample_id": pa.array(samples.ids, pa.string()),
        "sample": pa.array(np.arange(first, first + len(samples.ids), dtype=np.int32)),
        "block": pa.array(samples.blocks, pa.int32()),
        "position": pa.array(samples.positions, pa.int32()),
    }
    for unit, stats in layers.items():
        columns |= statistics_columns(unit, stats)
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
        columns |= statistics_columns(unit, stats)
    return pa.table(columns)


def statistics_columns(unit: str, stats: AxisStats) -> dict[str, pa.Array]:
    """Return the columns of the statistics of a layer: see `statistics_in`."""
    measured = stats.count > 0
    return {
        statistic_column("measured", unit): pa.array(stats.count, pa.int64()),
        statistic_column("detected", unit): pa.array(stats.detected, pa.int64()),
        statistic_column("total", unit): pa.array(stats.total, pa.float64()),
        statistic_column("mean", unit): pa.array(stats.mean, mask=~measured),
        statistic_column("variance", unit): pa.array(stats.variance(), mask=stats.count < 2),
    }


def statistics_in(unit: str, table: pa.Table) -> AxisStats:
    """Read what `statistics_columns` gave, so that more values can be merged into it."""
    count, detected, total, mean, variance = (
        table[statistic_column(each, unit)].to_numpy()
        for each in ("measured", "detected", "total", "mean", "variance")
    )
    # An unknown variance is that of one value or none, whose distances from their mean are zero.
    return AxisStats(
        count=count,
        detected=detected,
        total=total,
        mean=np.where(count > 0, mean, 0.0),
        m2=np.where(count > 1, variance * np.maximum(count - 1, 0), 0.0),
    )


def written_files(results: Sequence[Mapping[str, Any]]) -> list[WrittenFile]:
    """Return the tile files that tasks wrote."""
    return [WrittenFile(**part) for result in results for part in result["parts"]]
