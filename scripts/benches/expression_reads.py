"""Questions to an expression assay, along both axes, against the same values stored otherwise.

Peers: (a) `delta`, a long Delta table sorted by feature, read by DuckDB over its files; (b)
`parquet`, a long Parquet file sorted by feature, read by DuckDB; `h5ad`, plain and compressed, by
anndata (reported only). `tiles` is the assay as Python users ask it, its index kept; `first` opens
the dataset anew each time. Peers answer with long rows and need not make a matrix of them. The
mean of every gene is in the assay. With `spark` the same questions are asked of Spark, by
assay and by (a), and every row is computed and thrown away; `counted anew` is the mean of every
gene by Spark over all values of the assay.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anndata
import duckdb
import numpy as np
import polars as pl
import pyarrow.csv as pc
from deltalake import DeltaTable
from pyarrow import compute
from pyspark.sql import DataFrame, SparkSession

from apollo_spark import open_lake as open_for_users
from apollo_spark.api.assay import Assay
from apollo_spark.assays.expression.plan.plan import ExpressionLoad
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.context import Context
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import LakeSettings, SessionSettings
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from matrices import Shape, feature_ids, sample_ids, write_matrix
from measuring import measure_calls

Ask = Callable[[], object]


@dataclass(frozen=True)
class Question:
    """Some features, some samples (all where empty), or the mean of every feature."""

    features: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    is_mean: bool = False

    def words(self) -> dict[str, list[str]]:
        """Return what `Assay.matrix` is asked."""
        named = {"features": list(self.features), "samples": list(self.samples)}
        return {name: ids for name, ids in named.items() if ids}

    def sql(self, source: str) -> str:
        """Return the question to a long table."""
        if self.is_mean:
            return f"SELECT feature_id, avg(value) FROM {source} GROUP BY feature_id"
        ids = self.features or self.samples
        axis = "feature_id" if self.features else "sample_id"
        listed = ", ".join(f"'{each}'" for each in ids)
        return f"SELECT * FROM {source} WHERE {axis} IN ({listed})"


def questions(shape: Shape) -> dict[str, Question]:
    """Return the questions; what they name is scattered over the whole assay."""
    random = np.random.default_rng(1)
    features = np.array(feature_ids(shape.features))
    samples = np.array(sample_ids(shape.samples))
    some = tuple(features[np.sort(random.choice(shape.features, 100, replace=False))].tolist())
    cohort = tuple(samples[np.sort(random.choice(shape.samples, 500, replace=False))].tolist())
    return {
        "one gene, all samples": Question(features=some[50:51]),
        "100 genes, all samples": Question(features=some),
        "one sample, all genes": Question(samples=cohort[250:251]),
        "500 samples, all genes": Question(samples=cohort),
        "mean of every gene": Question(is_mean=True),
    }


def make_assay(folder: Path, shape: Shape) -> None:
    """Load the matrix of the folder."""
    perform(
        Context(open_lake(str(folder / "lake")), settings=LakeSettings(runner="local")),
        ExpressionLoad(
            name="bench", assay="rna", unit=shape.unit, sources=(str(folder / "matrix.csv"),)
        ),
    )


def make_peers(folder: Path, shape: Shape) -> None:
    """Store the matrix as long Delta, long Parquet and h5ad."""
    wide = pl.read_csv(folder / "matrix.csv")
    long = wide.unpivot(index="feature_id", variable_name="sample_id", value_name="value")
    kind = pl.Float64 if shape.decimals else pl.Int32
    long = long.with_columns(pl.col("value").cast(kind)).sort("feature_id")
    long.write_delta(folder / "delta")
    target = folder / "long.parquet"
    with duckdb.connect() as connection:
        connection.register("long", long.to_arrow())
        connection.execute(f"COPY long TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    del long, wide
    table = pc.read_csv(folder / "matrix.csv")
    values = np.stack([each.to_numpy() for each in table.columns[1:]]).astype(np.float32)
    cells = anndata.AnnData(values)
    cells.var_names, cells.obs_names = feature_ids(shape.features), sample_ids(shape.samples)
    cells.write_h5ad(folder / "plain.h5ad")
    cells.write_h5ad(folder / "packed.h5ad", compression="gzip")


def require_readable(folder: Path) -> None:
    """Open the tiles by Polars, which no test has, and compare with pyarrow."""
    (tiles,) = folder.glob("lake/tables/*/*tiles*")
    found = (
        pl.read_delta(str(tiles))
        .select(pl.len(), pl.col("values").explode().cast(pl.Int64).sum())
        .row(0)
    )
    table = DeltaTable(tiles).to_pyarrow_table()
    total = compute.sum(table["values"].combine_chunks().flatten()).as_py()
    assert found == (table.num_rows, total), "Polars reads other tiles"


def open_assay(folder: Path) -> Assay:
    """Open the assay anew."""
    return open_for_users(str(folder / "lake")).dataset("bench").assay()


def ask_assay(assay: Assay, question: Question) -> object:
    """Ask as Python users do."""
    if question.is_mean:
        return assay.statistics("feature")
    return assay.matrix(**question.words(), to="numpy")


def ask_h5ad(path: Path, question: Question) -> object:
    """Ask anndata, which keeps the file on the disk."""
    if question.is_mean:
        return anndata.read_h5ad(path).X.mean(axis=0)
    cells = anndata.read_h5ad(path, backed="r")
    rows = list(question.samples) or slice(None)
    columns = list(question.features) or slice(None)
    found = cells[rows, columns].to_memory().X
    cells.file.close()
    return found


def tile_sides(folder: Path, question: Question) -> dict[str, Ask]:
    """Return the assay, opened before and opened anew."""
    assay = open_assay(folder)
    return {
        "tiles": lambda: ask_assay(assay, question),
        "first": lambda: ask_assay(open_assay(folder), question),
    }


def embedded_sides(folder: Path, question: Question) -> dict[str, Ask]:
    """Return who answers in this process."""
    sides = tile_sides(folder, question)
    connection = duckdb.connect()
    delta = f"read_parquet({DeltaTable(folder / 'delta').file_uris()})"
    sources = {"delta": delta, "parquet": f"read_parquet('{folder / 'long.parquet'}')"}
    for name, source in sources.items():
        text = question.sql(source)
        sides[name] = lambda text=text: connection.sql(text).to_arrow_table()
    for name in ("plain", "packed"):
        path = folder / f"{name}.h5ad"
        sides[f"h5ad {name}"] = lambda path=path: ask_h5ad(path, question)
    return sides


def spark_sides(spark: SparkSession, folder: Path, question: Question) -> dict[str, Ask]:
    """Return who answers on Spark."""
    assay = open_assay(folder)

    def of_tiles() -> DataFrame:
        if question.is_mean:
            return assay.statistics("feature", to="spark", spark=spark)
        return assay.matrix(**question.words(), to="spark", spark=spark)

    source = f"delta.`{folder / 'delta'}`"
    sides: dict[str, Ask] = {
        "tiles": lambda: throw_away(of_tiles()),
        "delta": lambda: throw_away(spark.sql(question.sql(source))),
    }
    if question.is_mean:
        sides["counted anew"] = lambda: throw_away(
            assay.matrix(to="spark", spark=spark).groupBy("feature_id").avg("value")
        )
    return sides


def throw_away(frame: DataFrame) -> None:
    """Compute every row and throw it away."""
    frame.write.format("noop").mode("overwrite").save()


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each way to store the values."""
    tiles = folder.glob("lake/tables/*/*tiles*/*.parquet")
    return {
        "tiles": sum(each.stat().st_size for each in tiles),
        "delta": sum(each.stat().st_size for each in folder.glob("delta/*.parquet")),
        **{each.name: each.stat().st_size for each in sorted(folder.glob("*.*"))},
    }


