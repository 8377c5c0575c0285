"""Run sides in turn and report medians as ratios to one of them."""

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
