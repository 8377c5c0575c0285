"""The table `registry/leases`: one row per name, written anew by each change."""

import logging

import pyarrow as pa
from deltalake.exceptions import DeltaError

from apollo_spark.errors import ApolloError, BrokenPinError
from apollo_spark.lake.leases.lease import Lease
from apollo_spark.lake.registry.row_table import (
    commit_rows,
    read_rows,
    require_own_files,
    to_dicts,
)
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.storage.space import has_space
from apollo_spark.lake.tables.commits import (
    NO_TABLE,
    open_head,
    race,
    version_of,
)
from apollo_spark.lake.tables.log_cache import TABLES

SHORT_LIVED = {
    "delta.deletedFileRetentionDuration": "interval 1 hours",
    "delta.logRetentionDuration": "interval 1 hours",
    "delta.enableExpiredLogCleanup": "true",
    "delta.checkpointInterval": "20",
}
SWEEP_EVERY = 50
SWEEP_HOURS = 1
SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("epoch", pa.int64()),
        ("holder", pa.string()),
        ("host", pa.string()),
        ("machine", pa.string()),
        ("pid", pa.int64()),
        ("started", pa.string()),
        ("taken_at", pa.timestamp("us", tz="UTC")),
        ("renewed_at", pa.timestamp("us", tz="UTC")),
        ("reached", pa.int64()),
    ]
)

logger = logging.getLogger(__name__)


class LeaseTable:
    """The leases of a lake as they are stored.

    Args:
        root: The lake.
    """

    def __init__(self, root: LakeRoot) -> None:
        self._root = root
        self.folder = root.place("registry", "leases")

    def read(self) -> tuple[int, dict[str, Lease]]:
        """Return the version of the table, and the leases by name.

        Raises:
            BrokenPinError: A file of the table is missing or damaged.
            StorageRefusedError: The storage refused.
        """
        table = TABLES.head(self.folder)
        if table is None:
            return NO_TABLE, {}
        try:
            require_own_files(self.folder, table)
            groups = [*read_rows(table, self.folder, SCHEMA.names)]
        except BrokenPinError:
            if version_of(open_head(self.folder)) == version_of(table):
                raise
            # Somebody with another clock deleted what was the newest version when it was opened.
            return self.read()
        rows = [row for group in groups for row in to_dicts(group)]
        return version_of(table), {row["dataset"]: Lease(**row) for row in rows}

    def write(self, leases: dict[str, Lease], *, based_on: int) -> None:
        """Put leases in the place of those of a version.

        Raises:
            CommitRaceError: Somebody else changed them meanwhile.
            StorageRefusedError: The storage refused.
        """
        self._root.make_folder("registry", "leases")
        rows = pa.Table.from_pylist([each.model_dump() for each in leases.values()], SCHEMA)
        table = open_head(self.folder)
        if version_of(table) != based_on:
            raise race(self.folder)
        commit_rows(self.folder, table, rows, mode="overwrite", configuration=SHORT_LIVED)
        if table is not None and (based_on + 1) % SWEEP_EVERY == 0:
            self.sweep()

    def sweep(self, *, older_than_hours: int = SWEEP_HOURS) -> None:
        """Delete the files of old versions of the table of leases."""
        try:
            if (table := open_head(self.folder)) is not None and has_space(self.folder):
                table.vacuum(
                    older_than_hours, dry_run=False, enforce_retention_duration=False, full=True
                )
        except (ApolloError, DeltaError):
            # Somebody else sweeps too, or will: nobody reads old leases.
            logger.debug("the leases were not swept")
