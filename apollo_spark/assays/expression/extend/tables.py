"""The small tables of an assay after samples were added to it."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.extend.places import AddedPlaces, ExtendedAssay
from apollo_spark.assays.expression.tables import (
    LayerStats,
    samples_table,
    statistics_columns,
    statistics_in,
)
from apollo_spark.assays.expression.tasks.tiles.stats import AxisStats


def extended_features(
    extended: ExtendedAssay, places: AddedPlaces, layers: Mapping[str, LayerStats]
) -> pa.Table:
    """Return the table of features with the statistics of old and new samples together.

    Features that are new have no annotation.
    """
    old, count = extended.features, len(places.feature_ids)
    added = count - len(old)
    columns = {
        field.name: pa.chunked_array([*old[field.name].chunks, pa.nulls(added, field.type)])
        for field in old.schema
    }
    columns["feature_id"] = places.feature_ids
    columns["feature"] = pa.array(np.arange(count, dtype=np.int32))
    for unit, stats in layers.items():
        total = AxisStats.empty(count)
        total.put(np.arange(len(old)), statistics_in(unit, old))
        columns |= statistics_columns(unit, total.merge(stats.features))
    return pa.table(columns, schema=old.schema)


def new_samples(
    extended: ExtendedAssay,
    places: AddedPlaces,
    layers: Mapping[str, LayerStats],
    schema: pa.Schema,
) -> pa.Table:
    """Return the rows of the new samples, in the columns that the table of samples has."""
    statistics = {unit: each.samples for unit, each in layers.items()}
    table = samples_table(places.placed_samples, statistics, first=extended.next_sample)
    return table.select(schema.names).cast(schema)


def bare_rows(schema: pa.Schema, key: str, ids: pa.Array) -> pa.Table:
    """Return rows of an entity of which nothing but the key is known."""
    columns = [ids if each.name == key else pa.nulls(len(ids), each.type) for each in schema]
    return pa.table(columns, schema=schema)
