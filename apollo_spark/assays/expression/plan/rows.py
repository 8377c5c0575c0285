"""Matrix files as they were scanned: their rows, their samples, and where each sample goes."""

import csv
import gzip
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

from apollo_spark.assays.expression.assay import BLOCK_SIZE
from apollo_spark.assays.expression.sources.files.detected import Detected
from apollo_spark.assays.expression.sources.files.quantifiers import SUMMARY_ROWS
from apollo_spark.assays.expression.tasks.files.rows import MatrixScan, scan_matrix
from apollo_spark.assays.expression.tasks.tiles.spec import Samples
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of
from apollo_spark.workers.source import InputProblemError, naming_damage
from apollo_spark.workers.values.spec import Block, FileSpec
from apollo_spark.workers.values.tidying import tidy_name

Scanned = TypeVar("Scanned")


@dataclass(frozen=True)
class ScannedFile:
    """A matrix that was read once: its rows, and its file as tasks open it."""

    detected: Detected
    file: FileSpec
    scan: MatrixScan
    size: int

    def block(self, number: int, start: int, end: int | None, line: int) -> Block:
        """Return a range of the file."""
        return Block(self.file, number, start, end, line)


@dataclass(frozen=True)
class Placement:
    """Where the samples and features of a source are in the assay.

    Attributes:
        samples: Those of the source, in its order, with their places.
        features: (features of the source,) int32, the index of each in the assay.
    """

    samples: Samples
    features: np.ndarray


def scan_sources(
    files: Sequence[Detected], scan: Callable[[Detected], Scanned]
) -> tuple[list[Scanned], list[Finding]]:
    """Read files once, and say which of them cannot be read to their end."""
    found = [_scan_or_describe(each, scan) for each in files]
    return (
        [each for each in found if not isinstance(each, Finding)],
        [each for each in found if isinstance(each, Finding)],
    )


def _scan_or_describe(detected: Detected, scan: Callable[[Detected], Scanned]) -> Scanned | Finding:
    try:
        return scan(detected)
    except InputProblemError as problem:
        return describe_problem(problem.rule, problem.line, detected.file.label)


def describe_problem(rule: str, line: int | None, label: str) -> Finding:
    """Describe where a file stops being what it was said to be."""
    return finding_of(rule, "the file cannot be read to its end", file=label, line=line)


def scan_source(detected: Detected, scratch: Path) -> ScannedFile:
    """Read a file once; a packed one is unpacked first, so that several tasks can read it."""
    path = detected.file.path
    scan = scan_matrix(
        path,
        delimiter=detected.delimiter,
        data_start=detected.data_start,
        data_line=detected.data_line,
        compression=detected.compression,
    )
    scan = leave_headers_out(scan, detected.header)
    if detected.compression == "gzip":
        path = unpack_file(path, scratch)
        scan = replace(scan, is_splittable=True)
    return ScannedFile(detected, task_file(detected, path, scan.sha256), scan, scan.size)


def leave_headers_out(scan: MatrixScan, header: Sequence[str]) -> MatrixScan:
    """Give rows that begin as the header does the id of no feature: tasks find and name them."""
    first = tidy_name(header[0]) if header else ""
    if not first or not any(first in each for each in scan.row_ids):
        return scan
    ids = (SUMMARY_ROWS[0] if _bare(each) == first else each for each in scan.row_ids)
    return replace(scan, row_ids=tuple(ids))


def _bare(cell: str) -> str:
    return tidy_name(tidy_name(cell).strip('"'))


def task_file(detected: Detected, path: str, sha256: str) -> FileSpec:
    """Describe a file, plain by now, as tasks open it."""
    return FileSpec(
        path=path,
        label=detected.file.label,
        sha256=sha256,
        delimiter=detected.delimiter,
        header=detected.header,
        data_start=detected.data_start,
        data_line=detected.data_line,
    )


def unpack_file(path: str, scratch: Path) -> str:
    """Unpack a file into a folder and return where it is.

    Raises:
        InputProblemError: `file_truncated` or `file_damaged`.
    """
    target = scratch / f"{len(list(scratch.iterdir())):05d}-{Path(path).name.removesuffix('.gz')}"
    with naming_damage(), gzip.open(path, "rb") as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 8 << 20)
    return str(target)


def row_names(file: ScannedFile) -> list[str]:
    """Return the ids of the rows: their first cell, another one, or several joined by '-'."""
    places = file.detected.id_columns
    if places == (0,):
        return list(file.scan.row_ids)
    names = []
    with Path(file.file.path).open("rb") as stream:
        for start in file.scan.row_starts.tolist():
            stream.seek(start)
            line = stream.readline().decode().rstrip("\r\n")
            # Only the cells before the values are needed of what may be 100,000 of them.
            parts = line.split(file.file.delimiter, max(places) + 1)
            cells = next(csv.reader([file.file.delimiter.join(parts[: max(places) + 1])],
                                    delimiter=file.file.delimiter))  # fmt: skip
            # A row that is too short has no id; it is found and named for its length.
            names.append("-".join(cells[place] for place in places if place < len(cells)))
    return names


def place_samples(
    ids: Sequence[Sequence[str]], *, first_block: int = 0
) -> tuple[Samples, list[Samples]]:
    """Give every sample its block and position; each group begins a block of its own.

    Returns:
        All samples, and those of each group.
    """
    groups: list[Samples] = []
    for group in ids:
        at = np.arange(len(group), dtype=np.int32)
        groups.append(Samples(tuple(group), first_block + at // BLOCK_SIZE, at % BLOCK_SIZE))
        first_block += -(-len(group) // BLOCK_SIZE)
    joined = Samples(
        tuple(each for group in groups for each in group.ids),
        np.concatenate([group.blocks for group in groups]).astype(np.int32),
        np.concatenate([group.positions for group in groups]).astype(np.int32),
    )
    return joined, groups


def take_samples(samples: Samples, places: slice | np.ndarray) -> Samples:
    """Return some samples with their places."""
    ids = samples.ids[places] if isinstance(places, slice) else [samples.ids[i] for i in places]
    return Samples(tuple(ids), samples.blocks[places], samples.positions[places])


def split_samples(samples: Samples, sizes: Sequence[int]) -> list[Samples]:
    """Return the samples of each group of so many."""
    ends = np.cumsum([0, *sizes]).tolist()
    return [take_samples(samples, slice(start, end)) for start, end in pairwise(ends)]


def iterate_blocks(samples: Samples) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each block and the places of its samples, in the order of their positions."""
    order = np.lexsort((samples.positions, samples.blocks))
    blocks = samples.blocks[order]
    for places in np.split(order, np.flatnonzero(np.diff(blocks)) + 1):
        if len(places):
            yield int(samples.blocks[places[0]]), places
