"""Whether the columns of values have names that samples, or features, can have."""

from collections.abc import Sequence

from apollo_spark.assays.expression.sources.files.columns import list_numbers
from apollo_spark.assays.expression.sources.files.detected import Column, Detected, FileDetection
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.files.words import find_unit
from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.findings import finding_of

OTHER_DELIMITERS = (";", "|", " ")


def check_value_columns(detected: Detected, reading: Reading) -> FileDetection:
    """Find columns whose name is not a sample's; without columns of values it is not a matrix."""
    file = detected.file.label
    if not detected.value_columns:
        why = "" if len(detected.header) > 1 else _describe_delimiter(detected)
        found = finding_of("source_format", f"no column holds numbers{why}", file=file)
        return FileDetection(findings=(found,))
    if reading.is_named:
        return FileDetection(detected=detected)
    blank = [each for each in detected.value_columns if not each.name]
    quantities = [each for each in detected.value_columns if find_unit(each.name) is not None]
    findings = []
    if blank:
        text = f"columns have no name in the header: {list_numbers(blank)}"
        findings.append(_of_header(detected, text, blank))
    if quantities:
        what = "sample" if detected.orientation == "features_by_samples" else "feature"
        text = (
            f"the header names a quantity and no {what} in column {list_numbers(quantities)}; "
            "a manifest of sample_id and file names the samples, or --samples LIST"
        )
        findings.append(_of_header(detected, text, quantities))
    return FileDetection(detected=detected, findings=tuple(findings))


def _of_header(detected: Detected, text: str, columns: Sequence[Column]) -> Finding:
    line = detected.data_line - 1
    found = finding_of("matrix_header", text, file=detected.file.label, line=line)
    places = tuple(Place(line=line, value=each.name) for each in columns)
    return found.model_copy(update={"places": places, "count": len(columns)})


def _describe_delimiter(detected: Detected) -> str:
    """Say what seems to separate the cells of a file of one column."""
    name = detected.header[0]
    likely = max(OTHER_DELIMITERS, key=name.count)
    if name.count(likely):
        return f"; its header seems to be separated by '{likely}' (--delimiter '{likely}')"
    return "; cells are separated by commas or tabs, or as --delimiter says"
