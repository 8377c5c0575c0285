"""How the cost of an expression load grows: seconds with the values, memory with the samples.

Seconds: counts of three sizes are loaded in turn; the line through the medians is the fixed part
and the slope, and the slopes of both stretches show whether it is straight. Memory: two matrices of
equally many values, one with ten times the samples of the other; the peaks are those of the Python
processes that Spark's executors start, read from /proc (Linux).
"""

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import numpy as np
from pyspark.sql import SparkSession

from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import SessionSettings

sys.path.insert(0, str(Path(__file__).parent))
from expression import load
from matrices import Shape, write_annotation, write_matrix
from measuring import measure

SIZES = (Shape(20_000, 1_000), Shape(60_000, 1_000), Shape(60_000, 2_000))
WIDTHS = (Shape(20_000, 1_000), Shape(2_000, 10_000))


def make(scratch: Path, shapes: tuple[Shape, ...]) -> dict[str, Shape]:
    """Write the matrices, each in a folder of its own, and return their names."""
    named = {f"{each.features} x {each.samples}": each for each in shapes}
    for name, shape in named.items():
        folder = scratch / name
        folder.mkdir()
        write_matrix(folder / "matrix.csv", shape)
        write_annotation(folder / "annotation.csv", shape.features)
    return named


def grow(seconds: dict[str, list[float]], sizes: dict[str, Shape]) -> dict[str, object]:
    """Return the medians, the line through them, and the slope of each stretch."""
    values = np.array([each.values for each in sizes.values()]) / 1e6
    medians = np.array([statistics.median(seconds[name][1:]) for name in sizes])
    slope, fixed = np.polyfit(values, medians, 1)
    stretches = np.diff(medians) / np.diff(values)
    return {
        "medians_s": dict(zip(sizes, medians.round(2).tolist(), strict=True)),
        "fixed_s": round(float(fixed), 2),
        "ms_a_million_values": round(float(slope) * 1000, 1),
        "stretches": (stretches * 1000).round(1).tolist(),
        "cold_s": {name: round(taken[0], 2) for name, taken in seconds.items()},
    }


def worker_peaks(work: Callable[[], None]) -> list[int]:
    """Return the most memory, in MB, that each Python worker of Spark held during some work."""
    peaks: dict[str, int] = {}
    done = Event()

    def watch() -> None:
        while not done.wait(0.05):
            peaks.update(_peaks_now())

    watcher = Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return sorted(peaks.values(), reverse=True)


def _peaks_now() -> dict[str, int]:
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"pyspark/daemon" not in (folder / "cmdline").read_bytes().replace(b".", b"/"):
                continue
            lines = (folder / "status").read_text().splitlines()
        except OSError:
            continue
        peak = next(each for each in lines if each.startswith("VmHWM"))
        found[folder.name] = int(peak.split()[1]) // 1024
    return found


def main(runs: int = 5) -> None:
    """Measure and print."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        sizes = make(scratch, SIZES)
        grown = grow(_measure(scratch, sizes, runs), sizes)
        peaks = _measure_memory(scratch, make(scratch, tuple(set(WIDTHS) - set(SIZES))) | sizes)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps({"runs": runs, **grown, "worker_peaks_mb": peaks}, indent=2))


def _measure(scratch: Path, sizes: dict[str, Shape], runs: int) -> dict[str, list[float]]:
    spark = open_session(SessionSettings(driver_memory="2g", quick=False))
    sides = {name: _loader(spark, scratch / name, shape) for name, shape in sizes.items()}
    try:
        return measure(sides, runs=runs, scratch=scratch)
    finally:
        close_session(spark)


def _loader(spark: SparkSession, folder: Path, shape: Shape) -> Callable[[Path], None]:
    return lambda target: load(spark, folder, target, shape)


def _measure_memory(scratch: Path, shapes: dict[str, Shape]) -> dict[str, list[int]]:
    """Load each matrix in a session of its own, so that its workers are new."""
    peaks = {}
    for name, shape in shapes.items():
        spark = open_session(SessionSettings(driver_memory="2g", quick=False))
        try:
            run = _loader(spark, scratch / name, shape)
            peaks[name] = worker_peaks(lambda run=run: run(scratch / "lake"))
        finally:
            close_session(spark)
            shutil.rmtree(scratch / "lake", ignore_errors=True)
    return peaks


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
