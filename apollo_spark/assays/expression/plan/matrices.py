"""Plan matrices: their samples and features, whichever of them are in the rows, and their tasks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np

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
from apollo_spark.assays.expression.plan.source import (
    MakeTarget,
    PlannedSource,
    SourcePlanning,
    SourceRequest,
    gather_features,
    guess_storage,
    input_files,
    own_places,
    place_features,
)
from apollo_spark.assays.expression.sources.files.detected import Detected
from apollo_spark.assays.expression.sources.formats.gather import FeatureGathering
from apollo_spark.assays.expression.sources.formats.samples import (
    find_nameless_rows,
    find_repeated_columns,
    find_repeated_rows,
    find_samples_across,
)
from apollo_spark.assays.expression.tasks.files.rows import cut_rows
from apollo_spark.assays.expression.tasks.tiles.spec import (
    LEFT_OUT,
    ExpressionTask,
    Features,
    MatrixTask,
    SampleRowsTask,
    Samples,
    TileTarget,
)
from apollo_spark.model.findings import Finding


def plan_matrices(request: SourceRequest, files: Sequence[Detected]) -> SourcePlanning:
    """Plan matrices, either way round."""
    scanned, problems = scan_sources(files, partial(scan_source, scratch=request.scratch))
    if not scanned:
        return SourcePlanning(None, tuple(problems))
    is_turned = files[0].orientation == "samples_by_features"
    layout = SamplesInRows(request) if is_turned else FeaturesInRows(request)
    gathering = gather_features(request)
    rows = [layout.add_features(gathering, each) for each in scanned]
    features = gathering.features()
    ids = [layout.samples(each) for each in scanned]
    findings = (
        *problems,
        *features.findings,
        *(
            found
            for own, each in zip(ids, scanned, strict=True)
            for found in layout.find_repeated(own, each)
        ),
        *find_samples_across(ids, [each.file.label for each in scanned]),
    )
    samples, _ = place_samples(ids)

    def make_tasks(
        make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        placed = placement or own_places(samples, features)
        per_file = split_samples(placed.samples, [len(each) for each in ids])
        tasks: list[ExpressionTask] = []
        for number, (file, own, mine) in enumerate(zip(scanned, rows, per_file, strict=True)):
            named = place_features(own, features, placed)
            pieces = _Pieces(make_target, number)
            tasks += layout.tasks(file, samples=mine, features=named, pieces=pieces)
        return tasks

    source = PlannedSource(
        samples, features, input_files(request, scanned), guess_storage(scanned), make_tasks
    )
    return SourcePlanning(source, findings, layout.notes)


class _Pieces(NamedTuple):
    """Gives the targets of the pieces of a file."""

    make_target: MakeTarget
    file: int

    def target(self, piece: int) -> TileTarget:
        """Return the target of a piece by its number."""
        return self.make_target(f"part-{self.file:05d}-{piece:05d}")


@dataclass(frozen=True)
class MatrixLayout(ABC):
    """Which of samples and features are in the rows of a matrix, and which in its columns."""

    request: SourceRequest
    notes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def samples(self, file: ScannedFile) -> list[str]:
        """Return the ids of the samples, in the order of the file."""

    @abstractmethod
    def add_features(self, gathering: FeatureGathering, file: ScannedFile) -> np.ndarray:
        """Gather the features of a file; return the place of each among all, int32."""

    @abstractmethod
    def find_repeated(self, ids: Sequence[str], file: ScannedFile) -> Iterator[Finding]:
        """Find samples that a file names twice, or not at all."""

    @abstractmethod
    def tasks(
        self, file: ScannedFile, *, samples: Samples, features: Features, pieces: _Pieces
    ) -> Iterator[ExpressionTask]:
        """Yield the tasks of a file, given where its samples and features are in the assay."""


class FeaturesInRows(MatrixLayout):
    """Matrices of features x samples; the samples of each file are blocks of their own."""

    def samples(self, file: ScannedFile) -> list[str]:
        """Return the names of the columns."""
        return [each.name for each in file.detected.value_columns]

    def add_features(self, gathering: FeatureGathering, file: ScannedFile) -> np.ndarray:
        """Gather the ids of the rows."""
        return gathering.add(row_names(file), file.scan.row_lines, file.file.label)

    def find_repeated(
        self,
        ids: Sequence[str],  # noqa: ARG002 needed where samples are in the rows
        file: ScannedFile,
    ) -> Iterator[Finding]:
        """Find columns that name a sample twice."""
        return find_repeated_columns(file.detected)

    def tasks(
        self, file: ScannedFile, *, samples: Samples, features: Features, pieces: _Pieces
    ) -> Iterator[ExpressionTask]:
        """Yield a task for each piece of the file."""
        rows = features.indexes
        kept = rows[rows != LEFT_OUT]
        repeated = np.isin(rows, _repeated(kept)) if len(kept) != len(np.unique(kept)) else None
        cuts = cut_rows(file.scan, block_bytes=self.request.block_bytes)
        for number, cut in enumerate(cuts):
            piece = slice(cut.first_row, cut.first_row + cut.row_count)
            yield MatrixTask(
                block=file.block(number, cut.start, cut.end, cut.line),
                target=pieces.target(number),
                samples=samples,
                columns=_columns_of(file),
                features=Features(features.ids[piece], rows[piece]),
                is_diverted=None if repeated is None else repeated[piece],
            )


class SamplesInRows(MatrixLayout):
    """Matrices of samples x features: a task reads the rows of one block of samples."""

    notes = ("samples are in the rows and features in the columns: the matrix was turned",)

    def samples(self, file: ScannedFile) -> list[str]:
        """Return the ids of the rows."""
        return row_names(file)

    def add_features(self, gathering: FeatureGathering, file: ScannedFile) -> np.ndarray:
        """Gather the names of the columns."""
        columns = file.detected.value_columns
        return gathering.add(
            [each.name for each in columns],
            None,
            file.file.label,
            columns=np.array([each.index + 1 for each in columns]),
        )

    def find_repeated(self, ids: Sequence[str], file: ScannedFile) -> Iterator[Finding]:
        """Find rows that name a sample twice, or none."""
        lines = file.scan.row_lines.tolist()
        for find in (find_repeated_rows, find_nameless_rows):
            yield from find(ids, lines, file.file.label)

    def tasks(
        self, file: ScannedFile, *, samples: Samples, features: Features, pieces: _Pieces
    ) -> Iterator[ExpressionTask]:
        """Yield a task for each block of samples."""
        kept = np.flatnonzero(features.indexes != LEFT_OUT)
        named = Features(tuple(features.ids[each] for each in kept), features.indexes[kept])
        for number, cut in enumerate(cut_rows(file.scan, rows_per_block=BLOCK_SIZE)):
            yield SampleRowsTask(
                block=file.block(number, cut.start, cut.end, cut.line),
                target=pieces.target(number),
                samples=take_samples(samples, slice(cut.first_row, cut.first_row + cut.row_count)),
                columns=_columns_of(file)[kept],
                features=named,
                on_duplicate=self.request.on_duplicate,
            )


def _columns_of(file: ScannedFile) -> np.ndarray:
    """Return the places of the columns of values, int32."""
    return np.array([each.index for each in file.detected.value_columns], np.int32)


def _repeated(indexes: np.ndarray) -> np.ndarray:
    values, times = np.unique(indexes, return_counts=True)
    return values[times > 1]
