"""Expression load against peers that check nothing, side by side in one run.

Sides: `floor` parses the file with pyarrow.csv on all cores and writes nothing; `polars` reads the
same file, turns it long and writes Delta; `spark` does so with Spark's csv reader and unpivot (only
where asked: it takes minutes); `load` is the whole verb: rows and ids, tiles, statistics, hashes,
annotation tables, publishing. Runs alternate; the first of each side is the cold one.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.csv as pc
from pyspark.sql import SparkSession

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.session import close_session, open_session
from apollo_spark.lake.settings import LakeSettings, SessionSettings
from apollo_spark.workflows.expression_plan import ExpressionLoad
from apollo_spark.workflows.start import run_expression_load

sys.path.insert(0, str(Path(__file__).parent))
from measuring import measure, report


def write_matrix(path: Path, features: int, samples: int, *, decimals: int) -> None:
    """Write features x samples: negative binomial counts, or such values per million."""
    random = np.random.default_rng(7)
    means = random.lognormal(3, 2.2, features)
    with path.open("w", encoding="ascii") as out:
        out.write("feature_id," + ",".join(f"S{i:05d}" for i in range(samples)) + "\n")
        for start in range(0, features, 500):
            mean = means[start : start + 500, None]
            shape = (len(mean), samples)
            counts = random.poisson(mean * random.gamma(4.0, 0.25, shape))
            for number, row in enumerate(counts.tolist(), start=start):
                cells = (f"{each / 7:.{decimals}f}" if decimals else str(each) for each in row)
                out.write(f"ENSG{number:011d}," + ",".join(cells) + "\n")


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


def load(spark: SparkSession, source: Path, target: Path, *, unit: str) -> None:
    """Load the matrix as the command does."""
    run_expression_load(
        open_lake(str(target)),
        ExpressionLoad(name="bench", assay="rna", unit=unit, sources=(str(source),)),
        settings=LakeSettings(),
        say=lambda _: None,
        session=spark,
    )


def main(features: int = 20_000, samples: int = 1_000, runs: int = 5, peer: str = "") -> None:
    """Measure and print one row a side; `peer` may be `spark`."""
    unit, decimals = ("tpm", 3) if features <= 20_000 else ("count", 0)
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    source = scratch / "matrix.csv"
    write_matrix(source, features, samples, decimals=decimals)
    spark = open_session(SessionSettings(driver_memory="2g", quick=False))
    sides: dict[str, Callable[[Path], None]] = {
        "floor": lambda _: pc.read_csv(source) and None,
        "polars": lambda target: with_polars(source, target),
        "load": lambda target: load(spark, source, target, unit=unit),
    }
    if peer == "spark":
        sides["spark"] = lambda target: with_spark(spark, source, target)
    try:
        seconds = measure(sides, runs=runs, scratch=scratch)
    finally:
        close_session(spark)
        shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps(report(seconds, base="polars", values=features * samples), indent=2))


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:4]]
    main(*numbers, *sys.argv[4:5])
