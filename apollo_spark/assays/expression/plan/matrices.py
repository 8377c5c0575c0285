"""From recognised files to the samples, features and tasks of a load, one function a format."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.assay import BLOCK_SIZE
from apollo_spark.assays.expression.plan.rows import (
    Placement,
    ScannedFile,
    place_samples,
    row_names,
    scan_source,
    scan_sources,
    split_samples,
    take_samples,
)
from apollo_spark.assays.expression.sources.files.detected import Detected
from apollo_spark.assays.expression.sources.files.quantifiers import Strand
from apollo_spark.assays.expression.sources.files.reading import IdRule
from apollo_spark.assays.expression.sources.files.top import read_top
from apollo_spark.assays.expression.sources.formats.gather import FeatureGathering
from apollo_spark.assays.expression.sources.formats.samples import (
    find_nameless_rows,
    find_repeated_columns,
    find_repeated_rows,
    find_samples_across,
)
from apollo_spark.assays.expression.sources.ids.features import FeatureIds
from apollo_spark.assays.expression.tasks.files.rows import cut_rows
from apollo_spark.assays.expression.tasks.tiles.spec import (
    LEFT_OUT,
    ExpressionTask,
    Features,
    MatrixTask,
    OnDuplicate,
    SampleRowsTask,
    Samples,
    TileTarget,
)
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage, first_storage
from apollo_spark.model.findings import Finding
from apollo_spark.model.record import InputFile
from apollo_spark.workers.values.convert import convert

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
    strand: Strand = "unstranded"
    samples: tuple[str, ...] = ()
    has_header: bool = True


class MakeTasks(Protocol):
    """Makes the tasks that write the tiles of a source."""

    def __call__(
        self, make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        """Make tasks for an assay of the source alone, or for the places in another assay."""
        ...


@dataclass(frozen=True)
class PlannedSource:
    """Samples and features of a source, and the tasks that write its tiles.

    `guess` is the storage that the first values ask for; a task says when it is not enough.
    `naming` tells files of the same content apart whose names or manifest say another sample.
    """

    samples: Samples
    features: FeatureIds
    inputs: tuple[InputFile, ...]
    guess: LayerStorage
    make_tasks: MakeTasks
    naming: str = ""


@dataclass(frozen=True)
class SourcePlanning:
    """What can be read of a source, None where that is nothing, and what is wrong with it.

    A source with findings that refuse it is good for looking at its cells alone.
    """

    source: PlannedSource | None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = field(default=())


def plan_matrices(request: SourceRequest, files: Sequence[Detected]) -> SourcePlanning:
    """Plan matrices, either way round."""
    scanned, problems = scan_sources(files, partial(scan_source, scratch=request.scratch))
    if not scanned:
        return SourcePlanning(None, tuple(problems))
    is_turned = files[0].orientation == "samples_by_features"
    planning = (_plan_sample_rows if is_turned else _plan_feature_rows)(request, scanned)
    note = ("samples are in the rows and features in the columns: the matrix was turned",)
    return SourcePlanning(
        planning.source, (*problems, *planning.findings), note if is_turned else ()
    )


def _plan_feature_rows(request: SourceRequest, files: Sequence[ScannedFile]) -> SourcePlanning:
    """Plan matrices of features x samples; the samples of each file are blocks of their own."""
    gathering = gather_features(request)
    rows = [gathering.add(row_names(each), each.scan.row_lines, each.file.label) for each in files]
    features = gathering.features()
    ids = [[column.name for column in each.detected.value_columns] for each in files]
    repeated = [found for each in files for found in find_repeated_columns(each.detected)]
    findings = (*features.findings, *repeated, *_find_across(ids, files))
    samples, _ = place_samples(ids)

    def make_tasks(
        make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        tasks: list[ExpressionTask] = []
        placed = placement or own_places(samples, features)
        per_file = split_samples(placed.samples, [len(each) for each in ids])
        for number, (file, own, mine) in enumerate(zip(files, rows, per_file, strict=True)):
            named = place_features(own, features, placed)
            tasks += _matrix_tasks(
                request, file, number, samples=mine, features=named, target=make_target
            )
        return tasks

    source = PlannedSource(
        samples, features, _inputs(request, files), guess_storage(files), make_tasks
    )
    return SourcePlanning(source, findings)


def gather_features(request: SourceRequest) -> FeatureGathering:
    """Begin to gather the features of the files of a source."""
    return FeatureGathering(
        id_rule=request.id_rule,
        id_map=request.id_map,
        on_duplicate=request.on_duplicate,
        is_union=request.is_union,
    )


def own_places(samples: Samples, features: FeatureIds) -> Placement:
    """Return where samples and features stand in an assay of the source alone."""
    return Placement(samples, np.arange(len(features.ids), dtype=np.int32))


def place_features(rows: np.ndarray, features: FeatureIds, placement: Placement) -> Features:
    """Return id and index in the assay of the features of rows; LEFT_OUT stays."""
    names = np.array([*features.ids.to_pylist(), ""], dtype=object)
    return Features(tuple(names[rows]), np.append(placement.features, np.int32(LEFT_OUT))[rows])


def _matrix_tasks(
    request: SourceRequest,
    file: ScannedFile,
    number: int,
    *,
    samples: Samples,
    features: Features,
    target: MakeTarget,
) -> list[ExpressionTask]:
    columns = np.array([each.index for each in file.detected.value_columns], np.int32)
    rows = features.indexes
    kept = rows[rows != LEFT_OUT]
    repeated = np.isin(rows, _repeated(kept)) if len(kept) != len(np.unique(kept)) else None
    tasks: list[ExpressionTask] = []
    for cut in cut_rows(file.scan, block_bytes=request.block_bytes):
        piece = slice(cut.first_row, cut.first_row + cut.row_count)
        tasks.append(
            MatrixTask(
                block=file.block(len(tasks), cut.start, cut.end, cut.line),
                target=target(f"part-{number:05d}-{len(tasks):05d}"),
                samples=samples,
                columns=columns,
                features=Features(features.ids[piece], rows[piece]),
                is_diverted=None if repeated is None else repeated[piece],
            )
        )
    return tasks


def _repeated(indexes: np.ndarray) -> np.ndarray:
    values, times = np.unique(indexes, return_counts=True)
    return values[times > 1]


def _plan_sample_rows(request: SourceRequest, files: Sequence[ScannedFile]) -> SourcePlanning:
    """Plan matrices of samples x features: a task reads the rows of one block of samples."""
    gathering = gather_features(request)
    rows = [
        gathering.add(
            [column.name for column in each.detected.value_columns],
            None,
            each.file.label,
            columns=np.array([column.index + 1 for column in each.detected.value_columns]),
        )
        for each in files
    ]
    features = gathering.features()
    ids = [row_names(each) for each in files]
    repeated = [
        found
        for own, each in zip(ids, files, strict=True)
        for find in (find_repeated_rows, find_nameless_rows)
        for found in find(own, each.scan.row_lines.tolist(), each.file.label)
    ]
    findings = (*features.findings, *repeated, *_find_across(ids, files))
    samples, _ = place_samples(ids)

    def make_tasks(
        make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        tasks: list[ExpressionTask] = []
        placed = placement or own_places(samples, features)
        per_file = split_samples(placed.samples, [len(each) for each in ids])
        for number, (file, own, mine) in enumerate(zip(files, rows, per_file, strict=True)):
            kept = own != LEFT_OUT
            named = place_features(own[kept], features, placed)
            columns = np.array([each.index for each in file.detected.value_columns], np.int32)
            for cut in cut_rows(file.scan, rows_per_block=BLOCK_SIZE):
                piece = slice(cut.first_row, cut.first_row + cut.row_count)
                tasks.append(
                    SampleRowsTask(
                        block=file.block(len(tasks), cut.start, cut.end, cut.line),
                        target=make_target(f"part-{number:05d}-{len(tasks):05d}"),
                        samples=take_samples(mine, piece),
                        columns=columns[kept],
                        features=named,
                        on_duplicate=request.on_duplicate,
                    )
                )
        return tasks

    source = PlannedSource(
        samples, features, _inputs(request, files), guess_storage(files), make_tasks
    )
    return SourcePlanning(source, findings)


def _find_across(ids: Sequence[Sequence[str]], files: Sequence[ScannedFile]) -> Iterator[Finding]:
    return find_samples_across(ids, [each.file.label for each in files])


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
    return first_storage(values.drop_null().to_numpy(zero_copy_only=False))
