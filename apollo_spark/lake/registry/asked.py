"""The table `registry/asked`: what of guarded names was given, and to whom.

A row is a number that became known: sums of who is behind it, and digests of what was asked
(`disclosure/`). It holds neither numbers, nor filters, nor ids. One row more is the key of the
digests, which is made once. It is the one thing that reading writes, for guarded names alone, and
it is written before an answer is given: who cannot write gets none.
"""

import hashlib
import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from apollo_spark.disclosure.memory import Asked, Memory
from apollo_spark.disclosure.sums import unpack
from apollo_spark.errors import (
    ApolloError,
    BrokenPinError,
    CommitRaceError,
    StorageRefusedError,
    broken_file,
)
from apollo_spark.lake.leases.table import SHORT_LIVED, SWEEP_EVERY, SWEEP_HOURS
from apollo_spark.lake.registry.row_table import commit_rows, read_rows, require_own_files
from apollo_spark.lake.registry.rows import FOLDED_BYTES
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.storage.space import has_space
from apollo_spark.lake.tables.commits import NO_TABLE, file_sizes, open_head, race, version_of
from apollo_spark.lake.tables.log_cache import TABLES

KEY_ROW = "key"
"""The kind of the row of the key, whose bytes are in the place of sums."""
KEY_BYTES = 32
GIVEN, TAKEN_AS_KNOWN = "given", "known"
MOST_FILES = 12
SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("name", pa.string()),
        ("principal", pa.string()),
        ("people", pa.string()),
        ("cell", pa.string()),
        # The log says nothing of what is in lists.
        ("sums", pa.list_(pa.int32())),
        ("number", pa.int64()),
    ]
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Remembered:
    """What is known of some names, at a version of the table."""

    version: int
    memory: Memory


