"""Sources with one file a sample, and long ones: from recognised files to samples and tasks."""

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.model.assay import BLOCK_SIZE
from apollo_spark.model.dataset import InputFile
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.policy import Policy
from apollo_spark.sources.expression.detect import detect_sample_file
from apollo_spark.sources.expression.detected import Detected, Detection
from apollo_spark.sources.expression.features import FeatureIds, resolve_feature_ids
from apollo_spark.sources.expression.manifest import read_manifest
from apollo_spark.sources.expression.samples import (
    SampleFile,
    SampleFiles,
    build_sample_files,
    compile_pattern,
    name_samples,
)
from apollo_spark.workers.expression import spec
from apollo_spark.workers.expression.rows import cut_rows, hash_file
from apollo_spark.workers.expression.spec import (
    LEFT_OUT,
    ExpressionTask,
    Features,
    LongParseTask,
    LongPart,
    LongTilesTask,
    SampleFilesTask,
    Samples,
    TileTarget,
    UnitRules,
)
from apollo_spark.workers.expression.storage import DOUBLE, LayerStorage, choose_storage
from apollo_spark.workers.expression.tiles import collect_expression, run_expression_task
from apollo_spark.workers.spec import FileSpec
from apollo_spark.workflows.expression_faults import has_faults, merge_places
from apollo_spark.workflows.expression_rows import ScannedFile, place_samples
from apollo_spark.workflows.expression_sources import (
    MakeTarget,
    PlannedSource,
    SourcePlanning,
    SourceRequest,
)

GUESS_ROWS = 20_000


def plan_sample_files(request: SourceRequest, detection: Detection) -> SourcePlanning:
    """Plan a manifest, or the outputs of a quantifier: a task reads the files of one block."""
    named, notes = _find_sample_files(request, detection)
    if refusing(named.findings) or not named.files:
        return SourcePlanning(None, named.findings, notes)
    files = named.files
    ids = _read_ids(files, is_union=request.is_union)
    features = resolve_feature_ids(
        ids,
        id_rule=request.id_rule,
        id_map=request.id_map,
        on_duplicate=request.on_duplicate,
        file=files[0].label,
    )
    samples, _ = place_samples([[each.sample_id for each in files]])
    known = np.append(np.arange(len(features.ids), dtype=np.int32), LEFT_OUT)
    texts, numbers = np.unique(np.array(ids, dtype=object), return_index=True)
    indexes = known[features.feature_of_row][numbers]
    specs = [_task_file(each) for each in files]

    def make_tasks(make_target: MakeTarget) -> list[ExpressionTask]:
        return [
            SampleFilesTask(
                files=tuple(specs[start : start + BLOCK_SIZE]),
                samples=_some(samples, start),
                target=make_target(f"part-{start // BLOCK_SIZE:05d}"),
                texts=tuple(texts),
                features=Features(tuple(_ids_of(features, indexes)), indexes),
                on_duplicate=request.on_duplicate,
            )
            for start in range(0, len(files), BLOCK_SIZE)
        ]

    inputs = tuple(_input(request, each.label, each.path) for each in files)
    source = PlannedSource(samples, features, inputs, _guess(files[0]), make_tasks)
    return SourcePlanning(source, (*named.findings, *features.findings), notes)


def _find_sample_files(
    request: SourceRequest, detection: Detection
) -> tuple[SampleFiles, tuple[str, ...]]:
    pattern = compile_pattern(request.sample_pattern)
    if detection.format != "manifest":
        return name_samples(detection.files, request.unit, pattern=pattern), ()
    manifest = read_manifest(detection.files[0].file, detection.beside)
    findings = list(manifest.findings)
    named: list[tuple[Detected, str]] = []
    for row in manifest.rows:
        found = detect_sample_file(row.file)
        findings += found.findings
        if found.detected is not None:
            named.append((found.detected, row.sample_id))
    built = build_sample_files(named, request.unit)
    return SampleFiles(files=built.files, findings=(*findings, *built.findings)), manifest.notes


def _read_ids(files: Sequence[SampleFile], *, is_union: bool) -> list[str]:
    """Return the feature ids of the first file, or of all, in the order of their appearance."""
    seen = list(_ids_in(files[0]))
    if is_union:
        known = set(seen)
        for each in files[1:]:
            for text in _ids_in(each):
                if text not in known:
                    known.add(text)
                    seen.append(text)
    return seen


def _ids_in(file: SampleFile) -> Iterator[str]:
    column = _read_column(file, file.id_column, pa.string())
    yield from (text for text in column.to_pylist() if text is not None)


