"""Detected, total, mean and variance of each feature or sample of an assay."""

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.query import STATISTICS, statistic_column
from apollo_spark.assays.expression.read.matrix import MatrixResult
from apollo_spark.assays.expression.read.select import OpenAssay
from apollo_spark.assays.expression.tables import statistics_columns
from apollo_spark.assays.expression.tasks.tiles.stats import feature_stats

Axis = Literal["feature", "sample"]


def read_statistics(
    reading: OpenAssay, layer: LayerRecord, of: Axis, *, max_memory: int
) -> pa.Table:
    """Return the id and the statistics of each feature or sample, in the order of the assay.

    They are those that are stored, and no tile is read. Where samples are hidden, those of
    features are counted anew from the samples that are shown.
    """
    names = [statistic_column(each, layer.unit) for each in STATISTICS]
    files = reading.files
    if of == "sample":
        table = files.read_table(files.assay.samples_table, ["sample_id", *names])
        place = pc.index_in(files.sample_ids, value_set=table.column("sample_id").cast(pa.string()))
        table = table.take(place)
    elif reading.shown is None:
        table = files.read_table(files.assay.features_table, ["feature", "feature_id", *names])
        table = table.sort_by("feature").drop_columns("feature")
    else:
        table = _count_anew(reading, layer, max_memory=max_memory)
    return table.select([f"{of}_id", *names]).rename_columns([f"{of}_id", *STATISTICS])


def _count_anew(reading: OpenAssay, layer: LayerRecord, *, max_memory: int) -> pa.Table:
    files = reading.files
    everything = np.arange(len(files.feature_ids)), np.arange(len(files.sample_ids))
    pieces = [
        pa.table({"feature_id": piece.feature_ids, **_statistics(piece, layer)})
        for piece in files.read_by_features(layer, *everything, max_memory=max_memory)
    ]
    return pa.concat_tables(pieces)


def _statistics(piece: MatrixResult, layer: LayerRecord) -> dict[str, pa.Array]:
    return statistics_columns(layer.unit, feature_stats(piece.doubles().T))
