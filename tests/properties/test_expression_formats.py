"""Any small matrix, written in any supported format, is planned and stored as the same matrix."""

import csv
import gzip
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from apollo_spark.assays.expression.load.tiles import TileWriting
from apollo_spark.assays.expression.plan.plan import plan_expression_load
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.assays.expression.tasks.tiles.content import hash_matrix
from apollo_spark.assays.expression.tasks.tiles.storage import decode
from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.workers.values.hashing import ContentHash

Table = list[list[str]]


def plain(digits: int, decimals: int) -> str:
    return format(Decimal(digits).scaleb(-decimals), "f")


CELLS = st.one_of(
    st.just(""),
    st.sampled_from(["0", "1e-3", "2.50", "12E+2"]),
    st.builds(plain, st.integers(0, 99_999), st.integers(0, 6)),
    st.builds(plain, st.integers(0, 10**17), st.integers(0, 18)),
)
# Names of folders, too: a quantifier's output is called by the folder in which it lies.
SAMPLES = st.lists(
    st.text("ab7.-_é ", max_size=6).map(lambda text: f"x{text}x"),
    min_size=1, max_size=5, unique_by=str.lower,
)  # fmt: skip
FEATURES = st.lists(
    st.integers(1, 10**11 - 1).map(lambda number: f"ENSG{number:011d}"),
    min_size=1, max_size=6, unique=True,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A matrix, and how its files are written and read."""

    features: list[str]
    samples: list[str]
    cells: Table
    delimiter: str
    line_end: str
    is_packed: bool
    block_bytes: int
    order: list[int]

    @property
    def values(self) -> np.ndarray:
        return np.array([[float(cell) if cell else np.nan for cell in row] for row in self.cells])

    def column(self, place: int) -> list[str]:
        return [row[place] for row in self.cells]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    features, samples = draw(FEATURES), draw(SAMPLES)
    row = st.lists(CELLS, min_size=len(samples), max_size=len(samples))
    cells = draw(st.lists(row, min_size=len(features), max_size=len(features)))
    # A matrix without a single number has no column of values.
    cells[0][0] = cells[0][0] or "1"
    return Case(
        features=features,
        samples=samples,
        cells=cells,
        delimiter=draw(st.sampled_from([",", "\t"])),
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
        is_packed=draw(st.booleans()),
        block_bytes=draw(st.integers(1, 60)),
        order=draw(st.permutations(range(len(samples)))),
    )


def write(case: Case, path: Path, rows: Table, delimiter: str | None = None) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter or case.delimiter, lineterminator=case.line_end).writerows(
        rows
    )
    content = text.getvalue().encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    if case.is_packed:
        path = path.with_name(f"{path.name}.gz")
        content = gzip.compress(content)
    path.write_bytes(content)
    return path


def down(case: Case, folder: Path) -> list[Path]:
    rows = [[name, *cells] for name, cells in zip(case.features, case.cells, strict=True)]
    return [write(case, folder / "m.txt", [["feature_id", *case.samples], *rows])]


def across(case: Case, folder: Path) -> list[Path]:
    rows = [[case.samples[place], *case.column(place)] for place in case.order]
    return [write(case, folder / "m.txt", [["sample_id", *case.features], *rows])]


def one_each(case: Case, folder: Path) -> list[Path]:
    """Write a matrix for each sample, its rows in another order."""
    paths = []
    for place in case.order:
        rows = [[f, cell] for f, cell in zip(case.features, case.column(place), strict=True)]
        rows = rows[place % len(rows) :] + rows[: place % len(rows)]
        header = ["feature_id", case.samples[place]]
        paths.append(write(case, folder / f"{place}.txt", [header, *rows]))
    return paths


def long(case: Case, folder: Path) -> list[Path]:
    rows = [
        [case.samples[place], cell, feature]
        for place in case.order
        for feature, cell in zip(case.features, case.column(place), strict=True)
    ]
    return [write(case, folder / "long.txt", [["sample", "value", "gene_id"], *rows])]


def manifest(case: Case, folder: Path) -> list[Path]:
    rows = [["sample_id", "file"]]
    for place in case.order:
        values = zip(case.features, case.column(place), strict=True)
        table = [["id", "value"], *([feature, cell] for feature, cell in values)]
        path = write(case, folder / f"{place}.csv", table)
        rows.append([case.samples[place], path.name])
    return [write(case, folder / "manifest.txt", rows)]


def salmon(case: Case, folder: Path) -> list[Path]:
    return quantified(case, folder, "quant.sf", "Name Length EffectiveLength TPM NumReads", 3)


def kallisto(case: Case, folder: Path) -> list[Path]:
    return quantified(
        case, folder, "abundance.tsv", "target_id length eff_length est_counts tpm", 4
    )


def quantified(case: Case, folder: Path, name: str, header: str, at: int) -> list[Path]:
    for place, sample in enumerate(case.samples):
        rows = [header.split()]
        for feature, cell in zip(case.features, case.column(place), strict=True):
            row = [feature, "7", "7", "7", "7"]
            row[at] = cell
            rows.append(row)
        write(case, folder / sample / name, rows, "\t")
    return [folder]


FORMATS: dict[str, Callable[[Case, Path], list[Path]]] = {
    "matrix": down, "turned": across, "matrices": one_each, "long": long, "manifest": manifest,
    "salmon": salmon, "kallisto": kallisto,
}  # fmt: skip


def load(case: Case, sources: list[Path], folder: Path) -> tuple[ContentHash, np.ndarray]:
    """Plan a source and write its tiles, and read these back in the order of the case."""
    (folder / "scratch").mkdir()
    request = ExpressionLoad(
        name="study", assay="rna", unit="tpm", sources=tuple(map(str, sources))
    )
    planning = plan_expression_load(
        request, block_bytes=case.block_bytes, scratch=folder / "scratch"
    )
    assert planning.plan is not None, planning.findings
    source = planning.plan.source
    writing = TileWriting(source, "tpm", ("",), "refuse", LocalTaskRunner(1))
    (folder / "tiles").mkdir()
    written = writing.write(str(folder / "tiles"), source.guess)
    assert all(each["counts"] == each["problems"] == [] for each in written.results)
    values = np.full((len(case.features), len(case.samples)), np.nan)
    ids, samples = source.features.ids.to_pylist(), source.samples
    places = {
        (block, position): case.samples.index(name)
        for name, block, position in zip(
            samples.ids, samples.blocks.tolist(), samples.positions.tolist(), strict=True
        )
    }
    for part in (part for each in written.results for part in each["parts"]):
        for row in pq.read_table(folder / "tiles" / part["path"]).to_pylist():
            assert ids[row["feature"]] == row["feature_id"]
            missing = written.storage.missing
            stored = [missing if each is None else each for each in row["values"]]
            found = decode(np.array(stored, written.storage.dtype), written.storage)
            for position, value in enumerate(found):
                sample = places[row["block"], position]
                values[case.features.index(row["feature_id"]), sample] = value
    return written.content, values


@settings(max_examples=25)
@given(cases())
def test_every_format_stores_the_same_matrix(case: Case) -> None:
    wanted = hash_matrix(case.values, case.features, case.samples)
    for name, write_sources in FORMATS.items():
        with tempfile.TemporaryDirectory() as folder:
            sources = write_sources(case, Path(folder) / "source")

            content, values = load(case, sources, Path(folder))

        np.testing.assert_array_equal(values, case.values, name)
        assert content == wanted, name
