"""From recognised files to the samples, features and tasks of a load, one function a format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from apollo_spark.model.assay import BLOCK_SIZE
from apollo_spark.model.dataset import InputFile
from apollo_spark.model.findings import Finding
from apollo_spark.sources.expression.detected import Detected
from apollo_spark.sources.expression.features import FeatureIds, IdRule, resolve_feature_ids
from apollo_spark.sources.expression.top import read_top
from apollo_spark.sources.findings import finding_of
from apollo_spark.workers.convert import convert
from apollo_spark.workers.expression.rows import cut_rows
from apollo_spark.workers.expression.spec import (
    LEFT_OUT,
    ExpressionTask,
    Features,
    MatrixTask,
    OnDuplicate,
    SampleRowsTask,
    Samples,
    TileTarget,
)
from apollo_spark.workers.expression.storage import LayerStorage, choose_storage
from apollo_spark.workflows.expression_rows import (
    ScannedFile,
    place_samples,
    repeated_samples,
    row_names,
    scan_source,
)

MakeTarget = Callable[[str], TileTarget]
"""Gives the target of a task by the beginning of its files' names."""


@dataclass(frozen=True)
class SourceRequest:
    """What of the options decides how files are read."""

    unit: str
    id_rule: IdRule
    id_map: Mapping[str, tuple[str, ...]] | None
    on_duplicate: OnDuplicate
    is_union: bool
    sample_pattern: str | None
    missing: tuple[str, ...]
    block_bytes: int
    scratch: Path


@dataclass(frozen=True)
class PlannedSource:
    """Samples and features of a source, and the tasks that write its tiles.

    `guess` is the storage that the first values ask for; a task says when it is not enough.
    """

    samples: Samples
    features: FeatureIds
    inputs: tuple[InputFile, ...]
    guess: LayerStorage
    make_tasks: Callable[[MakeTarget], list[ExpressionTask]]


@dataclass(frozen=True)
class SourcePlanning:
    """A planned source, or None where the findings refuse it."""

    source: PlannedSource | None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = field(default=())


def plan_matrices(request: SourceRequest, files: Sequence[Detected]) -> SourcePlanning:
    """Plan matrices, either way round.

    Raises:
        InputProblemError: A file cannot be read to its end.
    """
    scanned = [scan_source(each, request.scratch) for each in files]
    is_turned = files[0].orientation == "samples_by_features"
    plan = _plan_sample_rows if is_turned else _plan_feature_rows
    planning = plan(request, scanned)
    note = ("samples stand in the rows and features in the columns: the matrix was turned",)
    return replace(planning, notes=planning.notes + (note if is_turned else ()))


def _plan_feature_rows(request: SourceRequest, files: Sequence[ScannedFile]) -> SourcePlanning:
    """Plan matrices of features x samples; the samples of each file are blocks of their own."""
    named = [
        resolve_feature_ids(
            each.scan.row_ids,
            id_rule=request.id_rule,
            id_map=request.id_map,
            on_duplicate=request.on_duplicate,
            lines=each.scan.row_lines,
            file=each.file.label,
        )
        for each in files
    ]
    features, findings = _same_features(named, files, is_union=request.is_union)
    ids = [[column.name for column in each.detected.value_columns] for each in files]
    findings += repeated_samples(ids, files)
    samples, per_file = place_samples(ids)
    index = {name: number for number, name in enumerate(features.ids.to_pylist())}

    def make_tasks(make_target: MakeTarget) -> list[ExpressionTask]:
        tasks: list[ExpressionTask] = []
        for number, (file, own, mine) in enumerate(zip(files, named, per_file, strict=True)):
            to_index = _indexes(own, index)
            tasks += _matrix_tasks(
                request, file, number, samples=mine, rows=to_index, names=own, target=make_target
            )
        return tasks

    source = PlannedSource(
        samples, features, _inputs(request, files), guess_storage(files), make_tasks
    )
    return SourcePlanning(source, tuple(findings))


def _indexes(names: FeatureIds, index: Mapping[str, int]) -> np.ndarray:
    """Return for every row of a file the index of its feature in the assay, or LEFT_OUT."""
    known = np.array([index[name] for name in names.ids.to_pylist()] + [LEFT_OUT], np.int32)
    return np.asarray(known[names.feature_of_row])


