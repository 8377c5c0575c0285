"""Extract the values of an expression assay into files: long, or as a matrix."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import (
    ExpressionAssay,
    LayerRecord,
    expression_assays,
    parse_unit,
)
from apollo_spark.assays.expression.query import (
    ADDITIONAL_FIELDS,
    ANNOTATION,
    FeatureChoice,
    chosen_features,
    extract_tree,
)
from apollo_spark.assays.expression.read.extract_request import (
    ExtractExpressionRequest,
    check_form,
    read_additional_fields,
    read_filter,
    read_people_choice,
)
from apollo_spark.assays.expression.read.matching import to_matched_mudata
from apollo_spark.assays.expression.read.matrix import long_batches, long_schema
from apollo_spark.assays.expression.read.matrix_files import MatrixFile
from apollo_spark.assays.expression.read.matrix_memory import ReadEstimate
from apollo_spark.assays.expression.read.people_fields import (
    FieldChoice,
    PeopleFields,
    read_people_fields,
)
from apollo_spark.assays.expression.read.reader import AssayFiles
from apollo_spark.assays.expression.read.rows import (
    H5AD,
    H5MU,
    is_anndata,
    is_mudata,
    write_anndata,
)
from apollo_spark.assays.expression.read.sample_fields import read_sample_fields
from apollo_spark.assays.expression.read.select import (
    OpenAssay,
    PairSelection,
    as_pairs,
    find_annotation,
    find_assay,
    find_layer,
    note_of_assay,
    open_assay,
    select_pairs,
)
from apollo_spark.assays.expression.request_filter import ExpressionFilter
from apollo_spark.errors import UsageError
from apollo_spark.export.packages import need_for
from apollo_spark.export.rows import STANDARD_OUTPUT, format_of, require_free, write_rows
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.people import open_for_reading
from apollo_spark.operations.context import say_nothing
from apollo_spark.operations.guarded.persons import VALUES, require_rows
from apollo_spark.operations.locating import Say, locate, require_no_rule
from apollo_spark.operations.written import Statement, Written
from apollo_spark.query.extract import find_fields
from apollo_spark.query.sql import spark_statement

PIECE_BYTES = 500_000_000
"""Bytes of values in memory at one time while a file is written."""
H5AD_BYTES = 8_000_000_000
"""Bytes of the largest matrix written as h5ad, which holds it in memory as a whole."""


@dataclass(frozen=True)
class PlannedExtract:
    """An extract that is ready to run: nothing but the values is left to be read."""

    opened: OpenDataset
    open_assay: OpenAssay
    layer: LayerRecord
    asked: ExpressionFilter
    selection: PairSelection
    additional: tuple[str, ...]
    people: FieldChoice | None = None

    @property
    def assay(self) -> ExpressionAssay:
        """The assay."""
        return self.files.assay

    @property
    def files(self) -> AssayFiles:
        """The tables of the assay."""
        return self.open_assay.files

    @property
    def choice(self) -> FeatureChoice:
        """The features asked for."""
        return chosen_features(self.asked)


def extract(asker: Asker, request: ExtractExpressionRequest) -> Written | Statement | ReadEstimate:
    """Write the values of an extract, or return its statement, or what it would cost.

    Raises:
        NotFoundError: The record, the assay or the unit is not there, or a rule would be shown.
        UsageError: The options are not legal, a file exists, or its ending names no format.
        BrokenPinError: A pinned table cannot be read.
    """
    if request.sql:
        return Statement(sql=_statement(asker, request))
    if request.dry_run:
        plan = _plan(asker, request)
        return plan.files.estimate(plan.layer, plan.selection.features, plan.selection.samples)
    return Written(rows=_write(asker, request))


def plan_expression(
    lake: Lake, request: ExtractExpressionRequest, *, say: Say = say_nothing
) -> PlannedExtract:
    """Return what an extract reads, its features and samples sorted by id.

    Raises:
        NotFoundError: The record, the assay or the unit is not there.
        UsageError: The filter or the fields are not legal, or exclude the form.
    """
    return _planned(lake, request, _open(lake, request, say))


def _open(lake: Lake, request: ExtractExpressionRequest, say: Say) -> OpenDataset:
    """Open the dataset when the words of the request have a meaning."""
    additional = read_additional_fields(request.additional_fields)
    check_form(request, read_filter(request.filter_json), additional)
    read_people_choice(request)
    opened = open_for_reading(
        lake, request.name, cohort=request.cohort, text=request.filter, say=say
    )
    require_rows(lake, opened, VALUES)
    return opened


def _planned(lake: Lake, request: ExtractExpressionRequest, opened: OpenDataset) -> PlannedExtract:
    asked = read_filter(request.filter_json)
    additional = read_additional_fields(request.additional_fields)
    assay = find_assay(opened.record.assays, request.assay, str(opened.record))
    layer = find_layer(assay, None if request.unit is None else parse_unit(request.unit))
    reading = open_assay(lake.tables, opened, assay)
    files = reading.files
    found = select_pairs(reading, chosen_features(asked), asked.sample_ids, strict=False)
    notes = (*note_of_assay(opened.record.assays, request.assay, request.unit), *found.notes)
    selection = replace(found.sorted_by(files.feature_ids, files.sample_ids), notes=notes)
    people = read_people_choice(request)
    if people is not None:
        # Fields that are not there are found before anything is read.
        find_fields(opened.scope, people.fields)
    return PlannedExtract(opened, reading, layer, asked, selection, additional, people)


def _planned_assays(
    asker: Asker, request: ExtractExpressionRequest
) -> Mapping[str, PlannedExtract]:
    """Return what is read of each assay of MuData: of those named, or of all."""
    opened = _open(asker.lake, request, asker.say)
    own = expression_assays(opened.record.assays)
    named = [each.strip() for each in (request.assay or "").split(",") if each.strip()]
    names = list(dict.fromkeys(named)) or [each.name for each in own]
    if not names:
        find_assay(opened.record.assays, None, str(opened.record))
    each_alone = [request.model_copy(update={"assay": name}) for name in names]
    return {str(each.assay): _planned(asker.lake, each, opened) for each in each_alone}


def _write(asker: Asker, request: ExtractExpressionRequest) -> dict[str, int]:
    """Write the values; return the rows by file, none for standard output."""
    target = request.output or STANDARD_OUTPUT
    require_free(target, force=request.force)
    if not request.is_annotated:
        format_of(target)
    need_for({H5AD: "anndata", H5MU: "mudata"}.get(Path(target).suffix.lower(), ""))
    if is_mudata(target):
        rows = _write_mudata(asker, request, target)
        asker.say(f"wrote {rows:,} rows to {target}")
        return {target: rows}
    plan = _plan(asker, request)
    if request.is_matrix:
        rows = _matrix_file(asker, plan, target, force=request.force).write()
    else:
        rows = _write_long(plan, target, force=request.force)
    if target == STANDARD_OUTPUT:
        return {}
    asker.say(f"wrote {rows:,} rows to {target}")
    return {target: rows}


def _statement(asker: Asker, request: ExtractExpressionRequest) -> str:
    """Return the statement of a long extract for Spark, ending with a semicolon."""
    if request.is_matrix:
        raise UsageError("A matrix cannot be printed as SQL.", fix="Leave --matrix or --sql out.")
    plan = _plan(asker, request)
    require_no_rule(plan.opened.record, full=request.full)
    pairs = as_pairs(
        plan.open_assay, plan.selection, plan.choice, plan.asked.sample_ids,
        minimum=plan.asked.min_value, maximum=plan.asked.max_value,
    )  # fmt: skip
    tree = extract_tree(plan.assay, plan.layer, pairs, plan.additional)
    return spark_statement(tree, plan.opened.pins, locate(asker.lake)) + ";"


def _plan(asker: Asker, request: ExtractExpressionRequest) -> PlannedExtract:
    """Return what is read, and say what a person should know of it."""
    plan = plan_expression(asker.lake, request, say=asker.say)
    for note in plan.selection.notes:
        asker.say(f"note: {note}")
    return plan


def _write_long(plan: PlannedExtract, target: str, *, force: bool) -> int:
    annotation = _annotation(plan)
    schema = long_schema(
        whole=plan.layer.storage == "integer",
        additional={name: values.type for name, values in annotation.items()},
    )
    reader = pa.RecordBatchReader.from_batches(schema, _long_pieces(plan, annotation))
    return write_rows(reader, target, format_of(target), force=force)


def _long_pieces(plan: PlannedExtract, annotation: dict[str, pa.Array]) -> Iterator[pa.RecordBatch]:
    pieces = plan.files.read_by_features(
        plan.layer, plan.selection.features, plan.selection.samples, max_memory=PIECE_BYTES
    )
    start = 0
    for piece in pieces:
        size = len(piece.feature_ids)
        yield from long_batches(
            piece,
            minimum=plan.asked.min_value,
            maximum=plan.asked.max_value,
            additional={name: each.slice(start, size) for name, each in annotation.items()},
        )
        start += size


def _annotation(plan: PlannedExtract) -> dict[str, pa.Array]:
    """Return the additional fields with one value for each chosen feature."""
    if not plan.additional:
        return {}
    known = plan.files.read_table(plan.assay.features_table, [*ANNOTATION])
    place = pc.index_in(
        pa.array(plan.files.ids_of(plan.selection.features), pa.string()),
        value_set=known.column("feature_id").cast(pa.string()).combine_chunks(),
    )
    return {
        name: known.column(ADDITIONAL_FIELDS[name]).take(place).combine_chunks()
        for name in plan.additional
    }


def _write_mudata(asker: Asker, request: ExtractExpressionRequest, target: str) -> int:
    """Write assays as the modalities of one file, and return its number of rows."""
    plans = _planned_assays(asker, request)
    for note in dict.fromkeys(note for each in plans.values() for note in each.selection.notes):
        asker.say(f"note: {note}")
    limit, opened = H5AD_BYTES // len(plans), next(iter(plans.values())).opened
    assays = {
        name: _matrix_file(asker, plan, target, force=request.force, limit=limit).anndata()
        for name, plan in plans.items()
    }
    data = to_matched_mudata(asker.lake, opened, assays, request.match, asker.say)
    write_anndata(data, target, force=request.force)
    return int(data.n_obs)


def _matrix_file(
    asker: Asker, plan: PlannedExtract, target: str, *, force: bool, limit: int = H5AD_BYTES
) -> MatrixFile:
    def describe() -> tuple[pa.Table | PeopleFields, pa.Table]:
        features = find_annotation(plan.open_assay, FeatureChoice())
        if plan.people is None:
            return read_sample_fields(asker.lake, plan.opened, plan.assay), features
        found = read_people_fields(asker.lake, plan.opened, plan.assay, plan.people, asker.say)
        return found, features

    is_whole = is_anndata(target) or is_mudata(target)
    return MatrixFile(
        plan.files, (plan.layer,), plan.selection, target, force=force,
        max_memory=limit if is_whole else PIECE_BYTES, describe=describe,
    )  # fmt: skip
