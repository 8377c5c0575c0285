"""Tile files that Spark writes, where tasks cannot: object stores and catalogs.

Tasks give tiles as rows, in the order of blocks and features, and Spark writes each task's rows as
one file of the same columns, row groups and encodings into a staging folder. Its own commit lets
only files of successful attempts appear there; they are named anew and moved beside the others.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from apollo_spark.assays.expression.tasks.retile import run_retile
from apollo_spark.assays.expression.tasks.tiles.file import (
    GROUP_TILES,
    LEVEL,
    VALUES,
    tile_schema,
)
from apollo_spark.assays.expression.tasks.tiles.rows import TileRowsTask
from apollo_spark.assays.expression.tasks.tiles.spec import TileTarget
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage
from apollo_spark.assays.expression.tasks.write import run_expression_task
from apollo_spark.engines.tasks import Item, OnProgress, SparkTaskRunner, no_progress
from apollo_spark.lake.tables.staging import Staging

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TILE_WRITERS = (run_expression_task, run_retile)
_SQL_TYPES = {"int32": "int", "int64": "bigint", "float64": "double"}
_PARTITION = re.compile(r"part-([0-9]+)-")


class TileRowsRunner(SparkTaskRunner):
    """Runs tasks on Spark's executors; the files of tiles are written by Spark.

    Args:
        spark: The session.
        adder: Gives an accumulator of tuples, empty; Spark adds what the attempts gave whose rows
            it keeps, and nothing of other attempts.
        count_done: See `SparkTaskRunner`.
        on_progress: See `SparkTaskRunner`.
    """

    def __init__(
        self,
        spark: "SparkSession",
        *,
        adder: Callable[[], Any],
        count_done: Callable[[], tuple[int, int]] = lambda: (0, 0),
        on_progress: OnProgress = no_progress,
    ) -> None:
        super().__init__(spark, count_done=count_done, on_progress=on_progress)
        self._adder = adder

    def run(
        self, function: Callable[[Item], dict[str, Any]], items: Sequence[Item]
    ) -> list[dict[str, Any]]:
        """Run every item as a task of one Spark job."""
        is_of_tiles = function in TILE_WRITERS
        if not is_of_tiles or not items:
            return super().run(function, items)
        targets: list[TileTarget] = [each.target for each in items]  # type: ignore[attr-defined]
        with Staging(targets[0].folder) as staging:
            results = self._write(function, items, targets[0].storage, staging)
            for name in staging.names():
                found = _PARTITION.match(name)
                assert found is not None, "Spark names files by their partition"
                number = int(found.group(1))
                target = targets[number]
                taken = staging.take(name, target.name, tile_schema(target.storage))
                results[number]["parts"] += [] if taken is None else [asdict(taken)]
        return results

    def _write(
        self,
        function: Callable[[Item], dict[str, Any]],
        items: Sequence[Item],
        storage: LayerStorage,
        staging: Staging,
    ) -> list[dict[str, Any]]:
        answers = self._adder()
        task = TileRowsTask(function, tuple(items), answers)
        numbers = self._spark.range(0, len(items), 1, len(items))
        with self._watching():
            rows = numbers.mapInArrow(task, _columns(storage))
            rows.write.options(**_options(storage)).parquet(staging.uri)
        return [json.loads(answer) for _, answer in sorted(answers.value)]


def _columns(storage: LayerStorage) -> str:
    kind = _SQL_TYPES[storage.dtype.name]
    return f"feature int, feature_id string, block int, values array<{kind}>"


def _options(storage: LayerStorage) -> dict[str, str]:
    """Return what makes Spark's files like those of tasks."""
    is_double = storage.kind == "double"
    dictionary = dict.fromkeys(("feature", "feature_id"), "false")
    dictionary[VALUES] = str(is_double).lower()
    return {
        "compression": "zstd",
        "parquet.compression.codec.zstd.level": str(LEVEL),
        "parquet.block.row.count.limit": str(GROUP_TILES),
        # The second version has DELTA_BINARY_PACKED.
        "parquet.writer.version": "v1" if is_double else "v2",
        **{f"parquet.enable.dictionary#{name}": each for name, each in dictionary.items()},
    }
