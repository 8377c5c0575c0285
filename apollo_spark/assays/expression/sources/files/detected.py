"""What detection says about a file: format, orientation, and what each column holds."""

from collections.abc import Sequence
from typing import Literal

from apollo_spark.assays.expression.sources.files.top import SourceFile
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding

Orientation = Literal["features_by_samples", "samples_by_features"]


class Column(Record):
    """A column by its 0-based place; `name` is a sample id, a feature id or a header cell."""

    index: int
    name: str


class Detected(Record):
    """An expression file as it was recognised.

    Attributes:
        file: The raw file.
        format: A word of `--format` other than auto.
        orientation: Of a matrix; None for every other format.
        delimiter: One character.
        compression: Of the raw bytes.
        has_header: Whether a header is above the rows.
        header: One name per column. Where a file has no header, the names that its format gives.
        id_columns: Places of the columns whose cells, joined by '-', identify a row; of a long
            file the place of the feature id.
        sample_column: Place of the sample id in a long file.
        metadata_columns: Columns beside the values: names, descriptions, positions.
        value_columns: Columns of a matrix by sample id, or by feature id where samples are the
            rows; the one column of values of a long file; none for files of one sample.
        data_start: Byte, after decompression, at which the first row begins.
        data_line: 1-based physical line of the first row.
        notes: What was decided on the way, for people.
    """

    file: SourceFile
    format: str
    orientation: Orientation | None = None
    delimiter: str
    compression: Literal["none", "gzip"]
    has_header: bool = True
    header: tuple[str, ...]
    id_columns: tuple[int, ...] = (0,)
    sample_column: int | None = None
    metadata_columns: tuple[Column, ...] = ()
    value_columns: tuple[Column, ...] = ()
    data_start: int
    data_line: int
    notes: tuple[str, ...] = ()


class FileDetection(Record):
    """What one file is, or why that cannot be said."""

    detected: Detected | None = None
    findings: tuple[Finding, ...] = ()


class Detection(Record):
    """What the files of a source are; `format` is None where that of no file is known.

    `files` are those of the format and orientation that most files have. Of a manifest that was
    given with other files, it holds the manifest and `beside` them.
    """

    format: str | None
    files: tuple[Detected, ...]
    findings: tuple[Finding, ...]
    beside: tuple[SourceFile, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided, with the file where there are several; what holds of many is once."""
        if len(self.files) == 1:
            return self.files[0].notes
        labels: dict[str, list[str]] = {}
        for each in self.files:
            for note in each.notes:
                labels.setdefault(note, []).append(each.file.label)
        return tuple(f"{_show(files)}: {note}" for note, files in labels.items())


def _show(labels: Sequence[str]) -> str:
    return labels[0] + (f" and {len(labels) - 1:,} more files" if len(labels) > 1 else "")
