"""The bytes of one block as UTF-8 pieces: decompressed, decoded, without byte order mark."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from apollo_spark.workers.values.spec import Block, Compression, FileSpec

ByteStream = BinaryIO | gzip.GzipFile
UTF8_MARK = codecs.BOM_UTF8


class InputProblemError(Exception):
    """A file is not what it was said to be, from this place on; a task reports it as a finding."""

    def __init__(self, rule: str, line: int | None) -> None:
        super().__init__(rule, line)
        self.rule = rule
        self.line = line


def resolve_encoding(encoding: str, first_bytes: bytes) -> str:
    """Name the codec that can begin anywhere in the file, from the byte order mark at its start.

    >>> resolve_encoding("UTF-16", codecs.BOM_UTF16_BE)
    'utf-16-be'
    """
    name = codecs.lookup(encoding).name
    if name == "utf-8-sig":
        return "utf-8"
    big = {"utf-16": codecs.BOM_UTF16_BE, "utf-32": codecs.BOM_UTF32_BE}.get(name)
    if big is None:
        return name
    return f"{name}-be" if first_bytes.startswith(big) else f"{name}-le"


def is_splittable(encoding: str, compression: Compression) -> bool:
    """Say whether newlines and quotes can be found in the raw bytes, so that blocks can be cut."""
    name = codecs.lookup(encoding).name
    single_byte = name.startswith(("iso8859", "cp125", "koi8", "mac-"))
    return compression == "none" and (single_byte or name in {"utf-8", "utf-8-sig", "ascii"})


def read_pieces(block: Block, piece_bytes: int) -> Iterator[bytes]:
    """Yield the block as pieces of UTF-8; UTF-8 input is passed on unchecked.

    Raises:
        InputProblemError: `file_truncated` or `file_damaged` for a compressed stream,
            `file_not_text` for bytes that the encoding does not know.
    """
    with naming_damage(), open_decompressed(block.file) as stream:
        encoding = resolve_encoding(block.file.encoding, stream.read(4))
        stream.seek(block.start)
        pieces = read_range(stream, block, piece_bytes)
        if encoding != "utf-8":
            pieces = recode(pieces, encoding, block.line)
        yield from without_mark(pieces) if block.start == 0 else pieces


@contextmanager
def naming_damage() -> Iterator[None]:
    """Turn what goes wrong in a compressed stream into an `InputProblemError`."""
    try:
        yield
    except EOFError:
        raise InputProblemError("file_truncated", None) from None
    except (gzip.BadGzipFile, zlib.error):
        raise InputProblemError("file_damaged", None) from None


def open_decompressed(file: FileSpec) -> ByteStream:
    """Open a file for reading its bytes, decompressed."""
    if file.compression == "gzip":
        return gzip.open(file.path, "rb")
    return Path(file.path).open("rb")


def read_range(stream: ByteStream, block: Block, piece_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of the block's range."""
    left = None if block.end is None else block.end - block.start
    while left is None or left > 0:
        piece = stream.read(piece_bytes if left is None else min(piece_bytes, left))
        if not piece:
            return
        if left is not None:
            left -= len(piece)
        yield piece


def recode(pieces: Iterator[bytes], encoding: str, line: int) -> Iterator[bytes]:
    """Decode pieces that may end inside a character, and encode them as UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces:
            text = decoder.decode(piece)
            line += text.count("\n")
            yield text.encode()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        known = error.object[: error.start].decode(encoding, "ignore")
        yield known.encode()
        raise InputProblemError("file_not_text", line + known.count("\n")) from None


def without_mark(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Remove a byte order mark from the beginning."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= len(UTF8_MARK):
            break
    yield head.removeprefix(UTF8_MARK)
    yield from pieces
