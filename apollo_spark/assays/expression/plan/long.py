"""Long sources: they are parsed to scratch files, then a task builds each block of samples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from apollo_spark.assays.expression.plan.faults import has_faults, merge_places
from apollo_spark.assays.expression.plan.long_ids import ParsedSource, find_nameless, find_wrong_ids
from apollo_spark.assays.expression.plan.rows import (
    Placement,
    iterate_blocks,
    place_samples,
    scan_sources,
    take_samples,
    task_file,
    unpack_file,
)
from apollo_spark.assays.expression.plan.source import (
    MakeTarget,
    PlannedSource,
    SourcePlanning,
    SourceRequest,
    own_places,
    place_features,
)
from apollo_spark.assays.expression.sources.files.detected import Detected
from apollo_spark.assays.expression.sources.ids.features import resolve_feature_ids
from apollo_spark.assays.expression.tasks.long_rows import read_ids
from apollo_spark.assays.expression.tasks.tiles.spec import (
    LEFT_OUT,
    ExpressionTask,
    LongParseTask,
    LongTilesTask,
    TileTarget,
    UnitRules,
)
from apollo_spark.assays.expression.tasks.tiles.storage import DOUBLE, LayerStorage, first_storage
from apollo_spark.assays.expression.tasks.write import collect_expression, run_expression_task
from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.model.findings import Finding
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.workers.files.digest import hash_file
from apollo_spark.workers.scan import blocks_of, scan_file
from apollo_spark.workers.values.spec import Block, FileSpec

GUESS_ROWS = 20_000


@dataclass(frozen=True)
class LongFile:
    """A long file that was read once: as tasks open it, and its ranges of whole rows."""

    detected: Detected
    file: FileSpec
    blocks: tuple[Block, ...]
    size: int


def plan_long(request: SourceRequest, given: Sequence[Detected], unit: UnitRules) -> SourcePlanning:
    """Plan long files: they are parsed here, because features and samples are in the rows."""
    files, problems = scan_sources(given, partial(_scan, request))
    if not files:
        return SourcePlanning(None, tuple(problems))
    target = TileTarget(str(request.scratch), DOUBLE, unit, request.missing)
    tasks = list(_parse_tasks(files, target))
    answers = LocalTaskRunner().run(run_expression_task, tasks)
    faults = _long_faults(tasks, answers)
    parsed = _gather_ids(tasks, answers)
    features = resolve_feature_ids(
        parsed.texts,
        id_rule=request.id_rule,
        id_map=request.id_map,
        on_duplicate=request.on_duplicate,
        file=files[0].file.label,
    )
    faults += tuple(find_nameless(parsed))
    samples, _ = place_samples([parsed.names])
    inputs = tuple(_input(request, each) for each in files)

    def make_tasks(
        make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        placed = placement or own_places(samples, features)
        known = place_features(np.arange(len(features.ids)), features, placed)
        index_of_text = np.append(known.indexes, np.int32(LEFT_OUT))[features.feature_of_row]
        parts = parsed.tile_parts(index_of_text)
        return [
            LongTilesTask(
                parts=tuple(each for each in parts if np.isin(each.samples, members).any()),
                samples=take_samples(placed.samples, members),
                members=members,
                features=known,
                target=make_target(f"part-{block:05d}"),
                on_duplicate=request.on_duplicate,
            )
            for block, members in iterate_blocks(placed.samples)
        ]

    source = PlannedSource(samples, features, inputs, _guess(answers), make_tasks)
    found = find_wrong_ids(
        parsed,
        features,
        id_rule=request.id_rule,
        id_map=request.id_map,
        on_duplicate=request.on_duplicate,
    )
    return SourcePlanning(source, (*problems, *faults, *found))


def _gather_ids(
    tasks: Sequence[LongParseTask], answers: Sequence[Mapping[str, Any]]
) -> ParsedSource:
    """Number the ids of all parts alike; those of one part at a time are in memory as texts."""
    texts: dict[str, int] = {}
    names: dict[str, int] = {}
    features, samples = [], []
    for answer in answers:
        own_texts, own_names = read_ids(answer["path"])
        features.append(_numbers_of(own_texts, texts))
        samples.append(_numbers_of(own_names, names))
    labels = [each.block.file.label for each in tasks]
    paths = [each["path"] for each in answers]
    parts = tuple(zip(paths, labels, strict=True))
    return ParsedSource(parts, tuple(features), tuple(samples), tuple(texts), tuple(names))


def _numbers_of(ids: Iterable[str], known: dict[str, int]) -> np.ndarray:
    return np.array([known.setdefault(each, len(known)) for each in ids], np.int32)


def _input(request: SourceRequest, file: LongFile) -> InputFile:
    return InputFile(
        role=request.unit, name=file.file.label, size=file.size, sha256=file.file.sha256
    )


def _scan(request: SourceRequest, detected: Detected) -> LongFile:
    """Read a file once; unlike a matrix it has too many rows to keep where each begins."""
    path = detected.file.path
    if detected.compression == "gzip":
        path = unpack_file(path, request.scratch)
    scan = scan_file(
        path,
        data_start=detected.data_start,
        data_line=detected.data_line,
        block_bytes=request.block_bytes,
    )
    size, sha256 = scan.size, scan.sha256
    if detected.compression == "gzip":
        size, sha256 = hash_file(detected.file.path)
    file = task_file(detected, path, sha256)
    return LongFile(detected, file, blocks_of(file, scan), size)


def _parse_tasks(files: Sequence[LongFile], target: TileTarget) -> Iterator[LongParseTask]:
    for number, file in enumerate(files):
        for block in file.blocks:
            yield LongParseTask(
                block=block,
                target=replace(target, name=f"long-{number:05d}-{block.index:05d}"),
                feature_column=file.detected.id_columns[0],
                sample_column=int(file.detected.sample_column or 0),
                value_column=file.detected.value_columns[0].index,
            )


def _long_faults(
    tasks: Sequence[LongParseTask], answers: Sequence[Mapping[str, Any]]
) -> tuple[Finding, ...]:
    if not has_faults(answers):
        return ()
    collected = LocalTaskRunner().run(partial(collect_expression, limit=1_000), tasks)
    return merge_places(collected, Policy())


def _guess(answers: Sequence[Mapping[str, Any]]) -> LayerStorage:
    if not answers:
        return DOUBLE
    first = pq.ParquetFile(answers[0]["path"]).read(columns=["value"])
    return first_storage(first["value"].slice(0, GUESS_ROWS).to_numpy())
