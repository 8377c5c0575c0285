"""Files and folders as they lie on a disk. Links are not followed."""

import os
from collections.abc import Iterator
from pathlib import Path

from apollo_spark.lake.storage.root import storage_access
from apollo_spark.model.base import Record


class DiskFile(Record):
    """A file as it lies in its folder; `changed_ns` are nanoseconds since 1970."""

    name: str
    size: int
    changed_ns: int


def list_files(folder: Path) -> Iterator[DiskFile]:
    """Yield all files under a folder, sorted and named from there; none if it is not there.

    Raises:
        StorageRefusedError: The storage refused.
    """
    with storage_access(f"Cannot look into {folder}."):
        for place, folders, names in os.walk(folder, onerror=_raise_unless_gone):
            folders.sort()
            for name in sorted(names):
                path = Path(place, name)
                try:
                    found = path.lstat()
                except FileNotFoundError:
                    continue
                yield DiskFile(
                    name=str(path.relative_to(folder)),
                    size=found.st_size,
                    changed_ns=found.st_mtime_ns,
                )


def list_folders(place: Path) -> tuple[Path, ...]:
    """Return the folders in a folder, sorted; none if it is not there.

    Raises:
        StorageRefusedError: The storage refused.
    """
    with storage_access(f"Cannot look into {place}."):
        if not place.is_dir():
            return ()
        with os.scandir(place) as found:
            return tuple(sorted(Path(e) for e in found if e.is_dir(follow_symlinks=False)))


def _raise_unless_gone(error: OSError) -> None:
    # What another process removes while we look is not there, which is not a fault.
    if not isinstance(error, FileNotFoundError):
        raise error
