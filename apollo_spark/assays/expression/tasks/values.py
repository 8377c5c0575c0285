"""Write a whole matrix of values that is in memory: hash, statistics and one file of tiles."""

import numpy as np

from apollo_spark.assays.expression.tasks.files.layer import INEXACT
from apollo_spark.assays.expression.tasks.outcome import TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.content import (
    feature_factors,
    hash_values,
    sample_factors,
)
from apollo_spark.assays.expression.tasks.tiles.file import TileMatrix, write_tile_file
from apollo_spark.assays.expression.tasks.tiles.slices import row_slices
from apollo_spark.assays.expression.tasks.tiles.spec import Features, Samples, TileTarget
from apollo_spark.assays.expression.tasks.tiles.stats import feature_stats, sample_stats
from apollo_spark.assays.expression.tasks.tiles.storage import (
    StorageNeed,
    as_floats,
    encode,
    is_inexact,
    is_whole,
    need_of,
)

NOTHING = StorageNeed()


def write_values(
    values: np.ndarray,
    features: Features,
    samples: Samples,
    target: TileTarget,
    outcome: TaskOutcome,
) -> None:
    """Write the tiles of a matrix.

    Args:
        values: (features, samples) as `storage` has values.
        features: Of the rows, none twice.
        samples: Of the columns, in any order.
        target: The layer.
        outcome: Gets the file, the hash and the statistics; or what the values need, if the
            storage is not enough.
    """
    if is_whole(values) and target.storage.kind == "double":
        # No storage holds these beside the fractions of others.
        outcome.count(INEXACT, int(np.count_nonzero(is_inexact(values))))
        values = as_floats(values)
    order = np.lexsort((samples.positions, samples.blocks))
    outcome.add_hash(
        hash_values(values, feature_factors(features.ids), sample_factors(samples.ids))
    )
    outcome.set_stats("features", features.indexes, feature_stats(values))
    outcome.set_stats("samples", np.arange(len(order)), sample_stats(values))
    stored = np.empty(values.shape, target.storage.dtype)
    for rows in row_slices(values):
        stored[rows], is_exact = encode(values[rows][:, order], target.storage)
        if not is_exact:
            outcome.add_need(sum((need_of(values[each]) for each in row_slices(values)), NOTHING))
            break
    if outcome.is_enough:
        tiles = TileMatrix(features.ids, features.indexes, samples.blocks[order], stored)
        outcome.add_part(write_tile_file(target.folder, target.name, tiles, target.storage))
