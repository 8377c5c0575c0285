"""Any small matrix, and the tasks that load it in every format."""

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from hypothesis import strategies as st

from apollo_spark.assays.expression.tasks.files.rows import cut_rows, scan_matrix
from apollo_spark.assays.expression.tasks.long_rows import IDS, read_ids, write_long
from apollo_spark.assays.expression.tasks.long_tiles import write_long_tiles
from apollo_spark.assays.expression.tasks.matrix import write_matrix_tiles
from apollo_spark.assays.expression.tasks.sample_files import write_sample_files
from apollo_spark.assays.expression.tasks.sample_rows import write_sample_rows
from apollo_spark.assays.expression.tasks.tiles.spec import (
    Features,
    LongParseTask,
    LongPart,
    LongTilesTask,
    MatrixTask,
    SampleFile,
    SampleFilesTask,
    SampleRowsTask,
    Samples,
    TileTarget,
    UnitRules,
)
from apollo_spark.assays.expression.tasks.tiles.storage import as_floats, choose_storage, decode
from apollo_spark.workers.values.hashing import ContentHash
from apollo_spark.workers.values.spec import Block, FileSpec

ANY_SIGN = UnitRules(allows_negative=True)


def plain(digits: int, decimals: int) -> str:
    return format(Decimal(digits).scaleb(-decimals), "f")


def is_double(text: str) -> bool:
    """Whether a double holds a number to its last digit, if it is a whole one."""
    number = Decimal(text)
    return number != number.to_integral_value() or number == Decimal(float(text))


# Whole numbers that no double holds are refused beside others: they have tests of their own.
CELLS = st.one_of(
    st.just(""),
    st.just("0"),
    st.builds(plain, st.integers(0, 999), st.just(0)),
    st.builds(plain, st.integers(-99_999, 99_999), st.integers(0, 4)),
    st.builds(plain, st.integers(-(10**17), 10**17), st.integers(0, 19)).filter(is_double),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)


NAMES = st.lists(
    st.text(alphabet="AB1.|-é\"' ", min_size=1, max_size=12).map(lambda text: f"x{text}x"),
    min_size=1,
    max_size=7,
    unique=True,
)


@dataclass(frozen=True)
class Case:
    features: list[str]
    samples: list[str]
    cells: list[list[str]]
    block_size: int
    chunk_bytes: int
    cut_rows: int
    line_end: str

    def values(self) -> np.ndarray:
        numbers = [[float(cell) + 0.0 if cell else np.nan for cell in row] for row in self.cells]
        return np.array(numbers)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    features, samples = draw(NAMES), draw(NAMES)
    row = st.lists(CELLS, min_size=len(samples), max_size=len(samples))
    return Case(
        features=features,
        samples=samples,
        cells=draw(st.lists(row, min_size=len(features), max_size=len(features))),
        block_size=draw(st.integers(1, 4)),
        chunk_bytes=draw(st.integers(1, 60)),
        cut_rows=draw(st.integers(1, 3)),
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
    )


@contextmanager
def workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tiles").mkdir()
        yield Path(folder)


