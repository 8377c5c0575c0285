"""Run sides in turn and report medians as ratios to one of them."""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def measure(
    sides: Mapping[str, Callable[[Path], None]], *, runs: int, scratch: Path
) -> dict[str, list[float]]:
    """Run the sides in turn, each in a folder of its own; the first run of each is the cold one."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(runs + 1):
        for name, side in sides.items():
            target = scratch / f"{name}-{number}".replace(" ", "-")
            target.mkdir()
            start = time.perf_counter()
            side(target)
            seconds[name].append(time.perf_counter() - start)
            shutil.rmtree(target)
            print(f"  run {number} {name}: {seconds[name][-1]:.2f} s", file=sys.stderr, flush=True)
    return seconds


def report(seconds: Mapping[str, list[float]], *, base: str, **facts: int) -> dict[str, Any]:
    """Return medians of the warm runs, their ratios to one side, and the cold runs."""
    unit = statistics.median(seconds[base][1:])
    rows = [
        {
            "side": name,
            "median_s": round(statistics.median(taken[1:]), 2),
            "ratio": round(statistics.median(taken[1:]) / unit, 2),
            "cold_s": round(taken[0], 2),
        }
        for name, taken in seconds.items()
    ]
    return {**facts, "base": base, "rows": rows}


def measure_calls(
    sides: Mapping[str, Callable[[], object]], *, runs: int
) -> dict[str, dict[str, float]]:
    """Run the sides in turn, and return medians of the warm runs in milliseconds.

    `cpu_ms` is processor time of this process, all threads together, which other work on the
    machine disturbs least; it says nothing of sides that work in other processes.
    """
    wall: dict[str, list[float]] = {name: [] for name in sides}
    processor: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs + 1):
        for name, side in sides.items():
            start = time.perf_counter(), time.process_time()
            side()
            wall[name].append(time.perf_counter() - start[0])
            processor[name].append(time.process_time() - start[1])
    return {
        name: {
            "ms": round(statistics.median(wall[name][1:]) * 1000),
            "cpu_ms": round(statistics.median(processor[name][1:]) * 1000),
        }
        for name in sides
    }


def cpu_seconds() -> float:
    """Return the processor time of this process and of the Java that it started."""
    own = Path("/proc/self/task")
    children = " ".join(each.read_text() for each in own.glob("*/children")).split()
    found = 0
    for place in [Path("/proc/self"), *(Path("/proc") / each for each in children)]:
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        found += int(fields[11]) + int(fields[12])
    return found / os.sysconf("SC_CLK_TCK")
