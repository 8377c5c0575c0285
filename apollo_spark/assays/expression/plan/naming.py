"""How many features an id map and an annotation name: always told, and refused where it is none."""

from dataclasses import dataclass

from apollo_spark.assays.expression.plan.source import PlannedSource
from apollo_spark.assays.expression.sources.annotation.annotate import annotate
from apollo_spark.assays.expression.sources.annotation.annotation import Annotation
from apollo_spark.assays.expression.sources.annotation.naming_notes import (
    describe_annotation,
    describe_mapping,
    find_unannotated,
    find_unmapped,
)
from apollo_spark.model.findings import Finding


@dataclass(frozen=True)
class Naming:
    """What the id map and the annotation name of the features, or do not."""

    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def describe_naming(
    source: PlannedSource | None, id_map: str | None, annotation: Annotation | None
) -> Naming:
    """Return what an id map and an annotation name of the features of a source, and do not."""
    if source is None:
        return Naming()
    notes: list[str] = []
    findings: list[Finding] = []
    if id_map:
        findings += find_unmapped(source.features)
        notes.append(describe_mapping(source.features))
    if annotation is not None and not findings:
        annotated = annotate(source.features.ids, annotation)
        findings += find_unannotated(annotated)
        notes.append(describe_annotation(annotated))
    return Naming(tuple(notes), tuple(findings))