def _read_column(file: SampleFile, column: int, kind: pa.DataType) -> pa.ChunkedArray:
    with _opened(file.path, file.compression) as stream:
        lines = list(islice(stream, file.skip_lines + file.has_header))
        width = len((lines[-1] if file.has_header else next(stream)).split(file.delimiter.encode()))
    names = [str(each) for each in range(width)]
    with _opened(file.path, file.compression) as stream:
        table = pc.read_csv(
            stream,
            pc.ReadOptions(column_names=names, skip_rows=file.skip_lines + file.has_header),
            pc.ParseOptions(delimiter=file.delimiter, invalid_row_handler=lambda _: "skip"),
            pc.ConvertOptions(include_columns=[str(column)], column_types={str(column): kind}),
        )
    return table.column(0)


def _opened(path: str, compression: str) -> IO[bytes]:
    return gzip.open(path, "rb") if compression == "gzip" else Path(path).open("rb")  # type: ignore[return-value]


def _task_file(file: SampleFile) -> spec.SampleFile:
    with _opened(file.path, file.compression) as stream:
        lines = list(islice(stream, file.skip_lines + file.has_header))
        first = lines[-1] if file.has_header else next(stream, b"")
    width = len(first.decode().rstrip("\r\n").split(file.delimiter))
    return spec.SampleFile(
        file=FileSpec(
            path=file.path,
            label=file.label,
            sha256=hash_file(file.path)[1],
            delimiter=file.delimiter,
            header=tuple(str(each) for each in range(width)),
            data_start=sum(len(line) for line in lines),
            data_line=1 + len(lines),
            compression=file.compression,
        ),
        id_column=file.id_column,
        value_column=file.value_column,
    )


def _some(samples: Samples, start: int) -> Samples:
    piece = slice(start, start + BLOCK_SIZE)
    return Samples(samples.ids[piece], samples.blocks[piece], samples.positions[piece])


def _ids_of(features: FeatureIds, indexes: np.ndarray) -> list[str]:
    names = np.array([*features.ids.to_pylist(), ""], dtype=object)
    return list(names[indexes])


def _input(request: SourceRequest, label: str, path: str) -> InputFile:
    size, digest = hash_file(path)
    return InputFile(role=request.unit, name=label, size=size, sha256=digest)


def _guess(file: SampleFile) -> LayerStorage:
    """Choose the storage that the first values of the first file ask for."""
    try:
        column = _read_column(file, file.value_column, pa.float64())
    except pa.ArrowInvalid:
        # A cell that is no number: the tasks will find and name it.
        return DOUBLE
    values = column.slice(0, GUESS_ROWS).drop_null().to_numpy()
    return choose_storage(values[np.isfinite(values)])


def plan_long(
    request: SourceRequest, files: Sequence[ScannedFile], unit: UnitRules
) -> SourcePlanning:
    """Plan long files: they are parsed to scratch files here, and a task builds one block."""
    target = TileTarget(str(request.scratch), DOUBLE, unit, request.missing)
    parse = list(_parse_tasks(request, files, target))
    answers = LocalTaskRunner().run(run_expression_task, parse)
    if faults := _long_faults(parse, answers):
        return SourcePlanning(None, faults)
    texts = list(dict.fromkeys(text for each in answers for text in each["feature_ids"]))
    features = resolve_feature_ids(
        texts,
        id_rule=request.id_rule,
        id_map=request.id_map,
        on_duplicate=request.on_duplicate,
        file=files[0].file.label,
    )
    names = list(dict.fromkeys(text for each in answers for text in each["sample_ids"]))
    samples, _ = place_samples([names])
    known = np.append(np.arange(len(features.ids), dtype=np.int32), LEFT_OUT)
    index = dict(zip(texts, known[features.feature_of_row].tolist(), strict=True))

    def make_tasks(make_target: MakeTarget) -> list[ExpressionTask]:
        all_features = Features(tuple(features.ids.to_pylist()), known[:-1])
        return [
            LongTilesTask(
                parts=tuple(_long_parts(parse, answers, index, _some(samples, start))),
                samples=_some(samples, start),
                features=all_features,
                target=make_target(f"part-{start // BLOCK_SIZE:05d}"),
                on_duplicate=request.on_duplicate,
            )
            for start in range(0, len(names), BLOCK_SIZE)
        ]

    inputs = tuple(_input(request, each.file.label, each.detected.file.path) for each in files)
    guess = _guess_long(answers)
    source = PlannedSource(samples, features, inputs, guess, make_tasks)
    return SourcePlanning(source, features.findings)


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


def _guess_long(answers: Sequence[Mapping[str, Any]]) -> LayerStorage:
    if not answers:
        return DOUBLE
    first = pq.ParquetFile(answers[0]["path"]).read(columns=["value"])
    return choose_storage(first["value"].slice(0, GUESS_ROWS).to_numpy())
