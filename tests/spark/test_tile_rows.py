"""Tiles that Spark writes: the same rows, hash and matrix as of tasks that write files."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from apollo_spark.api.dataset import Dataset
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.errors import CheckFailedError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.operations.context import Context
from apollo_spark.runtime.settings import build_settings
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.verify.verify import verify_records

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SAMPLES, FEATURES = 300, 400
WRITERS = ("tasks", "dataframe")
DATASETS = tuple(f"of_{each}" for each in WRITERS)


def write_source(folder: Path, kind: str) -> Path:
    """Write a matrix of whole numbers, of decimals with missing cells, or of thirds."""
    chance = np.random.default_rng(4)
    values = chance.poisson(chance.gamma(0.5, 40, (FEATURES, 1)), (FEATURES, SAMPLES))
    make = {"count": str, "tpm": lambda each: f"{each / 8:.3f}" if each % 5 else "",
            "fpkm": lambda each: repr(each / 3)}[kind]  # fmt: skip
    rows = [["feature_id", *(f"S{number}" for number in range(SAMPLES))]]
    rows += [[f"ENSG{n:011d}", *map(make, row)] for n, row in enumerate(values.tolist())]
    path = folder / f"{kind}.csv"
    path.write_text("".join(",".join(row) + "\n" for row in rows))
    return path


@dataclass(frozen=True)
class Written:
    """A lake with the datasets `of_tasks` and `of_dataframe` of one source."""

    lake: Lake
    source: Path


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, spark_session: "SparkSession"
) -> Callable[[str], Written]:
    """Give the lake of a unit, which is loaded when it is asked for first, and only read."""

    @cache
    def of_unit(unit: str) -> Written:
        folder = tmp_path_factory.mktemp(unit)
        found = Written(open_lake(str(folder / "lake")), write_source(folder, unit))
        for writer in WRITERS:
            load(found.lake, found.source, unit, writer, spark_session)
        return found

    return of_unit


def load(
    lake: Lake, source: Path, unit: str, writer: str, spark: "SparkSession", *, name: str = ""
) -> None:
    values = {"runner": "spark", "writer": writer, "block_bytes": 65_536}
    name = name or f"of_{writer}"
    perform(
        Context(lake, settings=build_settings(values, source="this test"), session=spark),
        ExpressionLoad(name=name, assay="rna", unit=unit, sources=(str(source),)),
    )


def dataset(lake: Lake, name: str) -> Dataset:
    return Dataset(lake, lake.load_record(parse_reference(name)))


def tiles(lake: Lake, name: str, unit: str) -> TablePin:
    pins = dataset(lake, name).record.pins
    return next(each for each in pins if each.table == f"rna_tiles_{unit}")


def write_long(matrix: Path) -> Path:
    """Write the same values as a packed long file."""
    names, *rows = csv.reader(matrix.read_text().splitlines())
    lines = (
        f"{row[0]},{name},{cell}\n"
        for row in rows
        for name, cell in zip(names[1:], row[1:], strict=True)
    )
    path = matrix.with_name("long.csv.gz")
    path.write_bytes(gzip.compress(f"feature_id,sample_id,value\n{''.join(lines)}".encode()))
    return path


def test_a_long_file_is_stored_as_the_matrix_of_its_values(
    written: Callable[[str], Written], spark_session: "SparkSession"
) -> None:
    lake, source = written("tpm").lake, write_long(written("tpm").source)
    load(lake, source, "tpm", "dataframe", spark_session, name="of_long")

    pins = [tiles(lake, each, "tpm") for each in ("of_tasks", "of_long")]
    assert pins[0].content_hash == pins[1].content_hash
    assert verify_records(lake, None, deep=True).problems == ()


@pytest.mark.parametrize("unit", ["count", "tpm", "fpkm"])
def test_both_writers_store_the_same(unit: str, written: Callable[[str], Written]) -> None:
    lake = written(unit).lake

    matrices = [dataset(lake, each).assay().matrix(to="arrow") for each in DATASETS]
    assert matrices[0].num_rows == SAMPLES
    assert matrices[0].equals(matrices[1])
    pins = [tiles(lake, each, unit) for each in DATASETS]
    assert pins[0].content_hash == pins[1].content_hash
    files = [lake.tables.files(each) for each in pins]
    assert len(files[0]) == len(files[1]) > 2
    logs = [sorted((f.rows, *f.least.values(), *f.largest.values())
                   for f in lake.tables.stored_files(each)) for each in pins]  # fmt: skip
    assert logs[0] == logs[1]
    receipts = [dataset(lake, each).record.receipt for each in DATASETS]
    assert receipts[0] == receipts[1]
    statistics = [dataset(lake, each).assay().statistics("sample") for each in DATASETS]
    assert statistics[0].equals(statistics[1])
    assert verify_records(lake, None, deep=True).problems == ()


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("unit", ["count", "tpm", "fpkm"])
def test_every_reader_opens_the_tiles(
    unit: str, name: str, written: Callable[[str], Written], spark_session: "SparkSession"
) -> None:
    lake = written(unit).lake
    pin = tiles(lake, name, unit)
    folder, files = str(lake.tables.folder_of(pin)), list(lake.tables.files(pin))

    def rows(found: pa.Table) -> list[dict[str, Any]]:
        found = found.sort_by([("block", "ascending"), ("feature", "ascending")])
        return found.select(["block", "feature", "feature_id", "values"]).to_pylist()

    expected = rows(pa.concat_tables([pq.read_table(each) for each in files]))
    assert len(expected) == 2 * FEATURES
    assert rows(DeltaTable(folder).to_pyarrow_table()) == expected
    assert rows(duckdb.sql(f"SELECT * FROM read_parquet({files})").to_arrow_table()) == expected
    frame = spark_session.read.format("delta").load(folder)
    assert rows(frame.toArrow()) == expected


def test_files_of_spark_have_the_layout_of_those_of_tasks(
    written: Callable[[str], Written],
) -> None:
    lake = written("count").lake
    pin = tiles(lake, "of_dataframe", "count")

    footer = pq.read_metadata(lake.tables.files(pin)[0])
    group = footer.row_group(0)
    columns = [group.column(place) for place in range(4)]
    assert [each.path_in_schema for each in columns] == [
        "feature", "feature_id", "block", "values.list.element"]  # fmt: skip
    assert {each.compression for each in columns} == {"ZSTD"}
    assert columns[3].encodings == ("DELTA_BINARY_PACKED",)
    assert max(footer.row_group(each).num_rows for each in range(footer.num_row_groups)) <= 128
    there = {each.name for each in lake.tables.folder_of(pin).iterdir()}
    assert there == {"_delta_log", *(Path(each).name for each in lake.tables.files(pin))}


def test_what_is_wrong_is_found_and_no_file_is_committed(
    tmp_path: Path, spark_session: "SparkSession"
) -> None:
    lake, source = open_lake(str(tmp_path / "lake")), write_source(tmp_path, "count")
    lines = source.read_text().splitlines()
    lines[3] = ",".join(["ENSG00000000002", "-4", *lines[3].split(",")[2:]])
    source.write_text("\n".join(lines) + "\n")

    with pytest.raises(CheckFailedError, match=r"expression_negative"):
        load(lake, source, "count", "dataframe", spark_session)

    assert lake.list_records() == ()
