"""Carry out what was decided to be swept from one table.

Files are deleted by name, from the list that was decided on. VACUUM is not used: it decides by
itself, and knows of no pins (docs/decisions/sweeping.md).
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from apollo_spark.lake.publishing import OnStep
from apollo_spark.lake.storage.disk import list_files
from apollo_spark.lake.storage.root import LakeRoot, storage_access
from apollo_spark.lake.sweep.sweeping import TableSweep
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.pin import TablePin

SWEPT = "swept"
"""Ends the name of a folder that is being removed; no table is called so."""
LOOK_EVERY = 100
"""Files between two looks at the lease."""


def sweep_table(
    sweep: TableSweep,
    base: TablePin | None,
    *,
    root: LakeRoot,
    tables: TableStore,
    require_lease: Callable[[], None],
    on_step: OnStep,
) -> TableSweep:
    """Delete what goes of one table, and return what went.

    Args:
        sweep: What goes.
        base: The newest pin of the table, to which its newest version is brought back.
        root: The lake.
        tables: Its tables.
        require_lease: Raises when the lease of the dataset has passed on.
        on_step: Called with the name of each step before it acts.

    Raises:
        LeaseLostError: The lease passed to somebody else.
        CommitRaceError: Somebody else committed to the table.
        StorageRefusedError: The storage refused.
    """
    require_lease()
    if sweep.back_to is not None and base is not None:
        on_step(f"bring back {sweep.location}")
        tables.prepare(sweep.location, base, str(uuid4()))
    if sweep.is_whole:
        on_step(f"remove {sweep.location}")
        return _remove_folder(sweep, root.locate(sweep.location))
    for number, file in enumerate(sweep.remove):
        if number % LOOK_EVERY == 0:
            require_lease()
        on_step(f"delete from {sweep.location}")
        with storage_access(f"Cannot delete {file.name} of {sweep.location}."):
            (root.locate(sweep.location) / file.name).unlink(missing_ok=True)
    return sweep


def _remove_folder(sweep: TableSweep, folder: Path) -> TableSweep:
    """Remove a table that nobody reads: it goes in one step, and then its files."""
    aside = folder.with_name(f"{folder.name.partition('.')[0]}.{uuid4()}.{SWEPT}")
    with storage_access(f"Cannot remove {folder}."):
        folder.rename(aside)
        if set(list_files(aside)) != set(sweep.remove):
            aside.rename(folder)
            return sweep.model_copy(update={"remove": (), "is_whole": False})
        shutil.rmtree(aside)
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()
    return sweep
