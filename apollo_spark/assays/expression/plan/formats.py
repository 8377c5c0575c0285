"""Plan a source by its format."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from apollo_spark.assays.expression.plan.long import plan_long
from apollo_spark.assays.expression.plan.matrices import plan_matrices
from apollo_spark.assays.expression.plan.sample_files import describe_units, plan_sample_files
from apollo_spark.assays.expression.plan.source import SourcePlanning, SourceRequest
from apollo_spark.assays.expression.sources.files.columns import list_numbers
from apollo_spark.assays.expression.sources.files.detected import Detected, Detection
from apollo_spark.assays.expression.sources.formats.samples import (
    compile_pattern,
    rename_alignments,
)
from apollo_spark.assays.expression.tasks.tiles.spec import UnitRules
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of

STRANDED = ("star", "gdc", "manifest")
"""Formats whose files may count reads by strand."""


def plan_source(request: SourceRequest, detection: Detection) -> SourcePlanning:
    """Plan the files of a source that can be read, and say what keeps others from it."""
    findings = []
    label = detection.files[0].file.label
    if request.strand != "unstranded" and detection.format not in STRANDED:
        text = "files of this format do not count reads by strand"
        findings.append(finding_of("source_format", text, file=label))
        request = replace(request, strand="unstranded")
    planning = _plan(request, detection)
    return replace(planning, findings=(*planning.findings, *findings))


def _plan(request: SourceRequest, detection: Detection) -> SourcePlanning:
    files = detection.files
    if detection.format == "matrix":
        planning = plan_matrices(request, files)
        return replace(planning, notes=(*planning.notes, *describe_units(request, files)))
    if detection.format == "featurecounts":
        named = files if request.samples else _with_sample_names(request, files)
        planning = plan_matrices(request, named)
        return replace(
            planning,
            findings=(*planning.findings, *_find_nameless(files, named)),
            notes=(*planning.notes, *_describe_names(files, named)),
        )
    if detection.format == "long":
        return plan_long(request, files, unit_rules(request.unit))
    return plan_sample_files(request, detection)


def _with_sample_names(request: SourceRequest, files: Sequence[Detected]) -> list[Detected]:
    pattern = compile_pattern(request.sample_pattern)
    return [rename_alignments(each, pattern) for each in files]


def _describe_names(files: Sequence[Detected], named: Sequence[Detected]) -> Iterator[str]:
    if any(
        one.value_columns != other.value_columns for one, other in zip(files, named, strict=True)
    ):
        yield (
            "sample ids are the names of the alignments without their folders and endings "
            "(--sample-pattern or --samples names them otherwise)"
        )


def _find_nameless(files: Sequence[Detected], named: Sequence[Detected]) -> Iterator[Finding]:
    """Find columns in whose header --sample-pattern finds no id."""
    for one, other in zip(files, named, strict=True):
        pairs = zip(one.value_columns, other.value_columns, strict=True)
        lost = [before for before, after in pairs if before.name and not after.name]
        if lost:
            text = f"--sample-pattern finds no sample id in column {list_numbers(lost)}"
            found = finding_of("key_missing", text, file=one.file.label, line=one.data_line - 1)
            yield found.model_copy(update={"count": len(lost)})


def unit_rules(unit: str) -> UnitRules:
    """Return what a value of a unit may be: only units that a user defines may be below zero."""
    return UnitRules(is_count=unit == "count", allows_negative=unit.startswith("other:"))
