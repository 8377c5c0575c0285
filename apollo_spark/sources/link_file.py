"""Read a linking file: which sample belongs to which value of a field."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from apollo_spark.model.field import FieldType
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.record import InputFile
from apollo_spark.sources.findings import finding_of, finding_of_lines
from apollo_spark.sources.text_table import TextTable, read_text_table
from apollo_spark.workers.values.convert import convert

SAMPLE_ID, KEY = "sample_id", "key"


@dataclass(frozen=True)
class LinkFile:
    """The rows of a linking file.

    Attributes:
        input: The file.
        table: Columns `sample_id` and `key`, in the order of the file, each sample once.
        incomplete: Rows in which a cell is empty; they link nothing and are not in the table.
        repeated: Samples that are in several rows.
    """

    input: InputFile
    table: pa.Table
    incomplete: int
    repeated: int


@dataclass(frozen=True)
class LinkReading:
    """A linking file, or None where it cannot be used, and all that is wrong."""

    file: LinkFile | None
    findings: tuple[Finding, ...] = ()


def read_link_file(path: Path, type_: FieldType) -> LinkReading:
    """Read a csv file, or tsv by its ending, with a header; its first two columns count.

    Args:
        path: The file.
        type_: The type of the field whose values are in the second column.
    """
    reading = read_text_table(path)
    if reading.table is None:
        return LinkReading(None, tuple(map(_unnamed, reading.findings)))
    if len(reading.table.columns) < 2:
        message = "a linking file has two columns: ids of samples, and values of the field"
        finding = finding_of("source_format", message, file=str(path), line=1)
        return LinkReading(None, (*reading.findings, finding))
    samples, keys, wrong = _read_columns(reading.table, type_)
    findings = (*reading.findings, *wrong)
    if findings:
        return LinkReading(None, findings)
    return LinkReading(_link_file(path, samples, keys))


def _read_columns(
    table: TextTable, type_: FieldType
) -> tuple[pa.Array, pa.Array, tuple[Finding, ...]]:
    first, second = table.columns[:2]
    samples = pa.array([row[first] or None for row in table.rows], pa.string())
    texts = pa.array([row[second] or None for row in table.rows], pa.string())
    found = convert(texts, type_.value, ())
    if not found.bad.any():
        return samples, found.values, ()
    lines = [table.rows[at].line for at in np.flatnonzero(found.bad)]
    message = f"a value of the second column is not of type {type_}, and the field it names is"
    wrong = finding_of_lines(f"cell_{type_}", message, file=table.file, lines=lines, column="2")
    return samples, found.values, (wrong,)


def _unnamed(finding: Finding) -> Finding:
    """Take names of columns away: without a header, ids of samples and people are there."""
    if finding.rule != "header_repeated_column":
        return finding
    place = Place(line=finding.line, value=finding.column)
    message = "two columns of the header have one name: is the header missing?"
    return finding.model_copy(update={"message": message, "column": None, "places": (place,)})


def _link_file(path: Path, samples: pa.Array, keys: pa.Array) -> LinkFile:
    rows = pa.table({SAMPLE_ID: samples, KEY: keys})
    whole = rows.drop_null()
    times = Counter(whole.column(SAMPLE_ID).to_pylist())
    content = path.read_bytes()
    return LinkFile(
        input=InputFile(
            role="link",
            name=str(path),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        ),
        table=_each_once(whole),
        incomplete=rows.num_rows - whole.num_rows,
        repeated=sum(1 for count in times.values() if count > 1),
    )


def _each_once(rows: pa.Table) -> pa.Table:
    """Return the first row of each sample."""
    first: dict[str, int] = {}
    for place, sample in enumerate(rows.column(SAMPLE_ID).to_pylist()):
        first.setdefault(sample, place)
    return rows.take(pa.array(first.values(), pa.int64())).combine_chunks()
