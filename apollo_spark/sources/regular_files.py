"""Files and folders that people give: what can be read there, and small files read whole.

Only regular files are opened: a named pipe or a device may never say anything, or never end.
Nothing is skipped without a word: a link to nothing may be the file of a person. A packed file of
a megabyte can hold a gigabyte of nothing; one that is thousands of times larger unpacked was made
to fill memory, and is refused before it does.
"""

import errno
import gzip
import io
import os
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

KINDS = {
    stat.S_IFIFO: "a named pipe, which cannot be read more than once",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


@dataclass(frozen=True)
class FolderListing:
    """What was found in a folder, in the order of names.

    Attributes:
        files: Those that can be read.
        odd: What cannot, with why.
    """

    files: tuple[Path, ...] = ()
    odd: tuple[tuple[Path, str], ...] = ()

    def __add__(self, other: "FolderListing") -> "FolderListing":
        """Return what was found in both."""
        return FolderListing(self.files + other.files, self.odd + other.odd)


def why_unreadable(path: Path) -> str | None:
    """Return why a path is not a file that can be read, None where it is one or a folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            return "it is a link that leads to nothing"
        is_gone = isinstance(error, FileNotFoundError)
        return "the file or folder is not there" if is_gone else _said(error)
    if kind := KINDS.get(stat.S_IFMT(mode)):
        return f"it is {kind}"
    return None if os.access(path, os.R_OK) else "it may not be read"


def list_folder(folder: Path, *, deep: bool = False, above: tuple[Path, ...] = ()) -> FolderListing:
    """Return what lies in a folder, or also in those below it.

    Args:
        folder: The folder.
        deep: Whether folders in it are entered, those that links lead to as well.
        above: The real paths of the folders that were entered on the way.
    """
    try:
        entries = sorted(folder.iterdir())
        own = folder.resolve()
    except (OSError, RuntimeError) as error:
        return FolderListing(odd=((folder, _said(error)),))
    found = FolderListing()
    for each in entries:
        why = why_unreadable(each)
        if why is not None:
            found += FolderListing(odd=((each, why),))
        elif not each.is_dir():
            found += FolderListing(files=(each,))
        elif each.is_symlink() and each.resolve() in (*above, own, *own.parents):
            found += FolderListing(odd=((each, "it is a link to a folder that it lies in"),))
        elif deep:
            found += list_folder(each, deep=True, above=(*above, own))
    return found


def _said(error: Exception) -> str:
    text = getattr(error, "strerror", None) or "the links to it make a loop"
    return f"it cannot be read: {text}"


GZIP_MAGIC = b"\x1f\x8b"
LARGEST_TEXT = 96 * 1024 * 1024
"""Bytes of a dictionary, a list of ids or a linking file, unpacked."""
FREE_BYTES = 8 * 1024 * 1024
"""Unpacked bytes up to which any packing is taken."""
MOST_PACKED = 200
"""How many times larger than packed a text may be beyond that; tables are 3 to 30 times."""
PIECE_BYTES = 256 * 1024


class TooLargeError(Exception):
    """A file that holds more than may be read; the text says why."""


UNREADABLE = (OSError, EOFError, zlib.error, UnicodeDecodeError, TooLargeError)
"""What reading the text of a file may raise."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, and never wait for it.

    Raises:
        OSError: It cannot be opened, or is not a regular file; `strerror` says what it is.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    kind = KINDS.get(stat.S_IFMT(mode), "no regular file")
    raise OSError(errno.EINVAL, f"it is {kind}", str(path))


def read_bounded(path: Path, limit: int = LARGEST_TEXT) -> bytes:
    """Return the bytes of a file, unpacked where it is gzip.

    Raises:
        TooLargeError: They are more than the limit, or were packed to fill memory.
        OSError, EOFError, zlib.error: The file cannot be read or unpacked.
    """
    with open_regular(path) as raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        stream = open_unpacked(raw) if packed else raw
        found = bytearray()
        while piece := stream.read(PIECE_BYTES):
            found += piece
            if len(found) > limit:
                raise TooLargeError(f"it holds more than {limit >> 20} MB of text")
    return bytes(found)


def read_bounded_text(path: Path) -> str:
    """Return the text of a file in UTF-8, a byte order mark left out; raises what is UNREADABLE."""
    return read_bounded(path).decode("utf-8-sig")


def say_unreadable(error: Exception) -> str:
    """Return why a file cannot be read, as a sentence."""
    if isinstance(error, UnicodeDecodeError):
        return "It is not UTF-8 text."
    if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
        return "The compressed file is cut off or damaged."
    if isinstance(error, OSError | TooLargeError):
        text = getattr(error, "strerror", None) or str(error)
        return f"{text[:1].upper()}{text[1:]}."
    return ""


def open_unpacked(raw: BinaryIO) -> BinaryIO:
    """Return the unpacked bytes of a gzip file; reading them raises `TooLargeError` early."""
    return io.BufferedReader(_Unpacked(raw), PIECE_BYTES)


class _Unpacked(io.RawIOBase):
    """Unpacks a file, and watches how much comes out of how little."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__()
        self._raw = raw
        self._stream = gzip.GzipFile(fileobj=raw)
        self._count = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Read the next bytes."""
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._count += len(piece)
        if self._count > max(FREE_BYTES, MOST_PACKED * self._raw.tell()):
            raise TooLargeError(f"it unpacks to more than {MOST_PACKED} times its size")
        return len(piece)
