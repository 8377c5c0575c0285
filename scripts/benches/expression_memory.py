"""Load of a matrix and of long files, in time and in peak memory, for several numbers of samples.

Sides: `load` is the whole verb without a JVM; `polars` reads the file, turns a matrix long, and
writes Delta, unchecked. Every run is a process of its own, so that its peak is its own and every
run is a cold one; runs alternate. Long files are sorted by sample, or by feature.

    scripts/bench expression_memory FEATURES RUNS SAMPLES...
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from apollo_spark.assays.expression.plan.plan import ExpressionLoad
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.context import Context
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from matrices import Shape, write_matrix

DECIMALS = 3
SOURCES = ("matrix", "long by sample", "long by feature")


def write_sources(folder: Path, features: int, samples: int) -> dict[str, Path]:
    """Write the same values as a matrix, and long, sorted by sample and by feature."""
    paths = {name: folder / f"{name.replace(' ', '-')}.csv" for name in SOURCES}
    write_matrix(paths["matrix"], Shape(features, samples, DECIMALS))
    long = read_rows(paths["matrix"])
    long.write_csv(paths["long by sample"])
    long.sort("feature_id").write_csv(paths["long by feature"])
    return paths


def read_rows(source: Path) -> pl.DataFrame:
    """Read a source as rows of feature, sample and value."""
    frame = pl.read_csv(source)
    if "value" in frame.columns:
        return frame
    return frame.unpivot(index="feature_id", variable_name="sample_id", value_name="value")


def load(source: Path, target: Path) -> None:
    """Load the file as the command does."""
    request = ExpressionLoad(name="bench", assay="rna", unit="tpm", sources=(str(source),))
    settings = LakeSettings(runner="local")
    perform(Context(open_lake(str(target)), settings=settings), request)


def with_polars(source: Path, target: Path) -> None:
    """Read and write Delta, without any check."""
    read_rows(source).write_delta(target)


def run_side(side: str, source: str) -> None:
    """Run one side in this process and print seconds and peak memory."""
    with tempfile.TemporaryDirectory(prefix="apollo-bench-") as target:
        start = time.perf_counter()
        {"load": load, "polars": with_polars}[side](Path(source), Path(target) / "lake")
        seconds = time.perf_counter() - start
    print(json.dumps({"s": seconds, "peak_mb": peak_mb()}))


def peak_mb() -> int:
    """Return the most memory that this process had; `getrusage` counts what its parent had too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10


def ask(side: str, source: Path) -> dict[str, float]:
    """Run one side in a process of its own."""
    command = [sys.executable, __file__, side, str(source)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def main(features: int = 20_000, runs: int = 3, *samples: int) -> None:
    """Measure and print one row for each file and side."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    rows = []
    try:
        for each in samples or (300, 1_800):
            for name, source in write_sources(scratch, features, each).items():
                asked: dict[str, list[dict[str, float]]] = {"load": [], "polars": []}
                for _ in range(runs):
                    for side, answers in asked.items():
                        answers.append(ask(side, source))
                for side, answers in asked.items():
                    rows.append(
                        {
                            "values": features * each,
                            "source": name,
                            "side": side,
                            "median_s": round(statistics.median(x["s"] for x in answers), 1),
                            "peak_mb": max(x["peak_mb"] for x in answers),
                        }
                    )
                source.unlink()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps({"runs": runs, "rows": rows}, indent=2))


if __name__ == "__main__":
    if sys.argv[1:2] in (["load"], ["polars"]):
        run_side(*sys.argv[1:3])
    else:
        main(*map(int, sys.argv[1:]))