class Loader:
    """Does what a driver does, for each format."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.folder = case, folder
        places = np.arange(len(case.samples), dtype=np.int32)
        self.blocks, self.positions = np.divmod(places, np.int32(case.block_size))
        self.storage = choose_storage(case.values())
        self.features = Features(
            tuple(case.features), np.arange(len(case.features), dtype=np.int32)
        )

    def target(self) -> TileTarget:
        return TileTarget(str(self.folder / "tiles"), self.storage, ANY_SIGN)

    def samples(self, rows: slice = slice(None)) -> Samples:
        return Samples(tuple(self.case.samples[rows]), self.blocks[rows], self.positions[rows])

    def block_slices(self) -> list[slice]:
        size, count = self.case.block_size, len(self.case.samples)
        return [slice(start, min(start + size, count)) for start in range(0, count, size)]

    def write(self, name: str, rows: list[list[str]]) -> FileSpec:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator=self.case.line_end).writerows(rows)
        content = text.getvalue().encode()
        path = self.folder / name
        path.write_bytes(content)
        start = content.index(b"\n") + 1
        return FileSpec(str(path), name, "", ",", tuple(rows[0]), start, 2)

    def blocks_of(self, file: FileSpec, rows: int) -> list[tuple[Block, slice, tuple[str, ...]]]:
        scan = scan_matrix(file.path, delimiter=",", data_start=file.data_start, data_line=2)
        return [
            (
                Block(file, number, cut.start, cut.end, cut.line),
                slice(cut.first_row, cut.first_row + cut.row_count),
                scan.row_ids[cut.first_row : cut.first_row + cut.row_count],
            )
            for number, cut in enumerate(cut_rows(scan, rows_per_block=rows))
        ]

    def matrix(self) -> list[dict[str, Any]]:
        case = self.case
        rows = [[name, *cells] for name, cells in zip(case.features, case.cells, strict=True)]
        file = self.write("matrix.csv", [["id", *case.samples], *rows])
        results = []
        for block, part, ids in self.blocks_of(file, case.cut_rows):
            features = Features(ids, self.features.indexes[part])
            columns = np.arange(1, len(case.samples) + 1)
            task = MatrixTask(block, self.target(), self.samples(), columns, features)
            results.append(write_matrix_tiles(task, chunk_bytes=case.chunk_bytes, buffer_bytes=64))
        return results

    def sample_rows(self) -> list[dict[str, Any]]:
        case = self.case
        columns = [list(each) for each in zip(*case.cells, strict=True)]
        rows = [[name, *cells] for name, cells in zip(case.samples, columns, strict=True)]
        file = self.write("turned.csv", [["id", *case.features], *rows])
        numbers = np.arange(1, len(case.features) + 1)
        return [
            write_sample_rows(
                SampleRowsTask(block, self.target(), self.samples(part), numbers, self.features),
                chunk_bytes=case.chunk_bytes,
            )
            for block, part, _ in self.blocks_of(file, case.block_size)
        ]

    def sample_files(self) -> list[dict[str, Any]]:
        case = self.case
        files = []
        for place, name in enumerate(case.samples):
            rows = [
                ["note", case.cells[row][place], feature]
                for row, feature in enumerate(case.features)
            ]
            # Files need not agree about the order of their rows.
            rows = rows[place:] + rows[:place]
            spec = self.write(f"{place}.csv", [["note", name, "id"], *rows])
            files.append(SampleFile(spec, 2, 1))
        return [
            write_sample_files(
                SampleFilesTask(
                    tuple(files[part]),
                    self.samples(part),
                    self.target(),
                    self.features.ids,
                    self.features,
                ),
                chunk_bytes=case.chunk_bytes,
            )
            for part in self.block_slices()
        ]

    def long(self) -> list[dict[str, Any]]:
        case = self.case
        rows = [
            [sample, case.cells[row][place], feature]
            for row, feature in enumerate(case.features)
            for place, sample in enumerate(case.samples)
        ]
        file = self.write("long.csv", [["sample", "value", "feature"], *rows])
        scratch = [
            write_long(LongParseTask(block, self.target(), 2, 0, 1), chunk_bytes=case.chunk_bytes)
            for block, _, _ in self.blocks_of(file, 3 * case.cut_rows)
        ]
        for each in scratch:
            assert each["counts"] == []
        results = [self.long_tiles(scratch, part) for part in self.block_slices()]
        for each in scratch:
            for end in ("", IDS):
                Path(f"{each['path']}{end}").unlink()
        return results

    def long_tiles(self, scratch: list[dict[str, Any]], part: slice) -> dict[str, Any]:
        case, parts = self.case, []
        for each in scratch:
            features, samples = read_ids(each["path"])
            parts.append(
                LongPart(
                    each["path"],
                    "long.csv",
                    np.array([case.features.index(name) for name in features], np.int32),
                    np.array([case.samples.index(name) for name in samples], np.int32),
                )
            )
        members = np.arange(len(case.samples))[part]
        return write_long_tiles(
            LongTilesTask(tuple(parts), self.samples(part), members, self.features, self.target())
        )

    def read_back(self, results: list[dict[str, Any]]) -> np.ndarray:
        values = np.full((len(self.case.features), len(self.case.samples)), np.nan)
        for part in (part for each in results for part in each["parts"]):
            table = pq.read_table(self.folder / "tiles" / part["path"])
            for row in table.to_pylist():
                items = [self.storage.missing if v is None else v for v in row["values"]]
                start = row["block"] * self.case.block_size
                stored = np.array(items, self.storage.dtype)
                assert self.case.features[row["feature"]] == row["feature_id"]
                found = as_floats(decode(stored, self.storage))
                values[row["feature"], start : start + len(items)] = found
        return values


def total_hash(results: list[dict[str, Any]]) -> ContentHash:
    return sum((ContentHash(**each["hash"]) for each in results), ContentHash())


HUGE = Case(
    features=["a", "b"],
    samples=["x"],
    cells=[["8.988465674311579e+307"], ["8.98846567431158e+307"]],
    block_size=1,
    chunk_bytes=1,
    cut_rows=1,
    line_end="\n",
)
"""The sum is beyond the greatest double."""
