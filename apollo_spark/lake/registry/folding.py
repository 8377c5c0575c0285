"""Folds files of the registry: every publication adds one, and few are listed more quickly."""

import logging
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from apollo_spark.errors import ApolloError
from apollo_spark.lake.registry.row_table import commit_rows
from apollo_spark.lake.registry.rows import SCHEMA
from apollo_spark.lake.storage.room import has_room
from apollo_spark.lake.tables.commits import RETENTION, file_sizes, open_head, read_rows
from apollo_spark.lake.tables.log_cache import TABLES
from apollo_spark.workers.files.checksums import has_checksums

MOST_FILES = 12
FOLDED_BYTES = 1 << 20
# Opening a table reads all commits after its last checkpoint, and the registry is opened often.
PROPERTIES = {**RETENTION, "delta.checkpointInterval": "20"}
# A record of a wide dataset takes some 100 kB.
TEXTS_AT_ONCE = 256

logger = logging.getLogger(__name__)


def fold_files(folder: Path) -> None:
    """Fold small files into a larger one when there are many, and those without checksums.

    Args:
        folder: That of the registry.
    """
    try:
        table = TABLES.head(folder)
        if table is None or not (_to_fold(table) and has_room(folder, 2 * FOLDED_BYTES)):
            return
        table = open_head(folder)
        if table is not None and (names := _to_fold(table)):
            groups = read_rows(table, folder, SCHEMA.names, only=names.__contains__)
            rows = pa.concat_tables(groups).select(SCHEMA.names).cast(SCHEMA)
            commit_rows(
                folder, table, rows, mode="append", configuration=PROPERTIES,
                removed=names, group_rows=TEXTS_AT_ONCE,
            )  # fmt: skip
    except (ApolloError, DeltaError, OSError):
        # Somebody else folds the same files, say. What was published is published.
        logger.warning("the files of the registry were not folded")


def _is_old(name: str) -> bool:
    return not has_checksums(name)


def _to_fold(table: DeltaTable) -> tuple[str, ...]:
    """Return the files that are worth folding, if it is worth it."""
    sizes = file_sizes(table)
    small = {name for name, size in sizes.items() if size < FOLDED_BYTES // 2}
    old = set(filter(_is_old, sizes))
    return tuple(sorted(small | old)) if old or len(small) > MOST_FILES else ()
