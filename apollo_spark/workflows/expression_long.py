"""Long sources: they are parsed to scratch files, then a task builds each block of samples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.model.dataset import InputFile
from apollo_spark.model.findings import Finding
from apollo_spark.model.policy import Policy
from apollo_spark.sources.expression.detected import Detected
from apollo_spark.sources.expression.features import resolve_feature_ids
from apollo_spark.workers.expression.rows import cut_rows
from apollo_spark.workers.expression.spec import (
    LEFT_OUT,
    ExpressionTask,
    LongParseTask,
    LongPart,
    LongTilesTask,
    Samples,
    TileTarget,
    UnitRules,
)
from apollo_spark.workers.expression.storage import DOUBLE, LayerStorage, choose_storage
from apollo_spark.workers.expression.tiles import collect_expression, run_expression_task
from apollo_spark.workflows.expression_faults import has_faults, merge_places
from apollo_spark.workflows.expression_rows import (
    Placement,
    ScannedFile,
    iterate_blocks,
    place_samples,
    scan_sources,
    take_samples,
)
from apollo_spark.workflows.expression_sources import (
    MakeTarget,
    PlannedSource,
    SourcePlanning,
    SourceRequest,
    own_places,
    place_features,
)

GUESS_ROWS = 20_000


def plan_long(request: SourceRequest, given: Sequence[Detected], unit: UnitRules) -> SourcePlanning:
    """Plan long files: they are parsed here, because features and samples stand in the rows."""
    files, problems = scan_sources(given, request.scratch)
    if problems:
        return SourcePlanning(None, tuple(problems))
    target = TileTarget(str(request.scratch), DOUBLE, unit, request.missing)
    parse = list(_parse_tasks(request, files, target))
    answers = LocalTaskRunner().run(run_expression_task, parse)
    faults = _long_faults(parse, answers)
    texts = list(dict.fromkeys(text for each in answers for text in each["feature_ids"]))
    features = resolve_feature_ids(
        texts,
        id_rule=request.id_rule,
        id_map=request.id_map,
        on_duplicate=request.on_duplicate,
        file=files[0].file.label,
    )
    findings = (*faults, *features.findings)
    if findings:
        return SourcePlanning(None, findings)
    names = list(dict.fromkeys(text for each in answers for text in each["sample_ids"]))
    samples, _ = place_samples([names])
    row_of_text = dict(zip(texts, features.feature_of_row.tolist(), strict=True))

    def make_tasks(
        make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        placed = placement or own_places(samples, features)
        known = place_features(np.arange(len(features.ids)), features, placed)
        indexes = [*known.indexes.tolist(), LEFT_OUT]
        index = {text: indexes[row] for text, row in row_of_text.items()}
        blocks = [
            (block, take_samples(placed.samples, places))
            for block, places in iterate_blocks(placed.samples)
        ]
        return [
            LongTilesTask(
                parts=tuple(_long_parts(parse, answers, index, some)),
                samples=some,
                features=known,
                target=make_target(f"part-{block:05d}"),
                on_duplicate=request.on_duplicate,
            )
            for block, some in blocks
        ]

    inputs = tuple(_input(request, each) for each in files)
    source = PlannedSource(samples, features, inputs, _guess(answers), make_tasks)
    return SourcePlanning(source)


def _input(request: SourceRequest, file: ScannedFile) -> InputFile:
    return InputFile(
        role=request.unit, name=file.file.label, size=file.size, sha256=file.file.sha256
    )


def _parse_tasks(
    request: SourceRequest, files: Sequence[ScannedFile], target: TileTarget
) -> Iterator[LongParseTask]:
    for number, file in enumerate(files):
        detected = file.detected
        for at, cut in enumerate(cut_rows(file.scan, block_bytes=request.block_bytes)):
            yield LongParseTask(
                block=file.block(at, cut.start, cut.end, cut.line),
                target=replace(target, name=f"long-{number:05d}-{at:05d}"),
                feature_column=detected.id_columns[0],
                sample_column=int(detected.sample_column or 0),
                value_column=detected.value_columns[0].index,
            )


def _long_faults(
    tasks: Sequence[LongParseTask], answers: Sequence[Mapping[str, Any]]
) -> tuple[Finding, ...]:
    if not has_faults(answers):
        return ()
    collected = LocalTaskRunner().run(partial(collect_expression, limit=1_000), tasks)
    return merge_places(collected, Policy())


def _long_parts(
    tasks: Iterable[LongParseTask],
    answers: Iterable[Mapping[str, Any]],
    index: Mapping[str, int],
    samples: Samples,
) -> Iterator[LongPart]:
    places = dict(zip(samples.ids, samples.positions.tolist(), strict=True))
    for task, answer in zip(tasks, answers, strict=True):
        positions = [places.get(each, LEFT_OUT) for each in answer["sample_ids"]]
        if any(each != LEFT_OUT for each in positions):
            yield LongPart(
                path=answer["path"],
                label=task.block.file.label,
                features=np.array([index[each] for each in answer["feature_ids"]], np.int32),
                positions=np.array(positions, np.int32),
            )


def _guess(answers: Sequence[Mapping[str, Any]]) -> LayerStorage:
    if not answers:
        return DOUBLE
    first = pq.ParquetFile(answers[0]["path"]).read(columns=["value"])
    return choose_storage(first["value"].slice(0, GUESS_ROWS).to_numpy())
