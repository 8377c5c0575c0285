"""Expression load against peers that check nothing, side by side in one run.

Sides: `floor` parses the file with pyarrow.csv on all cores and keeps nothing; `polars` reads the
same file, turns it long and writes Delta; `spark` does so with Spark's csv reader and unpivot (only
where asked: it takes minutes); `load` is the whole verb: rows and ids, cells, tiles, statistics,
hashes, annotation, publishing; `load, dataframe` the same where Spark writes the files of the tiles
(only where asked). Runs alternate; the first of each side is the cold one.

Sizes of what was stored are beside: the tiles against `gzip -6` of the source.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow.csv as pc
from pyspark.sql import SparkSession

from apollo_spark.assays.expression.plan.plan import ExpressionLoad
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.context import Context
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import LakeSettings, SessionSettings
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from matrices import Shape, write_annotation, write_matrix
from measuring import measure, report


def with_polars(source: Path, target: Path) -> None:
    """Read, turn long and write Delta, without any check."""
    frame = pl.read_csv(source)
    long = frame.unpivot(index="feature_id", variable_name="sample_id", value_name="value")
    long.write_delta(target / "long")


def with_spark(spark: SparkSession, source: Path, target: Path) -> None:
    """Read, unpivot and write Delta, without any check."""
    with source.open() as lines:
        names = next(lines).rstrip("\n").split(",")
    schema = ", ".join(["feature_id string", *(f"`{each}` double" for each in names[1:])])
    frame = spark.read.schema(schema).option("header", "true").csv(str(source))
    long = frame.unpivot(["feature_id"], names[1:], "sample_id", "value")
    long.write.format("delta").option("compression", "zstd").save(str(target / "long"))


def load(
    spark: SparkSession,
    folder: Path,
    target: Path,
    shape: Shape,
    writer: Literal["tasks", "dataframe"] = "tasks",
) -> None:
    """Load the matrix as the command does."""
    settings = LakeSettings(writer=writer)
    perform(
        Context(open_lake(str(target)), settings=settings, session=spark),
        ExpressionLoad(
            name="bench",
            assay="rna",
            unit=shape.unit,
            sources=(str(folder / "matrix.csv"),),
            annotation=str(folder / "annotation.csv"),
            release="bench",
        ),
    )


def tile_bytes(lake: Path) -> int:
    """Return the size of the tile files of the lake."""
    return sum(each.stat().st_size for each in lake.glob("tables/*/*tiles*/*.parquet"))


def gzip_bytes(source: Path) -> int:
    """Return the size of a file packed by `gzip -6`."""
    packing = subprocess.run(["gzip", "-6", "-c", str(source)], stdout=subprocess.PIPE, check=True)
    return len(packing.stdout)


def main(
    features: int = 20_000, samples: int = 1_000, decimals: int = 3, runs: int = 5, peer: str = ""
) -> None:
    """Measure and print one row a side; `peer` may be `spark` or `dataframe`."""
    shape = Shape(features, samples, decimals)
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    source = scratch / "matrix.csv"
    write_matrix(source, shape)
    write_annotation(scratch / "annotation.csv", features)
    spark = open_session(SessionSettings(driver_memory="2g", quick=False))
    sizes: dict[str, int] = {}

    def load_and_weigh(target: Path) -> None:
        load(spark, scratch, target, shape)
        sizes["tile_bytes"] = tile_bytes(target)

    sides: dict[str, Callable[[Path], None]] = {
        "floor": lambda _: pc.read_csv(source) and None,
        "polars": lambda target: with_polars(source, target),
        "load": load_and_weigh,
    }
    if peer == "spark":
        sides["spark"] = lambda target: with_spark(spark, source, target)
    if peer == "dataframe":
        sides["load, dataframe"] = lambda target: load(spark, scratch, target, shape, "dataframe")
    try:
        seconds = measure(sides, runs=runs, scratch=scratch)
        sizes |= {"source_bytes": source.stat().st_size, "gzip_bytes": gzip_bytes(source)}
    finally:
        close_session(spark)
        shutil.rmtree(scratch, ignore_errors=True)
    facts = {"values": shape.values, "runs": runs, **sizes}
    print(json.dumps(report(seconds, base="polars", **facts), indent=2))


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:5]]
    main(*numbers, *sys.argv[5:6])
