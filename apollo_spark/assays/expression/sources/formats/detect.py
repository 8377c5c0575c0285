"""Say what the files of an expression source are, and compare it with what was stated."""

import gzip
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from apollo_spark.assays.expression.sources.files.detected import (
    Column,
    Detected,
    Detection,
    FileDetection,
)
from apollo_spark.assays.expression.sources.files.quantifiers import FORMATS
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.files.top import SourceFile, Top, read_top
from apollo_spark.assays.expression.sources.files.words import find_unit
from apollo_spark.assays.expression.sources.formats.formats import recognise
from apollo_spark.assays.expression.sources.formats.matrix import detect_matrix
from apollo_spark.assays.expression.sources.formats.value_columns import check_value_columns
from apollo_spark.errors import UsageError
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_options import find_parting, name_delimiter

AUTO = "auto"
PLAIN = Reading()
MANIFEST = "manifest"
TITLES = {
    "matrix": "a matrix",
    "long": "a long table of feature, sample and value",
    "manifest": "a manifest of sample_id and file",
    "salmon": "an output of Salmon",
    "sailfish": "an output of Sailfish",
    "kallisto": "an output of kallisto",
    "rsem": "an output of RSEM",
    "star": "gene counts of STAR",
    "featurecounts": "an output of featureCounts",
    "htseq": "an output of htseq-count",
    "stringtie": "an output of StringTie",
    "gdc": "augmented STAR counts of the GDC",
}


def require_format(word: str) -> str:
    """Return a word of `--format` unchanged.

    Raises:
        UsageError: There is no such format.
    """
    if word not in (AUTO, *FORMATS):
        raise UsageError(
            f"{word!r} is not a format{did_you_mean(word, FORMATS)}.",
            why=f"Formats are {', '.join((AUTO, *FORMATS))}.",
        )
    return word


def detect_source(
    files: Sequence[SourceFile], *, stated: str = AUTO, reading: Reading = PLAIN
) -> Detection:
    """Recognise the files of one source, which all have one format and orientation.

    Args:
        files: Raw files that exist.
        stated: A word of `--format`; one that the files do not bear out is a finding.
        reading: What the options say of the columns.
    """
    allowed = AUTO if stated == MANIFEST else stated
    each = [_detect_file(file, allowed, reading) for file in files]
    manifests = [one for one in each if one.detected and one.detected.format == MANIFEST]
    if len(manifests) == 1:
        return _of_manifest(manifests[0], files)
    if stated == MANIFEST:
        each = [_detect_file(file, stated, reading) for file in files]
    found = [one.detected for one in each if one.detected is not None]
    findings = [finding for one in each for finding in one.findings]
    kinds = Counter((one.format, one.orientation) for one in found)
    if not kinds:
        return Detection(format=None, files=(), findings=tuple(findings))
    usual = kinds.most_common(1)[0][0]
    chosen = tuple(one for one in found if (one.format, one.orientation) == usual)
    findings += [
        finding_of("source_format", _describe_difference(one, usual), file=one.file.label)
        for one in found
        if one not in chosen
    ]
    return Detection(format=usual[0], files=chosen, findings=tuple(findings))


def _of_manifest(found: FileDetection, files: Sequence[SourceFile]) -> Detection:
    """Set the manifest apart from the files that were given with it."""
    manifest = found.detected
    assert manifest is not None
    beside = tuple(each for each in files if each.path != manifest.file.path)
    return Detection(format=MANIFEST, files=(manifest,), findings=found.findings, beside=beside)


def detect_sample_file(file: SourceFile, reading: Reading = PLAIN) -> FileDetection:
    """Recognise a file that a manifest names: a quantifier's output, or ids and one value."""
    found = _detect_file(file, AUTO, replace(reading, columns=None, is_named=True))
    detected = found.detected
    if detected is None or detected.format not in ("long", "manifest", "matrix", "featurecounts"):
        return found
    chosen = _find_values(detected, reading.unit)
    if detected.format in ("matrix", "featurecounts") and len(chosen) == 1:
        return FileDetection(detected=detected.model_copy(update={"value_columns": chosen}))
    columns = len(detected.value_columns)
    what = TITLES[detected.format] + (f" of {columns} samples" if columns else "")
    text = f"a manifest names files of one sample, and this is {what}"
    return FileDetection(findings=(finding_of("source_format", text, file=file.label),))


def _find_values(detected: Detected, unit: str) -> tuple[Column, ...]:
    """Return the column of values; of several quantities that of the unit that is loaded."""
    columns = detected.value_columns
    units = [find_unit(each.name) for each in columns]
    if len(columns) == 1 or None in units:
        return columns
    same = tuple(each for each, own in zip(columns, units, strict=True) if own == unit)
    return same or columns


def _detect_file(file: SourceFile, stated: str, reading: Reading) -> FileDetection:
    found = read_top(file)
    if found.top is None:
        return FileDetection(findings=found.findings)
    try:
        return _detect(found.top, stated, reading)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        text = "the compressed file is cut off or damaged"
        return FileDetection(findings=(finding_of("file_truncated", text, file=file.label),))


def _detect(top: Top, stated: str, reading: Reading) -> FileDetection:
    known = recognise(top, stated, reading)
    word = "matrix" if known is None else known.format
    has_header = reading.has_header if known is None else known.has_header
    if not top.rows and has_header:
        text = "the file has no rows below its header"
        return FileDetection(findings=(finding_of("file_empty", text, file=top.file.label),))
    if stated not in (AUTO, word):
        text = f"the file was said to be {TITLES[stated]}, and it looks like {TITLES[word]}"
        text += f" ({len(top.names):,} columns)"
        other = find_parting(top.names[0], ",") if len(top.names) == 1 else None
        text += f"; its cells are separated by {name_delimiter(other)}" if other else ""
        return FileDetection(findings=(finding_of("source_format", text, file=top.file.label),))
    if known is None:
        return detect_matrix(top, reading)
    if known.format == "featurecounts":
        return check_value_columns(known, reading)
    return FileDetection(detected=known)


def _describe_difference(one: Detected, usual: tuple[str, str | None]) -> str:
    word, orientation = usual
    if one.format != word:
        return f"the file is {TITLES[one.format]}, and most of the source is {TITLES[word]}"
    sides = str(orientation).replace("_", " ")
    return f"the matrix is turned: most of the source is {sides}"
