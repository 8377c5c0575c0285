"""Matrix files as they were scanned: their rows, their samples, and where each sample goes."""

import csv
import gzip
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from apollo_spark.model.assay import BLOCK_SIZE
from apollo_spark.model.findings import Finding
from apollo_spark.sources.expression.detected import Detected
from apollo_spark.sources.findings import finding_of, list_names
from apollo_spark.workers.expression.rows import MatrixScan, scan_matrix
from apollo_spark.workers.expression.spec import Samples
from apollo_spark.workers.spec import Block, FileSpec


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
    if detected.compression == "gzip":
        path = _unpack(path, scratch)
        scan = replace(scan, is_splittable=True)
    file = FileSpec(
        path=path,
        label=detected.file.label,
        sha256=scan.sha256,
        delimiter=detected.delimiter,
        header=detected.header,
        data_start=detected.data_start,
        data_line=detected.data_line,
    )
    return ScannedFile(detected, file, scan, scan.size)


def _unpack(path: str, scratch: Path) -> str:
    target = scratch / f"{len(list(scratch.iterdir())):05d}-{Path(path).name.removesuffix('.gz')}"
    with gzip.open(path, "rb") as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 8 << 20)
    return str(target)


def row_names(file: ScannedFile) -> list[str]:
    """Return the sample ids of the rows: their first cell, or several cells joined by '-'."""
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
            names.append("-".join(cells[place] for place in places))
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


def repeated_samples(ids: Sequence[Sequence[str]], files: Sequence[ScannedFile]) -> list[Finding]:
    """Find the samples that stand more than once, in one file or in several."""
    seen: set[str] = set()
    findings = []
    for own, file in zip(ids, files, strict=True):
        repeated = [
            each for each, times in Counter([*own, *(seen & set(own))]).items() if times > 1
        ]
        seen.update(own)
        if repeated:
            text = f"samples stand more than once: {list_names(repeated)}"
            findings.append(finding_of("sample_repeated", text, file=file.file.label))
    return findings
