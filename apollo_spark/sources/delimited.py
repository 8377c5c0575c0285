"""The top of a delimited file: compression, delimiter, comment lines and header."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding
from apollo_spark.model.rules import Severity
from apollo_spark.sources.inputs import DataFile
from apollo_spark.sources.regular_files import open_regular
from apollo_spark.workers.chunks import find_quotes
from apollo_spark.workers.quoting import find_bare_return
from apollo_spark.workers.source import resolve_encoding
from apollo_spark.workers.values.tidying import tidy_name

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = "\ufeff"
PIECE_BYTES = 64 * 1024
HEADER_LIMIT = 16 * 1024 * 1024
COMMENT = "#"
REPLACED = "\N{REPLACEMENT CHARACTER}"


class Header(Record):
    """What is above the rows of a delimited file.

    `data_start` is the byte at which the first row begins, counted after decompression;
    `data_line` is its physical line, and `line` that of the header, from 1. `text` is the header
    as it is.
    """

    names: tuple[str, ...]
    line: int
    delimiter: str
    compression: Literal["none", "gzip"]
    data_start: int
    data_line: int
    text: str = ""


class HeaderReading(Record):
    """A header, or why there is none."""

    header: Header | None
    findings: tuple[Finding, ...]


def read_header(
    file: DataFile,
    *,
    encoding: str,
    delimiter: str | None = None,
    tidy: Callable[[str], str] = tidy_name,
) -> HeaderReading:
    """Read the header of a data file and detect its delimiter and compression.

    Lines before the header that begin with '#' and blank lines are skipped.

    Args:
        file: The file.
        encoding: That of its text.
        delimiter: What separates its cells; None looks at its name and its header.
        tidy: What is taken away from the cells of the header.
    """
    try:
        compression = detect_compression(Path(file.path))
        top = _Top(file, compression, encoding, delimiter, tidy)
        return top.read(_read_lines(Path(file.path), compression, encoding))
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            return _problem(file, "file_truncated", "the compressed file is cut off or damaged")
        return _problem(file, "file_missing", f"the file cannot be read: {error.strerror}")
    except (EOFError, zlib.error):
        return _problem(file, "file_truncated", "the compressed file is cut off or damaged")
    except csv.Error:
        return _problem(file, "file_not_text", "the file does not begin with a line of text", 1)


def detect_compression(path: Path) -> Literal["none", "gzip"]:
    """Return gzip or none, by the first bytes rather than by the name."""
    with open_regular(path) as stream:
        return "gzip" if stream.read(2) == GZIP_MAGIC else "none"


def _read_lines(path: Path, compression: str, encoding: str) -> Iterator[str]:
    """Yield the decoded lines of a file, with their line ends, as far as they are asked for."""
    with gzip.open(path) if compression == "gzip" else path.open("rb") as stream:
        resolved = resolve_encoding(encoding, stream.read(4))
        stream.seek(0)
        # What is below the header is not judged here: tasks read all of it.
        decoder = codecs.getincrementaldecoder(resolved)(errors="replace")
        begun: list[str] = []
        while piece := stream.read(PIECE_BYTES):
            *lines, rest = decoder.decode(piece).split("\n")
            for line in lines:
                yield "".join([*begun, line, "\n"])
                begun = []
            begun.append(rest)
            if "\0" in rest or REPLACED in rest or sum(map(len, begun)) > HEADER_LIMIT:
                # No line of text, or too long for a header: it may be as long as the file.
                break
        yield "".join(begun) + decoder.decode(b"", final=True)


@dataclass(frozen=True)
class _Top:
    """How the beginning of a file is read."""

    file: DataFile
    compression: Literal["none", "gzip"]
    encoding: str
    delimiter: str | None
    tidy: Callable[[str], str]

    def read(self, lines: Iterator[str]) -> HeaderReading:
        """Find the header among the first lines, or say why there is none."""
        before, text, skipped = "", "", 0
        for line in lines:
            text += line
            problem = self._judge(before, line, text)
            if problem is not None:
                return _problem(self.file, *problem, 1 + skipped)
            # A quote in a comment opens no cell.
            if text.count('"') % 2 and not _is_skipped(text):
                continue
            if _find_bare_return(text) is not None:
                message = "a carriage return occurs alone, without a line feed"
                return _problem(self.file, "line_end", message, 1 + skipped)
            if not _is_skipped(text):
                break
            before, text, skipped = before + text, "", skipped + text.count("\n")
        if _is_skipped(text):
            return _problem(self.file, "file_empty", "the file has no header")
        return HeaderReading(header=self._header(before, text, skipped), findings=())

    def _judge(self, before: str, line: str, text: str) -> tuple[str, str] | None:
        """Return the rule that the first lines break so far, and what is to be said."""
        if "\0" in line or REPLACED in line:
            message = f"the file does not begin with a line of text in {self.encoding}"
            return "file_not_text", message
        if len(before) + len(text) > HEADER_LIMIT:
            limit = f"{HEADER_LIMIT >> 20} MB"
            return "row_too_long", f"the first line that is not a comment is not within {limit}"
        return None

    def _header(self, before: str, text: str, skipped: int) -> Header:
        header = text.removeprefix(BYTE_ORDER_MARK).rstrip("\r\n")
        delimiter = self.delimiter or _detect_delimiter(header, self.file.path)
        names = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter))
        return Header(
            names=tuple(map(self.tidy, names)),
            text=header,
            line=1 + skipped,
            delimiter=delimiter,
            compression=self.compression,
            data_start=_encoded_length(before + text, self.encoding),
            data_line=1 + skipped + text.count("\n"),
        )


def _find_bare_return(text: str) -> int | None:
    """Return where a carriage return outside quotes has no line feed after it, if anywhere."""
    data = text.encode()
    return find_bare_return(data, find_quotes(data))


def _encoded_length(text: str, encoding: str) -> int:
    """Return how many bytes a text from the beginning of a file took there."""
    return len(text.encode(resolve_encoding(encoding, b"")))


def _is_skipped(text: str) -> bool:
    bare = text.removeprefix(BYTE_ORDER_MARK).strip()
    return not bare or bare.startswith(COMMENT)


def _detect_delimiter(header: str, path: str) -> str:
    """Take what the name says, unless the header shows only the other delimiter."""
    is_tsv = path.lower().removesuffix(".gz").endswith((".tsv", ".tab"))
    named, other = ("\t", ",") if is_tsv else (",", "\t")
    return other if named not in header and other in header else named


def _problem(file: DataFile, rule: str, message: str, line: int | None = None) -> HeaderReading:
    found = Finding(
        rule=rule,
        severity=Severity.REFUSE,
        message=message,
        file=file.label,
        line=line,
        entity=file.entity,
    )
    return HeaderReading(header=None, findings=(found,))
