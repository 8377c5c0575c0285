"""Sources with one file a sample: from recognised files to samples, features and tasks."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from apollo_spark.assays.expression.plan.rows import (
    Placement,
    describe_problem,
    iterate_blocks,
    place_samples,
    take_samples,
)
from apollo_spark.assays.expression.plan.source import (
    MakeTarget,
    PlannedSource,
    SourcePlanning,
    SourceRequest,
    gather_features,
    own_places,
    place_features,
)
from apollo_spark.assays.expression.sources.annotation.naming import describe_count
from apollo_spark.assays.expression.sources.files.detected import Detected, Detection
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.files.words import find_unit, is_other_quantity, squeeze
from apollo_spark.assays.expression.sources.formats.detect import detect_sample_file
from apollo_spark.assays.expression.sources.formats.gather import FeatureGathering
from apollo_spark.assays.expression.sources.formats.manifest import read_manifest
from apollo_spark.assays.expression.sources.formats.samples import (
    NamedSampleFile,
    SampleFiles,
    build_sample_files,
    compile_pattern,
    name_samples,
)
from apollo_spark.assays.expression.tasks.files.reading import read_grids, read_texts
from apollo_spark.assays.expression.tasks.files.sample_ids import SampleFileIds, read_sample_ids
from apollo_spark.assays.expression.tasks.tiles import spec
from apollo_spark.assays.expression.tasks.tiles.spec import ExpressionTask, SampleFilesTask
from apollo_spark.assays.expression.tasks.tiles.storage import DOUBLE, LayerStorage, first_storage
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.findings import Finding
from apollo_spark.model.record import InputFile
from apollo_spark.sources.findings import list_names
from apollo_spark.workers.files.digest import hash_file
from apollo_spark.workers.values.convert import convert
from apollo_spark.workers.values.spec import Block, FileSpec

GUESS_BYTES = 1 << 20
FILES_AT_ONCE = 64
BY_STRAND = ("star", "gdc")
MANIFEST_OF = "manifest of "
"""Begins the role of a manifest among the inputs of a version; the unit follows."""


def plan_sample_files(request: SourceRequest, detection: Detection) -> SourcePlanning:
    """Plan a manifest, or the outputs of a quantifier: a task reads the files of one block."""
    named, notes = _find_sample_files(request, detection)
    if not named.files:
        return SourcePlanning(None, named.findings, notes)
    specs = [_task_file(each) for each in named.files]
    gathering = gather_features(request)
    inputs, problems = _read_all(request, specs, gathering)
    features = gathering.features()
    texts = tuple(gathering.texts.to_pylist())
    samples, _ = place_samples([[each.sample_id for each in named.files]])

    def make_tasks(
        make_target: MakeTarget, placement: Placement | None = None
    ) -> list[ExpressionTask]:
        placed = placement or own_places(samples, features)
        known = place_features(features.feature_of_row, features, placed)
        return [
            SampleFilesTask(
                files=tuple(specs[each] for each in places),
                samples=take_samples(placed.samples, places),
                target=make_target(f"part-{block:05d}"),
                texts=texts,
                features=known,
                on_duplicate=request.on_duplicate,
            )
            for block, places in iterate_blocks(placed.samples)
        ]

    source = PlannedSource(
        samples,
        features,
        inputs=(*_manifest_input(request, detection), *inputs),
        guess=DOUBLE if problems else _guess(specs[0]),
        make_tasks=make_tasks,
        naming=_naming(named.files, inputs),
    )
    return SourcePlanning(source, (*named.findings, *problems, *features.findings), notes)


def _find_sample_files(
    request: SourceRequest, detection: Detection
) -> tuple[SampleFiles, tuple[str, ...]]:
    if detection.format == "manifest":
        return _find_by_manifest(request, detection)
    notes = tuple(_describe_strand(request, detection.files))
    if request.samples:
        return _find_by_list(request, detection.files), notes
    pattern = compile_pattern(request.sample_pattern)
    named = name_samples(detection.files, request.unit, pattern=pattern, strand=request.strand)
    return named, (*notes, FROM_NAMES) if pattern is None else notes


def _find_by_list(request: SourceRequest, files: Sequence[Detected]) -> SampleFiles:
    if len(files) != len(request.samples):
        label = files[0].file.label
        found = describe_count(len(request.samples), len(files), "files of one sample each", label)
        return SampleFiles(files=(), findings=(found,))
    named = zip(files, request.samples, strict=True)
    return build_sample_files(named, request.unit, request.strand)


def _find_by_manifest(
    request: SourceRequest, detection: Detection
) -> tuple[SampleFiles, tuple[str, ...]]:
    reading = Reading(request.id_rule, request.unit, has_header=request.has_header)
    manifest = read_manifest(detection.files[0].file, detection.beside)
    findings = list(manifest.findings)
    chosen: list[tuple[Detected, str]] = []
    for row in manifest.rows:
        found = detect_sample_file(row.file, reading)
        findings += found.findings
        if found.detected is not None:
            chosen.append((found.detected, row.sample_id))
    built = build_sample_files(chosen, request.unit, request.strand)
    files = [each for each, _ in chosen]
    notes = (*manifest.notes, *_describe_strand(request, files), *describe_units(request, files))
    return SampleFiles(files=built.files, findings=(*findings, *built.findings)), notes


FROM_NAMES = (
    "sample ids were taken from the names of the files or their folders "
    "(--sample-pattern, --samples or a manifest names them otherwise)"
)


def _describe_strand(request: SourceRequest, files: Sequence[Detected]) -> Iterator[str]:
    is_stranded = any(each.format in BY_STRAND for each in files) and request.unit == "count"
    if is_stranded and request.strand == "unstranded":
        yield (
            "counts without regard to strand were taken (--strand forward or reverse takes those "
            "of a strand)"
        )


def describe_units(request: SourceRequest, files: Sequence[Detected]) -> Iterator[str]:
    """Yield notes on columns of values whose headers name another quantity than is loaded."""
    # Samples may have other names by now than the header has.
    headers = [
        each.header[column.index]
        for each in files
        if each.has_header
        for column in each.value_columns
    ]
    others = sorted(filter(None, {find_unit(each) for each in headers} - {request.unit}))
    names = {squeeze(each): each for each in headers}
    odd = sorted(each for each in names.values() if is_other_quantity(each))
    if odd and not request.unit.startswith("other:"):
        yield (
            f"columns that are named for another quantity ({list_names(odd)}) are loaded as "
            f"{request.unit} as they are (--unit other:NAME)"
        )
    if others:
        yield (
            f"columns that are named for {list_names(others)} are loaded as {request.unit} (--unit)"
        )


def _manifest_input(request: SourceRequest, detection: Detection) -> Iterator[InputFile]:
    if detection.format == "manifest":
        file = detection.files[0].file
        size, sha256 = hash_file(file.path)
        yield InputFile(
            role=f"{MANIFEST_OF}{request.unit}", name=file.label, size=size, sha256=sha256
        )


def _naming(files: Sequence[NamedSampleFile], inputs: Sequence[InputFile]) -> str:
    """Return a digest of whose each file is: its name or a manifest says it, and not its bytes."""
    named = [(each.sample_id, file.sha256) for each, file in zip(files, inputs, strict=True)]
    return sha256_text(canonical_json(sorted(named)))


def _task_file(file: NamedSampleFile) -> spec.SampleFile:
    return spec.SampleFile(
        file=FileSpec(
            path=file.path,
            label=file.label,
            sha256="",
            delimiter=file.delimiter,
            header=file.header,
            data_start=file.data_start,
            data_line=file.data_line,
            compression=file.compression,
        ),
        id_column=file.id_column,
        value_column=file.value_column,
    )


def _read_all(
    request: SourceRequest, files: Sequence[spec.SampleFile], gathering: FeatureGathering
) -> tuple[list[InputFile], list[Finding]]:
    """Hash all files and gather the features in them."""
    inputs, problems = [], []
    for each, found in zip(files, _iterate_ids(files), strict=True):
        label = each.file.label
        if found.problem is not None:
            problems.append(describe_problem(*found.problem, label))
        gathering.add(found.texts, found.lines, label, is_whole=found.is_whole)
        inputs.append(
            InputFile(role=request.unit, name=label, size=found.size, sha256=found.sha256)
        )
    return inputs, problems


def _iterate_ids(files: Sequence[spec.SampleFile]) -> Iterator[SampleFileIds]:
    """Yield the ids of each file, some files at a time so that few are in memory."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(files), FILES_AT_ONCE):
            yield from pool.map(read_sample_ids, files[start : start + FILES_AT_ONCE])


def _guess(file: spec.SampleFile) -> LayerStorage:
    """Choose the storage that the first values of the first file ask for."""
    block = Block(file.file, 0, file.file.data_start, None, file.file.data_line)
    grid, _ = next(read_grids(block, GUESS_BYTES))
    # Wrong cells count as missing here: the tasks, which read all of them, find and name them.
    values = convert(read_texts(grid, file.value_column).cast("string"), "float", ("",)).values
    return first_storage(values.drop_null().to_numpy(zero_copy_only=False))
