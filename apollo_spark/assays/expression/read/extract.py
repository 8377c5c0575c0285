"""Extract the values of an expression assay into files: long, or as a matrix."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord, parse_unit
from apollo_spark.assays.expression.query import (
    ADDITIONAL_FIELDS,
    ANNOTATION,
    FeatureChoice,
    chosen_features,
    extract_tree,
)
from apollo_spark.assays.expression.read.matrix import long_batches, long_schema
from apollo_spark.assays.expression.read.matrix_files import MatrixFile
from apollo_spark.assays.expression.read.matrix_memory import ReadEstimate
from apollo_spark.assays.expression.read.reader import AssayFiles
from apollo_spark.assays.expression.read.rows import is_anndata
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
from apollo_spark.assays.expression.request_filter import ExpressionFilter, parse_filter_text
from apollo_spark.errors import UsageError
from apollo_spark.export.rows import STANDARD_OUTPUT, format_of, require_free, write_rows
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.choosing import open_for_reading
from apollo_spark.operations.context import say_nothing
from apollo_spark.operations.locating import Say, locate, require_no_rule
from apollo_spark.operations.written import Statement, Written
from apollo_spark.query.sql import spark_statement
from apollo_spark.sources.given import read_given_json
from apollo_spark.sources.suggest import did_you_mean

PIECE_BYTES = 500_000_000
"""Bytes of values in memory at one time while a file is written."""
H5AD_BYTES = 8_000_000_000
"""Bytes of the largest matrix written as h5ad, which holds it in memory as a whole."""


class ExtractExpressionRequest(VerbRequest):
    """What a person asks for: the options of `apollo extract expression`."""

    verb = "extract expression"

    name: str
    assay: str | None = None
    unit: str | None = None
    filter_json: str | None = None
    matrix: bool = False
    additional_fields: str | None = None
    output: str | None = None
    force: bool = False
    cohort: str | None = None
    filter: str | None = None
    sql: bool = False
    full: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class PlannedExtract:
    """An extract that is ready to run: nothing but the values is left to be read."""

    opened: OpenDataset
    open_assay: OpenAssay
    layer: LayerRecord
    asked: ExpressionFilter
    selection: PairSelection
    additional: tuple[str, ...]

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
    asked = _read_filter(request.filter_json)
    additional = read_additional_fields(request.additional_fields)
    _check_form(request, asked, additional)
    opened = open_for_reading(
        lake, request.name, cohort=request.cohort, text=request.filter, say=say
    )
    assay = find_assay(opened.record.assays, request.assay, str(opened.record))
    layer = find_layer(assay, None if request.unit is None else parse_unit(request.unit))
    reading = open_assay(lake.tables, opened, assay)
    files = reading.files
    found = select_pairs(reading, chosen_features(asked), asked.sample_ids, strict=False)
    selection = PairSelection(
        features=_sorted_by(files.feature_ids, found.features),
        samples=_sorted_by(files.sample_ids, found.samples),
        notes=(*note_of_assay(opened.record.assays, request.assay, request.unit), *found.notes),
    )
    return PlannedExtract(opened, reading, layer, asked, selection, additional)


def _write(asker: Asker, request: ExtractExpressionRequest) -> dict[str, int]:
    """Write the values; return the rows by file, none for standard output."""
    target = request.output or STANDARD_OUTPUT
    require_free(target, force=request.force)
    if not (request.matrix and is_anndata(target)):
        format_of(target)
    plan = _plan(asker, request)
    if request.matrix:
        rows = _write_matrix(asker.lake, plan, target, force=request.force)
    else:
        rows = _write_long(plan, target, force=request.force)
    if target == STANDARD_OUTPUT:
        return {}
    asker.say(f"wrote {rows:,} rows to {target}")
    return {target: rows}


def _statement(asker: Asker, request: ExtractExpressionRequest) -> str:
    """Return the statement of a long extract for Spark, ending with a semicolon."""
    if request.matrix:
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


def read_additional_fields(text: str | None) -> tuple[str, ...]:
    """Read `a,b`, `a b` or `a, b`, and return the fields in the order of the output.

    Raises:
        UsageError: A name is none of the additional fields; all such names are listed.
    """
    asked = (text or "").replace(",", " ").split()
    unknown = [each for each in asked if each not in ADDITIONAL_FIELDS]
    if unknown:
        lines = [f"  {each}{did_you_mean(each, ADDITIONAL_FIELDS)}" for each in unknown]
        raise UsageError(
            "\n".join(["These are not additional fields:", *lines]),
            fix=f"There are {', '.join(ADDITIONAL_FIELDS)}.",
        )
    return tuple(each for each in ADDITIONAL_FIELDS if each in asked)


def _read_filter(option: str | None) -> ExpressionFilter:
    if option is None:
        return ExpressionFilter()
    return parse_filter_text(read_given_json(option, "filter"))


def _check_form(
    request: ExtractExpressionRequest, asked: ExpressionFilter, additional: tuple[str, ...]
) -> None:
    if not request.matrix:
        return
    wrong = []
    if (asked.min_value, asked.max_value) != (None, None):
        wrong.append("a filter on expression values")
    if additional:
        wrong.append("additional fields")
    if wrong:
        raise UsageError(
            f"A matrix cannot have {' and '.join(wrong)}.", fix="Leave them or --matrix out."
        )


def _sorted_by(ids: pa.Array, places: np.ndarray) -> np.ndarray:
    order = pc.sort_indices(ids.take(pa.array(places)))
    ordered: np.ndarray = places[order.to_numpy()]
    return ordered


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


def _write_matrix(lake: Lake, plan: PlannedExtract, target: str, *, force: bool) -> int:
    def describe() -> tuple[pa.Table, pa.Table]:
        features = find_annotation(plan.open_assay, FeatureChoice())
        return read_sample_fields(lake, plan.opened, plan.assay), features

    limit = H5AD_BYTES if is_anndata(target) else PIECE_BYTES
    return MatrixFile(
        plan.files, (plan.layer,), plan.selection, target, force=force, max_memory=limit,
        describe=describe,
    ).write()  # fmt: skip