class AskedTable:
    """What was given of the guarded names of a lake.

    Args:
        root: The lake.
    """

    def __init__(self, root: LakeRoot) -> None:
        self._root = root
        self.folder = root.place("registry", "asked")

    def read(self, names: Collection[str], principal: str) -> Remembered:
        """Return what somebody knows of some names, in the order in which it was given.

        Raises:
            BrokenPinError: A file is missing or damaged.
            StorageRefusedError: The storage refused.
        """
        version, rows = self._rows()
        columns = [rows.column(each).to_pylist() for each in ("kind", "name", "principal")]
        numbers = rows.column("number").to_pylist()
        # A number is known of several names at once.
        places = {
            numbers[place]: place
            for place, (kind, name, whom) in enumerate(zip(*columns, strict=True))
            if kind != KEY_ROW and name in names and whom == principal
        }
        known = rows.take(pa.array([places[each] for each in sorted(places)], pa.int64()))
        try:
            sums = unpack(known.column("sums").combine_chunks().flatten().to_numpy())
        except ValueError:
            raise broken_file(str(self.folder), "it is damaged") from None
        people, cells = known.column("people").to_pylist(), known.column("cell").to_pylist()
        asked = tuple(Asked(*each) for each in zip(people, cells, strict=True))
        is_given = tuple(each == GIVEN for each in known.column("kind").to_pylist())
        if len(sums) != len(asked):
            raise broken_file(str(self.folder), "it is damaged")
        return Remembered(version, Memory(sums, asked, is_given))

    def secret(self, digest: str) -> bytes:
        """Return the key of the digests.

        Args:
            digest: Its SHA-256, as the guards say it.

        Raises:
            BrokenPinError: It is gone, or another one: what was given is not known any more.
        """
        found = self._secret(self._rows()[1])
        if found is None or digest_of_secret(found) != digest:
            raise BrokenPinError(
                "Nothing is given of guarded names: what was given before is not known.",
                why=f"{self.folder} is missing, or is another one.",
                fix="Bring it back from a copy of the lake.",
            )
        return found

    def make_secret(self) -> bytes:
        """Return the key of the digests, which is made where there is none.

        Raises:
            StorageRefusedError: The storage refused.
        """
        while True:
            version, rows = self._rows()
            if (found := self._secret(rows)) is not None:
                return found
            row = {"kind": KEY_ROW, "sums": [*secrets.token_bytes(KEY_BYTES)], "number": 0}
            try:
                self._append([row], based_on=version)
            except CommitRaceError:
                continue

    def add(
        self, known: Memory, before: Remembered, names: Collection[str], principal: str
    ) -> None:
        """Write down what becomes known, or fail.

        Args:
            known: All that is known then.
            before: What was known when that was decided.
            names: The names of which it tells.
            principal: Who gets it.

        Raises:
            CommitRaceError: Somebody got another answer meanwhile: read and decide again.
            StorageRefusedError: The storage refused: nothing may be given.
        """
        first = len(before.memory.asked)
        if len(known.asked) == first:
            return
        _, rows = self._rows()
        number = 1 + max(rows.column("number").to_pylist(), default=0)
        added = [
            {
                "kind": GIVEN if known.is_given[each] else TAKEN_AS_KNOWN,
                "name": name,
                "principal": principal,
                "people": known.asked[each].people,
                "cell": known.asked[each].cell,
                "sums": known.sums.pack(each),
                "number": number + each - first,
            }
            for each in range(first, len(known.asked))
            for name in sorted(names)
        ]
        try:
            self._append(added, based_on=before.version)
        except StorageRefusedError as refused:
            raise StorageRefusedError(
                "No number of a guarded name is given: what is given cannot be written down.",
                why=str(refused),
            ) from refused

    def _secret(self, rows: pa.Table) -> bytes | None:
        kinds = rows.column("kind").to_pylist()
        if KEY_ROW not in kinds:
            return None
        return bytes(rows.column("sums")[kinds.index(KEY_ROW)].as_py())

    def _rows(self) -> tuple[int, pa.Table]:
        table = TABLES.head(self.folder)
        if table is None:
            return NO_TABLE, SCHEMA.empty_table()
        try:
            require_own_files(self.folder, table)
            groups = [*read_rows(table, self.folder, SCHEMA.names)]
        except BrokenPinError:
            if version_of(open_head(self.folder)) == version_of(table):
                raise
            # Files of the version that was opened were folded and swept meanwhile.
            return self._rows()
        return version_of(table), pa.concat_tables([each.cast(SCHEMA) for each in groups])

    def _append(self, rows: list[dict[str, Any]], *, based_on: int) -> None:
        self._root.make_folder("registry", "asked")
        table = open_head(self.folder)
        if version_of(table) != based_on:
            raise race(self.folder)
        added = pa.Table.from_pylist(rows, SCHEMA)
        sizes = {} if table is None else file_sizes(table)
        removed = tuple(name for name, size in sizes.items() if size < FOLDED_BYTES // 2)
        if table is not None and len(removed) >= MOST_FILES:
            kept = read_rows(table, self.folder, SCHEMA.names, only=removed.__contains__)
            added = pa.concat_tables([*(each.cast(SCHEMA) for each in kept), added])
        else:
            removed = ()
        commit_rows(
            self.folder, table, added, mode="append", configuration=SHORT_LIVED, removed=removed
        )
        if table is not None and (based_on + 1) % SWEEP_EVERY == 0:
            self._sweep(table)

    def _sweep(self, table: DeltaTable) -> None:
        """Delete the files of old versions, which nobody reads."""
        try:
            if has_space(self.folder):
                table.vacuum(
                    SWEEP_HOURS, dry_run=False, enforce_retention_duration=False, full=True
                )
        except (ApolloError, DeltaError):
            logger.debug("what was given before was not swept")


def digest_of_secret(secret: bytes) -> str:
    """Return the SHA-256 by which guards know the key of the digests."""
    return hashlib.sha256(secret).hexdigest()
