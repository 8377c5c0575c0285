"""What a load of expression decided by itself, with the option that decides otherwise."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from apollo_spark.assays.expression.plan.source import PlannedSource
from apollo_spark.assays.expression.sources.files.detected import Detected, Detection
from apollo_spark.assays.expression.sources.ids.mangled import describe_mangled
from apollo_spark.model.record import InputFile
from apollo_spark.sources.findings import list_names

ColumnUse = tuple[str, int, str, str]
"""File, number of a column, its header, and what it was taken for."""


def describe_ids(source: PlannedSource, on_duplicate: str) -> Iterator[str]:
    """Yield what was done with the ids of features."""
    found = source.features
    yield from describe_mangled(source.samples.ids, "samples", "--samples or a manifest")
    if found.kind == "any":
        yield from describe_mangled(found.ids.to_pylist(), "features", "--id-map")
    yield from _describe_copies(source.inputs)
    if found.summary_rows:
        yield (
            f"{found.summary_rows:,} row names that count reads without a feature (N_unmapped, "
            "__no_feature and their like) were left out"
        )
    if found.par_y:
        yield (
            f"{found.par_y:,} copies on Y (_PAR_Y) were kept apart from their originals on X "
            "(--id-map and --on-duplicate join them)"
        )
    if found.versions_stripped:
        yield (
            f"the versions of {found.versions_stripped:,} feature ids were taken away "
            "(--feature-ids any keeps them)"
        )
    if found.repeated and on_duplicate != "refuse":
        yield (
            f"{found.repeated:,} features occur more than once, and their values were joined "
            f"(--on-duplicate {on_duplicate})"
        )


def _describe_copies(inputs: Sequence[InputFile]) -> Iterator[str]:
    """Yield which files have the same content: their samples have the same values."""
    by_content: dict[str, list[str]] = defaultdict(list)
    for each in inputs:
        by_content[each.sha256].append(each.name)
    for names in by_content.values():
        if len(names) > 1:
            yield (
                f"files have the same content, and each was taken: {list_names(names)} "
                "(leave out what is a copy)"
            )


def describe_shape(source: PlannedSource, detection: Detection) -> Iterator[str]:
    """Yield how many samples and features there are, and in which columns."""
    samples, features = len(source.samples.ids), len(source.features.ids)
    yield f"{_count(samples, 'sample')} and {_count(features, 'feature')}"
    for each in detection.files:
        if each.orientation is not None and each.value_columns:
            numbers = [column.index + 1 for column in each.value_columns]
            is_turned = each.orientation == "samples_by_features"
            what = "feature column" if is_turned else "sample column"
            rows = " (samples are rows)" if is_turned else ""
            yield (
                f"{each.file.label}: {_count(len(numbers), what)}{rows}, the first is column "
                f"{numbers[0]} and the last is column {numbers[-1]}"
            )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def list_columns(detection: Detection) -> tuple[ColumnUse, ...]:
    """Return what every column of the files was taken for, with its header, for the report."""
    return tuple(row for each in detection.files for row in _columns_of(each))


def _columns_of(detected: Detected) -> Iterator[ColumnUse]:
    is_turned = detected.orientation == "samples_by_features"
    value = "value" if detected.orientation is None else "feature" if is_turned else "sample"
    uses = {each.index: "left out" for each in detected.metadata_columns}
    uses |= {each.index: value for each in detected.value_columns}
    uses |= dict.fromkeys(detected.id_columns, "sample id" if is_turned else "feature id")
    if detected.sample_column is not None:
        uses[detected.sample_column] = "sample id"
    for at, name in enumerate(detected.header):
        yield detected.file.label, at + 1, name, uses.get(at, "not read")
