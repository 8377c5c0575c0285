"""The top of a delimited file: compression, delimiter, comment lines and header."""

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from apollo_spark.model.base import Record
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.findings import Finding, Severity
from apollo_spark.sources.inputs import DataFile
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.workers.chunks import find_quotes
from apollo_spark.workers.quoting import find_bare_return
from apollo_spark.workers.source import resolve_encoding

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = "\ufeff"
PIECE_BYTES = 64 * 1024
HEADER_LIMIT = 16 * 1024 * 1024
COMMENT = "#"
REPLACED = "\N{REPLACEMENT CHARACTER}"


class Header(Record):
    """What stands above the rows of a delimited file.

    `data_start` is the byte at which the first row begins, counted after decompression;
    `data_line` is its physical line, and `line` that of the header, from 1.
    """

    names: tuple[str, ...]
    line: int
    delimiter: str
    compression: Literal["none", "gzip"]
    data_start: int
    data_line: int


class HeaderReading(Record):
    """A header, or why there is none."""

    header: Header | None
    findings: tuple[Finding, ...]


def read_header(file: DataFile, *, encoding: str) -> HeaderReading:
    """Read the header of a data file and detect its delimiter and compression.

    Lines before the header that begin with '#' and blank lines are skipped.
    """
    compression = detect_compression(Path(file.path))
    try:
        lines = _read_lines(Path(file.path), compression, encoding)
        return _read_header(file, lines, compression=compression, encoding=encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return _problem(file, "file_truncated", "the compressed file is cut off or damaged")
    except csv.Error:
        return _problem(file, "file_not_text", "the file does not begin with a line of text", 1)


def detect_compression(path: Path) -> Literal["none", "gzip"]:
    """Return gzip or none, by the first bytes rather than by the name."""
    with path.open("rb") as stream:
        return "gzip" if stream.read(2) == GZIP_MAGIC else "none"


def _read_lines(path: Path, compression: str, encoding: str) -> Iterator[str]:
    """Yield the decoded lines of a file, with their line ends, as far as they are asked for."""
    with gzip.open(path) if compression == "gzip" else path.open("rb") as stream:
        resolved = resolve_encoding(encoding, stream.read(4))
        stream.seek(0)
        # What stands below the header is not judged here: tasks read all of it.
        decoder = codecs.getincrementaldecoder(resolved)(errors="replace")
        text = ""
        while piece := stream.read(PIECE_BYTES):
            text += decoder.decode(piece)
            *lines, text = text.split("\n")
            yield from (f"{line}\n" for line in lines)
        yield text + decoder.decode(b"", final=True)


def check_header(file: DataFile, header: Header, entity: Entity) -> tuple[Finding, ...]:
    """Compare the columns of a file with the fields of its entity, both ways."""
    wanted = {spec.header for spec in entity.fields}
    given = Counter(header.names)
    if not wanted & set(given):
        # It may be a row of data, whose values must not be shown.
        text = f"no column of entity '{entity.name}' stands here: is the header missing?"
        found = [_finding(file, "header_missing_column", text)]
    else:
        found = [*_repeated(file, given), *_differences(file, given, entity)]
    return tuple(each.model_copy(update={"line": header.line}) for each in found)


def _repeated(file: DataFile, given: Counter[str]) -> list[Finding]:
    return [
        _finding(file, "header_repeated_column", f"column '{name}' stands {times} times", name)
        for name, times in given.items()
        if times > 1
    ]


def _differences(file: DataFile, given: Counter[str], entity: Entity) -> list[Finding]:
    wanted = {spec.header for spec in entity.fields}
    found = []
    for spec in entity.fields:
        if spec.header not in given:
            hint = did_you_mean(spec.header, tuple(set(given) - wanted))
            text = f"field '{entity.name}.{spec.name}' has no column '{spec.header}'{hint}"
            found.append(_finding(file, "header_missing_column", text, spec.header))
    missing = tuple(wanted - set(given))
    for name in given:
        if name not in wanted:
            text = f"column '{name}' is not in the dictionary{did_you_mean(name, missing)}"
            found.append(_finding(file, "header_unknown_column", text, name))
    return found


def _read_header(
    file: DataFile, lines: Iterator[str], *, compression: Literal["none", "gzip"], encoding: str
) -> HeaderReading:
    before, text, skipped = "", "", 0
    for line in lines:
        text += line
        if len(before) + len(text) > HEADER_LIMIT or "\0" in line or REPLACED in line:
            message = f"the file does not begin with a line of text in {encoding}"
            return _problem(file, "file_not_text", message, 1 + skipped)
        # A quote in a comment opens no cell.
        if text.count('"') % 2 and not _is_skipped(text):
            continue
        if _find_bare_return(text) is not None:
            message = "a carriage return stands alone, without a line feed"
            return _problem(file, "line_end", message, 1 + skipped)
        if not _is_skipped(text):
            break
        before, text, skipped = before + text, "", skipped + text.count("\n")
    if _is_skipped(text):
        return _problem(file, "file_empty", "the file has no header")
    header = text.removeprefix(BYTE_ORDER_MARK).rstrip("\r\n")
    delimiter = _detect_delimiter(header, file.path)
    names = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter))
    read = Header(
        names=tuple(name.strip() for name in names),
        line=1 + skipped,
        delimiter=delimiter,
        compression=compression,
        data_start=_encoded_length(before + text, encoding),
        data_line=1 + skipped + text.count("\n"),
    )
    return HeaderReading(header=read, findings=())


def _find_bare_return(text: str) -> int | None:
    """Return where a carriage return outside quotes stands without a line feed, if anywhere."""
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


def _finding(file: DataFile, rule: str, message: str, column: str | None = None) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.REFUSE,
        message=message,
        file=file.label,
        entity=file.entity,
        column=column,
    )


def _problem(file: DataFile, rule: str, message: str, line: int | None = None) -> HeaderReading:
    found = _finding(file, rule, message).model_copy(update={"line": line})
    return HeaderReading(header=None, findings=(found,))
