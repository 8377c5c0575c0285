"""Checksums inside Parquet files, so that a reader finds damage in what it reads, and only there.

Such a file has, between its last row group and its footer, a block with the CRC-32 of every column
chunk; its name ends with a digest of that block and the footer. A record pins the names of its
files, so it pins every byte of them, and a reader of one column of one row group checks the bytes
of that alone. Readers that know nothing of this skip the block: only the footer says where rows
are. Measured in docs/decisions/checksums-in-files.md.
"""

import json
import os
import re
import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import pyarrow.parquet as pq

MARK = b"apolloS1"
ENTRY = struct.Struct("<QQI")
"""Start, size and checksum of a chunk."""
END = struct.Struct("<IIQ8s")
"""Ends the block: leaf columns, row groups, bytes of the names, the mark."""
FOOTER_END = struct.Struct("<I4s")
PARQUET = b"PAR1"
DIGEST_BYTES = 8
GUESS = 1 << 16
"""Bytes at the end of a file that mostly hold the footer and the block."""
PARALLEL_BYTES = 32 << 20

_NAME = re.compile(r"-c([0-9a-f]{16})\.parquet\Z")


class DamagedFileError(OSError):
    """A file is not as it was written.

    Args:
        path: The file.
        why: What is wrong with it, as part of a sentence.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True)
class FileChecksums:
    """The checksums of a file.

    Attributes:
        columns: Number of each leaf column, by the name of the column that it belongs to.
        shape: Row groups and leaf columns.
        entries: An `ENTRY` of each chunk, a row group after the other.
        checked: A byte of each chunk: 1 where this process has found it as it was written.
    """

    columns: dict[str, list[int]]
    shape: tuple[int, int]
    entries: bytes
    checked: bytearray


def add_checksums(path: Path, footer: pq.FileMetaData) -> Path:
    """Put checksums into a file that was just written, and return its new path.

    Args:
        path: The file.
        footer: What its footer says.
    """
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        length, _ = FOOTER_END.unpack(_read(file.fileno(), end - FOOTER_END.size, FOOTER_END.size))
        start = end - FOOTER_END.size - length
        tail = _read(file.fileno(), start, end - start)
        block = _block(file.fileno(), footer)
        file.seek(start)
        file.write(block + tail)
    named = path.with_name(f"{path.stem}-c{_digest(block + tail)}.parquet")
    path.rename(named)
    return named


def has_checksums(name: str) -> bool:
    """Whether the name of a file says that it has checksums."""
    return _NAME.search(name) is not None


def read_checksums(path: str) -> FileChecksums | None:
    """Return the checksums of a file, or None for one without; its end is checked.

    Raises:
        DamagedFileError: The footer or the checksums are not as they were written.
        OSError: The file cannot be read.
    """
    if not has_checksums(path):
        return None
    stat = Path(path).stat()
    return _known_checksums(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


def check_chunks(
    path: str, columns: Collection[str] | None = None, groups: Collection[int] | None = None
) -> None:
    """Check the bytes of a file that hold some columns and row groups, by their checksums.

    What was found right stays right for this process; a file without checksums passes.

    Args:
        path: The file.
        columns: Names of columns, in any case; None is all of them.
        groups: Numbers of row groups; None is all of them.

    Raises:
        DamagedFileError: A chunk is not as it was written.
        OSError: The file cannot be read.
    """
    if (known := read_checksums(path)) is None:
        return
    count, width = known.shape
    places: Sequence[int] = range(width)
    if columns is not None:
        names = {each.casefold() for each in columns} & known.columns.keys()
        places = sorted(place for name in names for place in known.columns[name])
    numbers = range(count) if groups is None else sorted(groups)
    wanted = [group * width + place for group in numbers for place in places]
    if unchecked := [each for each in wanted if not known.checked[each]]:
        _check(path, known, unchecked)


def _check(path: str, known: FileChecksums, wanted: Sequence[int]) -> None:
    chunks = [ENTRY.unpack_from(known.entries, each * ENTRY.size) for each in wanted]
    handle = os.open(path, os.O_RDONLY)
    try:

        def is_right(chunk: tuple[int, int, int]) -> bool:
            start, size, crc = chunk
            found = _read(handle, start, size)
            return len(found) == size and zlib.crc32(found) == crc

        if sum(size for _, size, _ in chunks) < PARALLEL_BYTES:
            right = all(map(is_right, chunks))
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                right = all(pool.map(is_right, chunks))
    finally:
        os.close(handle)
    if not right:
        raise DamagedFileError(path, "its checksums differ")
    for each in wanted:
        known.checked[each] = True


@lru_cache(maxsize=4096)
def _known_checksums(path: str, size: int, changed_ns: int, inode: int) -> FileChecksums:  # noqa: ARG001
    # What tells one state of a file from another is the key, though only the size is used.
    found = _NAME.search(path)
    assert found is not None, "asked of files with checksums only"
    tail = _read_tail(path, size)
    if tail is None or _digest(tail.whole) != found[1]:
        raise DamagedFileError(path, "its footer is not as it was written")
    columns: dict[str, list[int]] = {}
    for place, name in enumerate(json.loads(tail.names)):
        columns.setdefault(name.casefold(), []).append(place)
    groups, width = tail.shape
    return FileChecksums(columns, tail.shape, tail.entries, bytearray(groups * width))


@dataclass(frozen=True)
class _Tail:
    """The end of a file with checksums: block and footer, and the pieces of the block."""

    whole: bytes
    entries: bytes
    names: bytes
    shape: tuple[int, int]


def _read_tail(path: str, size: int) -> _Tail | None:
    """Return the end of a file, or None where it does not look like that of one with checksums."""
    handle = os.open(path, os.O_RDONLY)
    try:
        tail = _read(handle, max(0, size - GUESS), GUESS)
        if len(tail) < FOOTER_END.size:
            return None
        length, mark = FOOTER_END.unpack(tail[-FOOTER_END.size :])
        footer = length + FOOTER_END.size
        if mark != PARQUET or footer + END.size > size:
            return None
        tail = _last(handle, tail, size, footer + END.size)
        columns, groups, names, mark = END.unpack(tail[-footer - END.size : -footer])
        entries = columns * groups * ENTRY.size
        total = footer + END.size + names + entries
        if mark != MARK or total > size:
            return None
        whole = _last(handle, tail, size, total)[-total:]
    finally:
        os.close(handle)
    return _Tail(whole, whole[:entries], whole[entries : entries + names], (groups, columns))


def _last(handle: int, tail: bytes, size: int, wanted: int) -> bytes:
    """Return at least the wanted bytes at the end of a file, some of which are known."""
    return tail if len(tail) >= wanted else _read(handle, size - wanted, wanted)


def _block(handle: int, footer: pq.FileMetaData) -> bytes:
    entries = b"".join(ENTRY.pack(*each) for each in _entries(handle, footer))
    paths = (footer.schema.column(each).path for each in range(footer.num_columns))
    names = json.dumps([each.partition(".")[0] for each in paths]).encode()
    end = END.pack(footer.num_columns, footer.num_row_groups, len(names), MARK)
    return entries + names + end


def _entries(handle: int, footer: pq.FileMetaData) -> Iterator[tuple[int, int, int]]:
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for place in range(footer.num_columns):
            chunk = group.column(place)
            start, size = chunk.data_page_offset, chunk.total_compressed_size
            if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
                start = chunk.dictionary_page_offset
            yield start, size, zlib.crc32(_read(handle, start, size))


def _digest(tail: bytes) -> str:
    return blake2b(tail, digest_size=DIGEST_BYTES).hexdigest()


def _read(handle: int, start: int, size: int) -> bytes:
    """Read bytes at a place; fewer only where the file ends."""
    found = os.pread(handle, size, start)
    if len(found) == size or not found:
        return found
    return found + _read(handle, start + len(found), size - len(found))
