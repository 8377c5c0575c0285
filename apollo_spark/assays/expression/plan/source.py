"""A source that is planned: its samples, its features, and the tasks that write its tiles."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.plan.rows import (
    Placement,
    ScannedFile,
)
from apollo_spark.assays.expression.sources.files.quantifiers import Strand
from apollo_spark.assays.expression.sources.files.reading import IdRule
from apollo_spark.assays.expression.sources.files.top import read_top
from apollo_spark.assays.expression.sources.formats.gather import FeatureGathering
from apollo_spark.assays.expression.sources.ids.features import FeatureIds
from apollo_spark.assays.expression.tasks.tiles.spec import (
    LEFT_OUT,
    ExpressionTask,
    Features,
    OnDuplicate,
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


def gather_features(request: SourceRequest) -> FeatureGathering:
    """Begin to gather the features of the files of a source."""
    return FeatureGathering(
        id_rule=request.id_rule,
        id_map=request.id_map,
        on_duplicate=request.on_duplicate,
        is_union=request.is_union,
    )


def own_places(samples: Samples, features: FeatureIds) -> Placement:
    """Return where samples and features are in an assay of the source alone."""
    return Placement(samples, np.arange(len(features.ids), dtype=np.int32))


def place_features(rows: np.ndarray, features: FeatureIds, placement: Placement) -> Features:
    """Return id and index in the assay of the features of rows; LEFT_OUT stays."""
    names = np.array([*features.ids.to_pylist(), ""], dtype=object)
    return Features(tuple(names[rows]), np.append(placement.features, np.int32(LEFT_OUT))[rows])


def input_files(request: SourceRequest, files: Sequence[ScannedFile]) -> tuple[InputFile, ...]:
    """Return the files of a source, as a version names what it was made of."""
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