def _matrix_tasks(
    request: SourceRequest,
    file: ScannedFile,
    number: int,
    *,
    samples: Samples,
    rows: np.ndarray,
    names: FeatureIds,
    target: MakeTarget,
) -> list[ExpressionTask]:
    columns = np.array([each.index for each in file.detected.value_columns], np.int32)
    own = names.ids.to_pylist()
    kept = rows[rows != LEFT_OUT]
    repeated = np.isin(rows, _repeated(kept)) if len(kept) != len(np.unique(kept)) else None
    tasks: list[ExpressionTask] = []
    for cut in cut_rows(file.scan, block_bytes=request.block_bytes):
        piece = slice(cut.first_row, cut.first_row + cut.row_count)
        texts = tuple(own[each] if each >= 0 else "" for each in names.feature_of_row[piece])
        tasks.append(
            MatrixTask(
                block=file.block(len(tasks), cut.start, cut.end, cut.line),
                target=target(f"part-{number:05d}-{len(tasks):05d}"),
                samples=samples,
                columns=columns,
                features=Features(texts, rows[piece]),
                is_diverted=None if repeated is None else repeated[piece],
            )
        )
    return tasks


def _repeated(indexes: np.ndarray) -> np.ndarray:
    values, times = np.unique(indexes, return_counts=True)
    return values[times > 1]


def _plan_sample_rows(request: SourceRequest, files: Sequence[ScannedFile]) -> SourcePlanning:
    """Plan matrices of samples x features: a task reads the rows of one block of samples."""
    named = [
        resolve_feature_ids(
            [column.name for column in each.detected.value_columns],
            id_rule=request.id_rule,
            id_map=request.id_map,
            on_duplicate=request.on_duplicate,
            file=each.file.label,
        )
        for each in files
    ]
    features, findings = _same_features(named, files, is_union=request.is_union)
    ids = [row_names(each) for each in files]
    findings += repeated_samples(ids, files)
    samples, per_file = place_samples(ids)
    index = {name: number for number, name in enumerate(features.ids.to_pylist())}

    def make_tasks(make_target: MakeTarget) -> list[ExpressionTask]:
        tasks: list[ExpressionTask] = []
        for number, (file, own, mine) in enumerate(zip(files, named, per_file, strict=True)):
            rows = _indexes(own, index)
            kept = rows != LEFT_OUT
            texts = features.ids.take(rows[kept]).to_pylist()
            columns = np.array([each.index for each in file.detected.value_columns], np.int32)
            for cut in cut_rows(file.scan, rows_per_block=BLOCK_SIZE):
                piece = slice(cut.first_row, cut.first_row + cut.row_count)
                tasks.append(
                    SampleRowsTask(
                        block=file.block(len(tasks), cut.start, cut.end, cut.line),
                        target=make_target(f"part-{number:05d}-{len(tasks):05d}"),
                        samples=Samples(mine.ids[piece], mine.blocks[piece], mine.positions[piece]),
                        columns=columns[kept],
                        features=Features(tuple(texts), rows[kept]),
                        on_duplicate=request.on_duplicate,
                    )
                )
        return tasks

    source = PlannedSource(
        samples, features, _inputs(request, files), guess_storage(files), make_tasks
    )
    return SourcePlanning(source, tuple(findings))


def _same_features(
    named: Sequence[FeatureIds], files: Sequence[ScannedFile], *, is_union: bool
) -> tuple[FeatureIds, list[Finding]]:
    """Return the features of all files, and what is wrong where they are not the same."""
    findings = [finding for each in named for finding in each.findings]
    first = named[0]
    known = dict.fromkeys(first.ids.to_pylist())
    for own, file in zip(named[1:], files[1:], strict=True):
        mine = dict.fromkeys(own.ids.to_pylist())
        if mine.keys() != known.keys() and not is_union:
            text = (
                f"{len(mine.keys() - known.keys())} features are not in the first file, and "
                f"{len(known.keys() - mine.keys())} of it are missing; --features union loads all"
            )
            findings.append(finding_of("features_differ", text, file=file.file.label))
        known |= mine
    return replace(first, ids=pa.array(list(known), pa.string())), findings


def _inputs(request: SourceRequest, files: Sequence[ScannedFile]) -> tuple[InputFile, ...]:
    return tuple(
        InputFile(role=request.unit, name=each.file.label, size=each.size, sha256=each.file.sha256)
        for each in files
    )


def guess_storage(files: Sequence[ScannedFile]) -> LayerStorage:
    """Choose the storage that the first rows of the first file ask for."""
    top = read_top(files[0].detected.file).top
    columns = [each.index for each in files[0].detected.value_columns]
    cells = [row[each] for row in (top.rows if top else ()) for each in columns if each < len(row)]
    # Wrong cells count as missing here: the tasks, which read all of them, find and name them.
    values = convert(pa.array(cells, pa.string()), "float", ("",)).values
    return choose_storage(values.drop_null().to_numpy(zero_copy_only=False))
