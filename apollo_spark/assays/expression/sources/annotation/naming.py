"""Names of samples that an option gives, and what an option says of columns that are not there."""

from collections.abc import Iterator, Sequence

from apollo_spark.assays.expression.sources.files.detected import Column, Detected, Detection
from apollo_spark.assays.expression.sources.files.reading import SampleColumns
from apollo_spark.errors import UsageError
from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.findings import PLACES_LIMIT, finding_of

MATRICES = ("matrix", "featurecounts")
OF_ROWS = ("long", "manifest")


def require_names(samples: Sequence[str]) -> None:
    """Require that a list of samples names each of them, and once.

    Raises:
        UsageError: It does not.
    """
    if not all(each.strip() for each in samples):
        raise UsageError("--samples names a sample without a name.")
    if len(set(samples)) < len(samples):
        raise UsageError("--samples names a sample twice.")


def name_by_list(detection: Detection, samples: Sequence[str]) -> Detection:
    """Give the columns of values of matrices the names of a list, in the order of the files."""
    if not samples or detection.format is None:
        return detection
    is_turned = any(each.orientation == "samples_by_features" for each in detection.files)
    label = detection.files[0].file.label
    if detection.format in OF_ROWS or is_turned:
        text = "--samples names columns or files, and here the samples are in the rows"
        return _with(detection, (finding_of("source_format", text, file=label),))
    if detection.format not in MATRICES:
        return detection
    count = sum(len(each.value_columns) for each in detection.files)
    if count != len(samples):
        return _with(detection, (describe_count(len(samples), count, "columns of values", label),))
    names = iter(samples)
    files = tuple(_named(each, names) for each in detection.files)
    return detection.model_copy(update={"files": files})


def describe_count(named: int, there: int, what: str, label: str) -> Finding:
    """Describe a list of samples that is longer or shorter than what it names."""
    text = f"--samples names {named:,} samples, and there are {there:,} {what}"
    return finding_of("matrix_header", text, file=label)


def _named(detected: Detected, names: Iterator[str]) -> Detected:
    columns = tuple(Column(index=each.index, name=next(names)) for each in detected.value_columns)
    return detected.model_copy(update={"value_columns": columns})


def check_sample_columns(
    detection: Detection, columns: SampleColumns | None, given: str | None
) -> Detection:
    """Find what `--sample-columns` names and no file has; it holds for matrices alone."""
    if columns is None or given is None or detection.format is None:
        return detection
    if detection.format not in MATRICES:
        text = "--sample-columns chooses columns of a matrix, and here the samples are elsewhere"
        label = detection.files[0].file.label
        return _with(detection, (finding_of("source_format", text, file=label),))
    there = {name for each in detection.files for name in each.header}
    absent = sorted(columns.names - there)
    if not absent:
        return detection
    found = finding_of("matrix_header", "names of sample columns are in no header", file=given)
    places = tuple(Place(line=None, value=each) for each in absent[:PLACES_LIMIT])
    changes = {"count": len(absent), "places": places}
    return _with(detection, (found.model_copy(update=changes),))


def _with(detection: Detection, findings: tuple[Finding, ...]) -> Detection:
    return detection.model_copy(update={"findings": (*detection.findings, *findings)})
