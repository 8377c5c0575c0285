"""Take out of a lake that is handed on who made it, on which machine, and in which folder."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.storage.root import storage_access

NOBODY = "sealed"
"""Who published a copy, as far as the copy says it."""


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a folder that takes the place of another one when all of it is written.

    Raises:
        StorageRefusedError: A folder cannot be made or moved.
    """
    scratch = folder.parent / f".{folder.name}.{uuid4().hex}"
    with storage_access(f"Cannot make the folder {folder}."):
        folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield scratch
        with storage_access(f"Cannot make the folder {folder}."):
            scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def remove_traces(lake: Lake, folder: Path) -> None:
    """Write leases anew without who held them, and logs without the place they were written in.

    Args:
        lake: A lake that nobody else has seen yet.
        folder: Its root.

    Raises:
        StorageRefusedError: A file cannot be written.
    """
    with storage_access(f"Cannot write to {folder}."):
        lake.leases.forget_holders(NOBODY)
        for log in folder.rglob("_delta_log/*.json"):
            lines = [json.loads(each) for each in log.read_text(encoding="utf-8").splitlines()]
            log.write_text("".join(f"{_placeless(each)}\n" for each in lines), encoding="utf-8")


def _placeless(action: dict[str, Any]) -> str:
    """Return an action of a Delta log as text, without the address of the table."""
    commit = action.get("commitInfo")
    if isinstance(commit, dict):
        commit.get("operationParameters", {}).pop("location", None)
    return json.dumps(action, separators=(",", ":"))