def compare(found: Mapping[str, dict[str, float]], peers: Sequence[str]) -> dict[str, Any]:
    """Add the ratio of the tiles to the best peer, by the clock and by processor time."""
    known = [found[each] for each in peers if each in found]
    ratios = {
        kind: round(found["tiles"][kind] / min(each[kind] for each in known), 2)
        for kind in ("ms", "cpu_ms")
        if known and min(each[kind] for each in known)
    }
    return {**found, "ratio": ratios}


def main(
    features: int = 20_000, samples: int = 1_000, decimals: int = 3, runs: int = 7, peers: str = ""
) -> None:
    """Measure and print; `peers` may be `spark`, or `none` to ask only the assay."""
    shape = Shape(features, samples, decimals)
    folder = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        write_matrix(folder / "matrix.csv", shape)
        make_assay(folder, shape)
        require_readable(folder)
        if peers != "none":
            make_peers(folder, shape)
        found = _measure(folder, shape, runs, peers)
        facts = {"values": shape.values, "runs": runs, "bytes": sizes(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({**facts, **found}, indent=2))


def _measure(folder: Path, shape: Shape, runs: int, peers: str) -> dict[str, Any]:
    asked = questions(shape)
    make = tile_sides if peers == "none" else embedded_sides
    found: dict[str, Any] = {}
    for name, question in asked.items():
        if len(question.samples) <= 1 or peers != "none":
            measured = measure_calls(make(folder, question), runs=runs)
            found[name] = compare(measured, ("delta", "parquet"))
    if peers != "spark":
        return {"embedded": found}
    return {"embedded": found, "spark": _measure_spark(folder, asked, min(runs, 3))}


def _measure_spark(folder: Path, asked: Mapping[str, Question], runs: int) -> dict[str, Any]:
    spark = open_session(SessionSettings(driver_memory="2g", quick=False))
    try:
        return {
            name: compare(
                measure_calls(spark_sides(spark, folder, question), runs=runs), ("delta",)
            )
            for name, question in asked.items()
        }
    finally:
        close_session(spark)


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:5]]
    main(*numbers, *sys.argv[5:6])
