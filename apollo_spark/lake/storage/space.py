"""Room on the disk of a lake: asked for before a commit, and kept for what frees a full one.

A library that meets a full disk in the middle of a commit prints its own panic before it says so.
It is never let into that: what a commit needs is allocated first, and given up again.

Ending versions, taking people out and sweeping must work on a lake that is full. A file of a
megabyte is kept for them, which is deleted when they need its room and made again after.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from apollo_spark.errors import StorageRefusedError
from apollo_spark.lake.storage.root import LakeRoot

COMMIT_BYTES = 256 * 1024
"""More than a commit writes beside the data files, a checkpoint of the log included."""
FREEING_BYTES = 640 * 1024
"""What ending a version, or taking a few people out, needs at most."""
SPARE_BYTES = 1024 * 1024
SPARE_STEP = 128 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def has_space(folder: Path, size: int = COMMIT_BYTES) -> bool:
    """Whether so many bytes can be written in a folder; True where that cannot be found out."""
    probe = folder / f".room-{uuid4()}"
    try:
        allocate(probe, size)
    except OSError as error:
        return error.errno not in FULL
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    return True


def require_space(folder: Path) -> None:
    """Require room for a commit to a table.

    Raises:
        StorageRefusedError: The disk is full.
    """
    if not has_space(folder):
        raise StorageRefusedError(
            f"A commit to the table {folder} was refused.",
            why=f"{os.strerror(errno.ENOSPC)}.",
            fix="apollo gc deletes what no version reads, also on a full disk.",
        )


def allocate(file: Path, size: int) -> None:
    """Make a file of so many bytes that are really there.

    Raises:
        OSError: The system refused.
    """
    with file.open("xb") as stream:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(stream.fileno(), 0, size)
        else:
            stream.write(bytes(size))


class Spare:
    """The file `registry/spare` of a lake: room for what frees a full disk.

    Args:
        root: The lake.
    """

    def __init__(self, root: LakeRoot) -> None:
        self._folder = root.place("registry")
        self._file = root.place("registry", "spare")

    def keep(self) -> None:
        """Keep the room, or as much of it as there is; nothing happens where there is none."""
        for size in range(SPARE_BYTES, self._size(), -SPARE_STEP):
            draft = self._folder / f"spare.{uuid4()}.draft"
            try:
                allocate(draft, size)
                draft.replace(self._file)
            except OSError:
                with contextlib.suppress(OSError):
                    draft.unlink()
            else:
                return

    @contextlib.contextmanager
    def used_when_full(self) -> Iterator[None]:
        """Give the room up where the disk is full, and keep it again afterwards."""
        if not has_space(self._folder, FREEING_BYTES):
            with contextlib.suppress(OSError):
                self._file.unlink()
        try:
            yield
        finally:
            self.keep()

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0
