"""Which file of a Delta log is missing or damaged, for messages: asked when it cannot be read."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.errors import BrokenPinError, broken_file

LOG = "_delta_log"
LAST_CHECKPOINT = "_last_checkpoint"
SYSTEM_REASON = re.compile(r'message: "([^"]+)"|([A-Z][\w -]+) \(os error \d+\)')
"""What the operating system said, in the text of an error of delta-rs."""


def broken_log(folder: Path, version: int | None, why: str = "") -> BrokenPinError:
    """Return the error for the log of a table, naming the file at fault as far as it is known.

    Args:
        folder: The table.
        version: The version that is wanted; None is the newest.
        why: What is wrong with the log where every file of it can be read.
    """
    file, found = find_log_fault(folder, version)
    return broken_file(str(folder / LOG / file), found or why or "it cannot be read")


def find_log_fault(folder: Path, version: int | None) -> tuple[str, str]:
    """Return the first file of a log that is missing or damaged, and what is wrong with it.

    Where nothing is found it is the last commit that matters, and an empty text.
    """
    log = folder / LOG
    commits = sorted(int(each.stem) for each in log.glob("*.json") if each.stem.isdigit())
    last = version if version is not None else max(commits, default=0)
    for file, why in _faults(log, commits, last):
        return file, why
    return commit_name(last), ""


def _faults(log: Path, commits: list[int], last: int) -> Iterator[tuple[str, str]]:
    known = set(commits)
    checkpoints = sorted(log.glob("*.checkpoint*.parquet"))
    # A reader begins at the newest checkpoint, and needs no commit before it.
    folded = [int(each.name.partition(".")[0]) for each in checkpoints]
    first = max((each + 1 for each in folded if each <= last), default=0)
    for number in range(first, last + 1):
        path = log / commit_name(number)
        if number not in known:
            yield path.name, "it is missing"
        elif not _is_commit(path):
            yield path.name, "it is damaged"
    for number, path in zip(folded, checkpoints, strict=True):
        if number <= last and not _is_parquet(path):
            yield path.name, "it is damaged"
    if (log / LAST_CHECKPOINT).exists() and not _is_commit(log / LAST_CHECKPOINT):
        yield LAST_CHECKPOINT, "it is damaged"


def commit_name(number: int) -> str:
    """Return the name of the file of a commit in the log."""
    return f"{number:020}.json"


def _is_commit(path: Path) -> bool:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return bool(lines) and all(isinstance(json.loads(each), dict) for each in lines if each)
    except (OSError, ValueError, RecursionError):
        return False


def _is_parquet(path: Path) -> bool:
    try:
        pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException):
        return False
    return True


def reason_of(error: Exception) -> str:
    """Return what the operating system said: the rest of the text may hold statistics of rows."""
    if isinstance(error, OSError) and error.errno:
        return f"{os.strerror(error.errno)}."
    found = SYSTEM_REASON.search(str(error))
    return f"{found[1] or found[2]}." if found else f"{type(error).__name__}; see --verbose."
