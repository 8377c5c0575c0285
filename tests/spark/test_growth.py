"""Extensions and compactions whose tasks run on Spark, read by Spark at every version."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import apollo_spark as ap
from tests.support.growing import Matrix, gene, random_matrix, rows_of, write_matrix

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GENES = [gene(each) for each in range(1, 31)]
PARTS: list[Matrix] = [
    random_matrix(each, [f"S{each}x{number}" for number in range(size)], GENES)
    for each, size in enumerate((300, 5, 7))
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark_session: "SparkSession") -> ap.ApolloLake:
    folder = tmp_path_factory.mktemp("growth")
    sources = [str(write_matrix(folder / f"{n}.csv", each)) for n, each in enumerate(PARTS)]
    opened = ap.open_lake(str(folder / "lake"))
    opened.load_expression("study", assay="rna", unit="tpm", source=sources[0], spark=spark_session)
    for each in sources[1:]:
        opened.extend_assay("study", assay="rna", source=each, spark=spark_session)
    done = opened.compact("study", apply=True, spark=spark_session)
    assert done.version == "study@4"
    return opened


@pytest.mark.parametrize(("version", "count"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_spark_reads_every_version_as_it_was_published(
    lake: ap.ApolloLake, spark_session: "SparkSession", version: int, count: int
) -> None:
    assay = lake.dataset(f"study@{version}").assay("rna")

    found = assay.expression(to="spark", spark=spark_session).collect()

    wanted = {sample: column for part in PARTS[:count] for sample, column in part.items()}
    assert sorted(tuple(each) for each in found) == rows_of(wanted)


def test_the_lake_is_sound(lake: ap.ApolloLake) -> None:
    assert lake.verify(deep=True).problems == ()


def test_a_replaced_file_is_gone_for_spark_reading_by_version(
    lake: ap.ApolloLake, spark_session: "SparkSession"
) -> None:
    pin = lake.dataset("study@4").record.pin_of("rna_tiles_tpm")
    folder = Path(lake._lake.tables.folder_of(pin))

    tiles = spark_session.read.format("delta").option("versionAsOf", pin.version).load(str(folder))

    assert tiles.count() == pin.rows
    assert sorted(row.block for row in tiles.select("block").distinct().collect()) == [0, 1, 4]
