"""Read a manifest: which file holds the values of which sample."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from apollo_spark.assays.expression.sources.files.columns import show_columns, to_columns
from apollo_spark.assays.expression.sources.files.top import SourceFile
from apollo_spark.assays.expression.sources.formats.formats import MANIFEST_COLUMNS
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.findings import PLACES_LIMIT, finding_of, finding_of_lines, list_names
from apollo_spark.sources.regular_files import why_unreadable
from apollo_spark.sources.text_table import TextTable, read_text_table

SAMPLE, FILE = MANIFEST_COLUMNS


class ManifestRow(Record):
    """A sample and its file; `line` is the physical line of the manifest."""

    sample_id: str
    file: SourceFile
    line: int


class Manifest(Record):
    """The rows of a manifest whose file is there, and what is wrong with the others."""

    rows: tuple[ManifestRow, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def read_manifest(file: SourceFile, beside: Sequence[SourceFile] = ()) -> Manifest:
    """Read a manifest with the columns sample_id and file.

    Args:
        file: A csv or tsv file; its paths are relative to the folder in which it lies.
        beside: Files that were given with the manifest: each must have a row.
    """
    reading = read_text_table(Path(file.path), may_be_tabbed=True)
    label = file.label
    findings = [each.model_copy(update={"file": label}) for each in reading.findings]
    table = reading.table
    missing = [each for each in MANIFEST_COLUMNS if table and each not in table.columns]
    if table is None or missing:
        if missing:
            text = f"a manifest has the columns sample_id and file; missing: {list_names(missing)}"
            findings.append(finding_of("source_format", text, file=label, line=1))
        return Manifest(rows=(), findings=tuple(findings))
    rows = tuple(_read_rows(table, file))
    findings += _find_problems(table, rows, label, beside)
    if not table.rows:
        findings.append(finding_of("file_empty", "the manifest has no rows", file=label))
    ignored = [at for at, name in enumerate(table.columns) if name not in MANIFEST_COLUMNS]
    shown = show_columns(to_columns(table.columns, ignored))
    note = (f"columns of the manifest were not read: {shown}",) if ignored else ()
    kept = tuple(each for each in rows if _is_readable(each) and each.sample_id)
    return Manifest(rows=kept, findings=tuple(findings), notes=note)


def _is_readable(row: ManifestRow) -> bool:
    path = Path(row.file.path)
    return path.is_file() and why_unreadable(path) is None


def _read_rows(table: TextTable, file: SourceFile) -> Iterator[ManifestRow]:
    """Yield the rows that name a file, whether it is there or not."""
    folder, shown = Path(file.path).parent, Path(file.label).parent
    for row in table.rows:
        if given := row[FILE].strip():
            source = SourceFile(
                label=str(shown / given),
                path=str((folder / given).resolve()),
                delimiter=file.delimiter,
            )
            yield ManifestRow(sample_id=row[SAMPLE].strip(), file=source, line=row.line)


def _find_problems(
    table: TextTable, rows: Sequence[ManifestRow], label: str, beside: Sequence[SourceFile]
) -> Iterator[Finding]:
    """Yield rows without file or sample, things that occur twice, and files without row."""
    no_file = [row.line for row in table.rows if not row[FILE].strip()]
    no_sample = [row.line for row in table.rows if not row[SAMPLE].strip()]
    absent = [each for each in rows if not _is_readable(each)]
    if no_file:
        yield finding_of_lines("manifest_file", "a row names no file", file=label, lines=no_file)
    if no_sample:
        text = "a row names no sample"
        yield finding_of_lines("manifest_file", text, file=label, lines=no_sample)
    if absent:
        yield _describe_absent(absent, label)
    yield from _find_repeated(rows, label)
    named = {each.file.path for each in rows}
    for given in beside:
        if given.path not in named:
            text = f"the file has no row in the manifest {label}"
            yield finding_of("manifest_file", text, file=given.label)


def _describe_absent(rows: Sequence[ManifestRow], label: str) -> Finding:
    """Describe rows whose file is not there; the cell may be an id, where columns are exchanged."""
    lines = [each.line for each in rows]
    found = finding_of_lines(
        "manifest_file", "a row names a file that is not there", file=label, lines=lines
    )
    places = tuple(Place(line=each.line, value=each.file.label) for each in rows[:PLACES_LIMIT])
    return found.model_copy(update={"places": places})


def _find_repeated(rows: Sequence[ManifestRow], label: str) -> Iterator[Finding]:
    by_sample: dict[str, list[int]] = defaultdict(list)
    by_file: dict[str, list[int]] = defaultdict(list)
    for each in rows:
        by_sample[each.sample_id].append(each.line)
        by_file[each.file.path].append(each.line)
    samples = [line for name, lines in by_sample.items() if name for line in lines[1:]]
    files = [line for lines in by_file.values() for line in lines[1:]]
    if samples:
        text = "a row names a sample that an earlier row names"
        yield finding_of_lines("sample_repeated", text, file=label, lines=samples)
    if files:
        text = "a row names a file that an earlier row names"
        yield finding_of_lines("manifest_file", text, file=label, lines=files)
