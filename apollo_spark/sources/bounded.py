"""Read small files whole, and no more of them than a small file can hold.

A packed file of a megabyte can hold a gigabyte of nothing; one that is thousands of times larger
unpacked was made to fill memory, and is refused before it does.
"""

import gzip
import io
from pathlib import Path
from typing import BinaryIO

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


def read_bounded(path: Path, limit: int = LARGEST_TEXT) -> bytes:
    """Return the bytes of a file, unpacked where it is gzip.

    Raises:
        TooLargeError: They are more than the limit, or were packed to fill memory.
        OSError, EOFError, zlib.error: The file cannot be read or unpacked.
    """
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        stream = open_unpacked(raw) if packed else raw
        found = bytearray()
        while piece := stream.read(PIECE_BYTES):
            found += piece
            if len(found) > limit:
                raise TooLargeError(f"it holds more than {limit >> 20} MB of text")
    return bytes(found)


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
