"""Plan a source by its format."""

from collections.abc import Sequence

from apollo_spark.sources.expression.detected import Detected, Detection
from apollo_spark.sources.expression.samples import compile_pattern, rename_alignments
from apollo_spark.sources.findings import finding_of
from apollo_spark.workers.expression.spec import UnitRules
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workflows.expression_files import plan_long, plan_sample_files
from apollo_spark.workflows.expression_rows import scan_source
from apollo_spark.workflows.expression_sources import (
    SourcePlanning,
    SourceRequest,
    plan_matrices,
)


def plan_source(request: SourceRequest, detection: Detection) -> SourcePlanning:
    """Plan the files of a source, or say what keeps them from being read."""
    try:
        return _plan(request, detection)
    except InputProblemError as problem:
        text = "a file cannot be read to its end"
        labels = {each.file.label for each in detection.files}
        file = labels.pop() if len(labels) == 1 else None
        found = finding_of(problem.rule, text, file=file, line=problem.line)
        return SourcePlanning(None, (found,))


def _plan(request: SourceRequest, detection: Detection) -> SourcePlanning:
    files = detection.files
    if detection.format == "matrix":
        return plan_matrices(request, files)
    if detection.format == "featurecounts":
        return plan_matrices(request, _with_sample_names(request, files))
    if detection.format == "long":
        scanned = [scan_source(each, request.scratch) for each in files]
        return plan_long(request, scanned, unit_rules(request.unit))
    return plan_sample_files(request, detection)


def _with_sample_names(request: SourceRequest, files: Sequence[Detected]) -> list[Detected]:
    pattern = compile_pattern(request.sample_pattern)
    return [rename_alignments(each, pattern) for each in files]


def unit_rules(unit: str) -> UnitRules:
    """Return what a value of a unit may be: only units of one's own may be below zero."""
    return UnitRules(is_count=unit == "count", allows_negative=unit.startswith("other:"))
