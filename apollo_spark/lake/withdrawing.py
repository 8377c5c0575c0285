"""Take people out: their keys go into a table, and a row of the registry says so.

The lease of the dataset is held, and the row is committed by compare-and-set, as a version is.
"""

import contextlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import pyarrow as pa

from apollo_spark.errors import CommitRaceError
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.registry.registry import Registry, read_withdrawals
from apollo_spark.lake.registry.rows import stored_withdrawal
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.pin import TablePin
from apollo_spark.model.withdrawal import WithdrawalRecord
from apollo_spark.workers.files.small_table import write_small_table

KEY = "key"


@dataclass(frozen=True)
class WithdrawnFrom:
    """The rows that are meant: an entity of a dataset, its key, and where its table lies."""

    dataset: str
    entity: str
    field: str
    location: str


def alike(first: pa.Array, second: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return keys in one type: as texts where the field was retyped between them."""
    if first.type == second.type:
        return first, second
    return first.cast(pa.string()), second.cast(pa.string())


class Withdrawing:
    """Writes withdrawals.

    Args:
        registry: Where they are published.
        leases: Where the lease of the dataset is taken.
        tables: Where the keys are written.
    """

    def __init__(self, registry: Registry, leases: LeaseStore, tables: TableStore) -> None:
        self._registry = registry
        self._leases = leases
        self._tables = tables

    def withdraw(
        self,
        of: WithdrawnFrom,
        keys: pa.Array,
        *,
        actor: str,
        time: datetime,
        on_step: OnStep = no_step,
    ) -> WithdrawalRecord | None:
        """Take more keys out and return the withdrawal; None where all of them are out already.

        Raises:
            LeaseHeldError: Somebody is writing the dataset.
            StorageRefusedError: The storage refused.
        """
        found = self.withdraw_all([(of, keys)], actor=actor, time=time, on_step=on_step)
        return found[0] if found else None

    def withdraw_all(
        self,
        wanted: Sequence[tuple[WithdrawnFrom, pa.Array]],
        *,
        actor: str,
        time: datetime,
        on_step: OnStep = no_step,
    ) -> tuple[WithdrawalRecord, ...]:
        """Take keys of several entities out in one commit, and return what was new of them.

        Raises:
            LeaseHeldError: Somebody is writing one of the datasets.
            StorageRefusedError: The storage refused.
        """
        on_step("take the lease")
        with ExitStack() as held:
            # In one order, so that two withdrawals never wait for each other.
            leases = [
                held.enter_context(HeldLease(self._leases, name, actor))
                for name in sorted({of.dataset for of, _ in wanted}, key=str.lower)
            ]
            while True:
                snapshot = self._registry.snapshot()
                records = self._planned(snapshot, wanted, actor, time, on_step)
                if not records:
                    return ()
                on_step("publish the withdrawal")
                for each in leases:
                    each.require()
                with contextlib.suppress(CommitRaceError):
                    rows = [stored_withdrawal(each) for each in records]
                    reached = self._registry.append(rows, based_on=snapshot.version)
                    for each in leases:
                        each.leave(reached)
                    return records

    def _planned(
        self,
        snapshot: RegistrySnapshot,
        wanted: Sequence[tuple[WithdrawnFrom, pa.Array]],
        actor: str,
        time: datetime,
        on_step: OnStep,
    ) -> tuple[WithdrawalRecord, ...]:
        """Write the keys of entities that lose some, and return what is to be published."""
        found: list[WithdrawalRecord] = []
        for of, keys in wanted:
            before = self._newest(snapshot, of)
            rows, added = self._united(before, keys)
            if added:
                known = [each.name for each in snapshot.withdrawals]
                known += [each.name for each in found]
                found.append(
                    WithdrawalRecord(
                        name=of.dataset,
                        version=1 + known.count(of.dataset),
                        id=str(uuid4()),
                        entity=of.entity,
                        field=of.field,
                        location=of.location,
                        keys=self._write(of, before.keys if before else None, rows, on_step),
                        added=added,
                        actor=actor,
                        time=snapshot.time_after(of.dataset, time),
                    )
                )
        return tuple(found)

    def read_keys(self, withdrawal: WithdrawalRecord) -> pa.Array:
        """Return the keys that are out."""
        return self._tables.read(withdrawal.keys, [KEY]).column(KEY).combine_chunks()

    def _newest(self, snapshot: RegistrySnapshot, of: WithdrawnFrom) -> WithdrawalRecord | None:
        found = read_withdrawals(self._registry, snapshot)
        return next((each for each in found if each.location == of.location), None)

    def _united(self, before: WithdrawalRecord | None, keys: pa.Array) -> tuple[pa.Table, int]:
        old = keys.slice(0, 0) if before is None else self.read_keys(before)
        rows = pa.table({KEY: pa.concat_arrays(alike(old, keys)).unique()})
        return rows, rows.num_rows - len(old)

    def _write(
        self, of: WithdrawnFrom, base: TablePin | None, rows: pa.Table, on_step: OnStep
    ) -> TablePin:
        # It loads pyarrow.compute, which who only reads withdrawals does without.
        from apollo_spark.workers.values.hashing import hash_table

        load_id = str(uuid4())
        location = f"{of.location}.withdrawn"
        on_step("write the keys")
        after = self._tables.prepare(location, base, load_id)
        file = write_small_table(self._tables.folder(location), rows)
        self._tables.commit(location, [file], rows.schema, mode="overwrite", load_id=load_id)
        version = self._tables.check_chain(location, after=after, load_id=load_id)
        return self._tables.pin(
            f"{of.entity}.withdrawn", location, version, content_hash=hash_table(rows).hex()
        )
