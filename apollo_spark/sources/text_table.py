"""Read a small delimited text file whole: a dictionary, a coding file, a list.

Raw data files are not read here: they may be larger than memory.
"""

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of, finding_of_lines
from apollo_spark.sources.regular_files import TooLargeError, read_bounded
from apollo_spark.sources.text_options import find_parting, name_delimiter
from apollo_spark.workers.values.tidying import tidy_name

MOST_ROWS = 1_000_000
"""Rows of a small file: memory holds all of them, with their cells by name."""
_TOO_MANY = "too many rows"


@dataclass(frozen=True)
class TextRow:
    """One row: the physical line (from 1) on which it begins, and its cells by column.

    A column that the file lacks reads as an empty cell.
    """

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class TextTable:
    """The rows of a file under its column names, which are stripped and in lower case.

    `is_whole` is false when rows were left out because they could not be read: what such a table
    does not hold may still be in the file.
    """

    file: str
    columns: tuple[str, ...] = ()
    rows: tuple[TextRow, ...] = ()
    is_whole: bool = True


@dataclass(frozen=True)
class TableReading:
    """A table, or None where the file has no header to read rows under, and all problems."""

    table: TextTable | None
    findings: tuple[Finding, ...] = ()


def read_text_table(path: Path, *, may_be_tabbed: bool = False) -> TableReading:
    """Read a csv file, or a tsv file by its ending; plain or gzip, UTF-8, LF or CRLF.

    Comment lines (beginning with '#') and blank lines before the header are skipped, and so are
    rows without any value.

    Args:
        path: The file.
        may_be_tabbed: Whether a header with tabs and no comma makes it a tsv file, whatever its
            ending.
    """
    try:
        content = read_bounded(path)
        text = content.decode("utf-8-sig")
    except TooLargeError as error:
        return _unread(path, "file_too_large", f"the file is too large: {error}")
    except EOFError:
        return _unread(path, "file_truncated", "the compressed file is cut off")
    except (zlib.error, gzip.BadGzipFile):
        return _unread(path, "file_damaged", "the compressed file is damaged")
    except OSError as error:
        return _unread(path, "file_missing", f"the file cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return _unread(path, "file_not_text", "the file is not UTF-8 text", content, error.start)
    if "\0" in text:
        position = content.index(b"\0")
        return _unread(path, "file_not_text", "the file holds NUL bytes", content, position)
    is_tsv = path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab"))
    if may_be_tabbed:
        header = next(filter(_is_content, _iterate_lines(text)), "")
        is_tsv = is_tsv or ("\t" in header and "," not in header)
    return parse_text_table(text, file=str(path), delimiter="\t" if is_tsv else ",")


def parse_text_table(text: str, *, file: str, delimiter: str = ",") -> TableReading:
    """Read a delimited text with a header; see `read_text_table`."""
    above = list(takewhile(lambda line: not _is_content(line), _iterate_lines(text)))
    start, skipped = sum(map(len, above)), len(above)
    other = find_parting(next(_iterate_lines(text, start), ""), delimiter)
    if other is not None:
        finding = finding_of("source_format", _say_parting(other, delimiter), file=file)
        return TableReading(None, (finding.model_copy(update={"line": skipped + 1}),))
    lines = _iterate_lines(text, start)
    records, problem = _read_records(lines, delimiter, first_line=skipped + 1)
    if not records:
        finding = _describe_error(problem, file) or finding_of(
            "file_empty", "the file has no header", file=file
        )
        return TableReading(None, (finding,))
    columns = _to_names(records[0][1])
    repeated = [each for each, times in Counter(columns).items() if times > 1 and each]
    if repeated:
        found = (_repeated_column(file, records[0][0], each) for each in repeated)
        return TableReading(None, tuple(found))
    return _build_table(file, columns, records[1:], _describe_error(problem, file))


def _say_parting(other: str, delimiter: str) -> str:
    wanted = "tabs, as its ending says" if delimiter == "\t" else "commas"
    also = ", or call the file .tsv" if other == "\t" else ""
    return f"its cells are separated by {name_delimiter(other)}: part them by {wanted}{also}"


def _build_table(
    file: str,
    columns: tuple[str, ...],
    records: Sequence[tuple[int, list[str]]],
    unread: Finding | None,
) -> TableReading:
    rows: list[TextRow] = []
    wrong: list[int] = []
    headers: list[int] = []
    for line, cells in records:
        if len(cells) != len(columns):
            wrong.append(line)
        elif columns[0] in cells[0].lower() and _to_names(cells) == columns:
            headers.append(line)
        elif any(cells):
            rows.append(TextRow(line, dict(zip(columns, cells, strict=True))))
    findings = [] if unread is None else [unread]
    if wrong:
        message = f"a row does not have the {len(columns)} cells of the header"
        findings.append(finding_of_lines("row_length", message, file=file, lines=wrong))
    if headers:
        message = "the header occurs again among the rows"
        findings.append(finding_of_lines("header_repeated", message, file=file, lines=headers))
    table = TextTable(file, columns, tuple(rows), is_whole=not (wrong or unread))
    return TableReading(table, tuple(findings))


def _read_records(
    lines: Iterator[str], delimiter: str, *, first_line: int
) -> tuple[list[tuple[int, list[str]]], tuple[int, str] | None]:
    """Return the records with their lines, and the line and text of what ended the reading."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    while True:
        line = first_line + reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as error:
            return records, (line, str(error))
        if cells is None:
            return records, None
        if cells:
            if len(records) > MOST_ROWS:
                return records[:1], (line, _TOO_MANY)
            records.append((line, cells))


def _to_names(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(tidy_name(each).lower() for each in cells)


def _iterate_lines(text: str, start: int = 0) -> Iterator[str]:
    """Yield lines with their ends: at line feeds only, as files have them."""
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _describe_error(problem: tuple[int, str] | None, file: str) -> Finding | None:
    if problem is None:
        return None
    line, text = problem
    if text == _TOO_MANY:
        message = f"the file has more than {MOST_ROWS:,} rows"
        return finding_of("file_too_large", message, file=file, line=line)
    if "field limit" in text:
        message = f"a cell is longer than {csv.field_size_limit():,} characters"
        return finding_of("file_too_large", message, file=file, line=line)
    if "new-line character" in text:
        message = "a carriage return occurs alone, without a line feed"
        return finding_of("line_end", message, file=file, line=line)
    message = "the row that begins here has a quote in the wrong place, or one that never closes"
    return finding_of("quoting", message, file=file, line=line)


def _repeated_column(file: str, line: int, column: str) -> Finding:
    message = f"column '{column}' occurs more than once in the header"
    return finding_of("header_repeated_column", message, file=file, line=line, column=column)


def _unread(
    path: Path, rule: str, message: str, content: bytes = b"", position: int | None = None
) -> TableReading:
    line = None if position is None else content.count(b"\n", 0, position) + 1
    return TableReading(None, (finding_of(rule, message, file=str(path), line=line),))
