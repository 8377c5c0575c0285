"""Plan an expression load: formats, ids, samples and annotation, all before Spark starts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from apollo_spark.assays.expression.assay import LOAD, FeatureIdKind, parse_unit
from apollo_spark.assays.expression.parameters import (
    SAMPLE_COLUMNS,
    column_parameters,
)
from apollo_spark.assays.expression.plan.faults import judge
from apollo_spark.assays.expression.plan.formats import plan_source
from apollo_spark.assays.expression.plan.naming import describe_naming
from apollo_spark.assays.expression.plan.notes import (
    ColumnUse,
    describe_ids,
    describe_shape,
    list_columns,
)
from apollo_spark.assays.expression.plan.sample_table import plan_sample_fields, require_both
from apollo_spark.assays.expression.plan.source import PlannedSource, SourcePlanning, SourceRequest
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.assays.expression.sources.annotation.annotate import Annotated, annotate
from apollo_spark.assays.expression.sources.annotation.annotation import (
    Annotation,
    AnnotationReading,
    read_annotation,
)
from apollo_spark.assays.expression.sources.annotation.naming import (
    check_sample_columns,
    name_by_list,
    require_names,
)
from apollo_spark.assays.expression.sources.files.detected import Detection
from apollo_spark.assays.expression.sources.files.files import find_files
from apollo_spark.assays.expression.sources.files.reading import (
    IdRule,
    Reading,
    read_sample_columns,
)
from apollo_spark.assays.expression.sources.files.top import SourceFile
from apollo_spark.assays.expression.sources.formats.detect import detect_source, require_format
from apollo_spark.assays.expression.sources.ids.id_map import IdMap, read_id_map
from apollo_spark.assays.expression.sources.ids.lookalikes import find_lookalike_ids
from apollo_spark.errors import UsageError
from apollo_spark.ingest.plan import ClinicalPlan
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.names import find_name_problem, require_dataset_name
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.operations.report import ReportedInput
from apollo_spark.operations.work import Planned
from apollo_spark.records.content import fingerprint_of
from apollo_spark.sources.policy_yaml import read_policy
from apollo_spark.workers.files.digest import hash_file

OPERATION = LOAD
"""The operation of a first load; an extension has its own."""


@dataclass(frozen=True)
class ExpressionPlan:
    """A load that may start: nothing found so far refuses it."""

    unit: str
    policy: Policy
    source: PlannedSource
    annotation: Annotation | None
    annotated: Annotated | None
    sample_fields: ClinicalPlan | None
    inputs: tuple[InputFile, ...]
    parameters: tuple[tuple[str, str], ...]
    fingerprint: str

    @property
    def feature_ids(self) -> pa.Array:
        """The ids of the features, in the order of their indexes."""
        return self.source.features.ids

    @property
    def kind(self) -> FeatureIdKind:
        """What the feature ids are."""
        return self.source.features.kind

    @property
    def parents(self) -> tuple[str, ...]:
        """A load is based on files alone."""
        return ()

    @property
    def reported(self) -> ReportedInput:
        """What a report says of the files that are read."""
        fields = self.sample_fields
        inputs = ReportedInput({}, self.inputs, self.policy, {})
        return (
            replace(fields.reported, inputs=self.inputs, policy=self.policy) if fields else inputs
        )


@dataclass(frozen=True)
class ExpressionPlanning(Planned[ExpressionPlan]):
    """A plan, or None where the findings refuse it.

    `source` and `sample_fields` are what can be read all the same, to look for what else is wrong;
    `columns` is what the columns of the files were taken for; `left_out` counts samples that are
    withdrawn, of which those that are `hidden` keep their places.
    """

    notes: tuple[str, ...] = ()
    source: PlannedSource | None = None
    sample_fields: ClinicalPlan | None = None
    columns: tuple[ColumnUse, ...] = ()
    left_out: int = 0
    hidden: frozenset[str] = frozenset()


def plan_expression_load(
    request: ExpressionLoad, *, block_bytes: int, scratch: Path
) -> ExpressionPlanning:
    """Find, recognise and scan the files, name features and samples, read the annotation.

    Args:
        request: The options.
        block_bytes: Bytes of an input file that one task reads.
        scratch: Where compressed files are unpacked, so that several tasks can read them.

    Raises:
        UsageError: An illegal name, unit, format or pattern, or half of a sample table.
        DictionaryError: The policy breaks its rules.
    """
    unit = _require_legal(request)
    policy = read_policy(Path(request.policy)) if request.policy else Policy()
    found = find_files(request.sources, request.format)
    detection = _detect(found.files, request, unit)
    id_map = read_id_map(Path(request.id_map)) if request.id_map else IdMap()
    reading = _read_annotation(request.annotation)
    planned = SourcePlanning(None)
    if detection.files:
        planned = plan_source(
            _source_request(request, unit, id_map, block_bytes=block_bytes, scratch=scratch),
            detection,
        )
    naming = describe_naming(planned.source, request.id_map, reading.annotation)
    findings = (*found.findings, *detection.findings, *id_map.findings, *reading.findings)
    findings += (*planned.findings, *_find_lookalikes(planned.source), *naming.findings)
    findings = judge(findings, policy)
    fields, table = None, request.sample_table
    if table is not None:
        planning = plan_sample_fields(table, block_bytes=block_bytes)
        fields, findings = planning.readable, (*findings, *planning.findings)
    plan = None
    if planned.source is not None and not refusing(findings):
        plan = _build_plan(
            request,
            policy,
            planned.source,
            reading.annotation,
            fields,
            format_=str(detection.format),
        )
    of_annotation = reading.annotation.notes if reading.annotation else ()
    notes = (*found.notes, *detection.notes, *planned.notes, *of_annotation, *naming.notes)
    if planned.source is not None:
        notes += tuple(describe_ids(planned.source, request.on_duplicate))
        if request.dry_run:
            notes += tuple(describe_shape(planned.source, detection))
    return ExpressionPlanning(
        plan,
        policy,
        findings,
        notes=notes,
        source=planned.source,
        sample_fields=fields,
        columns=list_columns(detection),
    )


def _read_annotation(path: str | None) -> AnnotationReading:
    return read_annotation(SourceFile(label=path, path=path)) if path else AnnotationReading(None)


def _find_lookalikes(source: PlannedSource | None) -> tuple[Finding, ...]:
    if source is None:
        return ()
    found = find_lookalike_ids(pa.array(source.samples.ids, pa.string()), "samples")
    return (*found, *find_lookalike_ids(source.features.ids, "features"))


def _detect(files: Sequence[SourceFile], request: ExpressionLoad, unit: str) -> Detection:
    """Recognise the files, and give samples the names that the options say."""
    columns = read_sample_columns(request.sample_columns)
    reading = Reading(
        id_rule=_id_rule(request.feature_ids),
        unit=unit,
        columns=columns,
        has_header=not request.no_header,
        is_named=bool(request.samples),
    )
    files = [each.model_copy(update={"delimiter": request.delimiter}) for each in files]
    detection = detect_source(files, stated=request.format, reading=reading)
    detection = check_sample_columns(detection, columns, request.sample_columns)
    return name_by_list(detection, request.samples)


def _source_request(
    request: ExpressionLoad, unit: str, id_map: IdMap, *, block_bytes: int, scratch: Path
) -> SourceRequest:
    if refusing(id_map.findings):
        # Without its map no id can be judged: any will do to look at the cells.
        request = request.model_copy(
            update={"feature_ids": "any", "on_duplicate": "first", "features": "union"}
        )
    return SourceRequest(
        unit=unit,
        id_rule=_id_rule(request.feature_ids),
        id_map=id_map.targets if request.id_map and not refusing(id_map.findings) else None,
        on_duplicate=request.on_duplicate,
        is_union=request.features == "union",
        sample_pattern=request.sample_pattern,
        samples=request.samples,
        has_header=not request.no_header,
        missing=request.missing,
        block_bytes=block_bytes,
        scratch=scratch,
        strand=request.strand,
    )


def _build_plan(
    request: ExpressionLoad,
    policy: Policy,
    source: PlannedSource,
    annotation: Annotation | None,
    sample_fields: ClinicalPlan | None,
    *,
    format_: str,
) -> ExpressionPlan:
    inputs, unit = source.inputs, parse_unit(request.unit)
    if annotation is not None:
        inputs += (_input("annotation", str(request.annotation), annotation.sha256),)
    if request.sample_columns and Path(request.sample_columns).is_file():
        digest = hash_file(request.sample_columns)[1]
        inputs += (_input(SAMPLE_COLUMNS, request.sample_columns, digest),)
    if request.id_map:
        inputs += (_input("id map", request.id_map, hash_file(request.id_map)[1]),)
    dictionary = ""
    if sample_fields is not None:
        inputs += sample_fields.inputs
        dictionary = sha256_text(sample_fields.dictionary.to_json())
    parameters = (
        ("assay", request.assay),
        ("unit", unit),
        ("release", request.release or ""),
        ("feature_ids", request.feature_ids),
        ("features", request.features),
        ("on_duplicate", request.on_duplicate),
        ("sample_pattern", request.sample_pattern or ""),
        ("strand", request.strand),
        ("missing", canonical_json(request.missing)),
        ("dictionary", dictionary),
        ("policy", policy.to_json()),
        *((("naming", source.naming),) if source.naming else ()),
        *column_parameters(request),
    )
    return ExpressionPlan(
        unit=unit,
        policy=policy,
        source=source,
        annotation=annotation,
        annotated=annotate(source.features.ids, annotation) if annotation else None,
        sample_fields=sample_fields,
        inputs=inputs,
        # These two say how to do it again, and are not part of what it is.
        parameters=(*parameters, ("format", format_), ("replace", str(request.replace).lower())),
        fingerprint=fingerprint_of(OPERATION, inputs, parameters),
    )


def _input(role: str, name: str, digest: str) -> InputFile:
    return InputFile(role=role, name=name, size=Path(name).stat().st_size, sha256=digest)


def _require_legal(request: ExpressionLoad) -> str:
    require_dataset_name(request.name)
    if problem := find_name_problem(request.assay):
        raise UsageError(f"{request.assay!r} cannot be the name of an assay.", why=f"{problem}.")
    require_format(request.format)
    require_both(request.dictionary, request.codings, request.data)
    require_names(request.samples)
    return parse_unit(request.unit)


def _id_rule(feature_ids: str) -> IdRule:
    return "any" if feature_ids == "any" else "ensembl"
