"""A week's one percent taken in by a growth, beside loading and making everything anew.

grow PEOPLE ROWS COHORTS DASHBOARDS: a study of so many people with visits, labs and drugs of so
many rows each, and so many cohorts and dashboards over it. Of each table one row in 200 changes
and as many come. `anew` loads the tables as they are then into an empty lake, and makes the cohorts
and dashboards there; the counts of both are compared. Seconds by the clock and of the processor.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv

from apollo_spark.api.lake import Lake, open_lake
from apollo_spark.runtime.settings import LakeSettings

sys.path.insert(0, str(Path(__file__).parent))
from cohorts import ENTITIES, load, write_study
from rebase import make_cohorts

TABLES = ("patient", *ENTITIES)
SHARE = 200
"""Of so many rows one changes, and one comes."""
TILES = {
    "tiles": [
        {"chart": "bar", "fields": ["patient.sex"]},
        {"chart": "bar", "fields": ["visit.kind"]},
        {"chart": "histogram", "fields": ["lab.value"]},
        {"chart": "grouped-box", "fields": ["drug.kind", "drug.value"]},
    ]
}


def write_week(folder: Path, drop: Path, whole: Path) -> None:
    """Write what changes and comes of each table, and the tables as they are then."""
    for each in TABLES:
        table = csv.read_csv(folder / f"{each}.csv")
        count = len(table) // SHARE
        column = "sex" if each == "patient" else "value"
        rows = table.take(pa.array(range(0, count * SHARE, SHARE)))
        other = pa.array([1 - value for value in rows[column].to_pylist()])
        changed = rows.set_column(rows.column_names.index(column), column, other)
        new = [f"Q{key:08d}" for key in range(count)]
        keys = pa.array(new if each == "patient" else range(len(table), len(table) + count))
        come = changed.set_column(changed.column_names.index(f"{each}_id"), f"{each}_id", keys)
        delta = pa.concat_tables([changed, come])
        csv.write_csv(delta, drop / f"{each}.csv")
        kept = [row for row in range(len(table)) if row % SHARE or row >= count * SHARE]
        csv.write_csv(pa.concat_tables([table.take(pa.array(kept)), delta]), whole / f"{each}.csv")
    shutil.copy(folder / "dictionary.csv", whole)


def write_steps(scratch: Path) -> Path:
    """Write the file of the growth."""
    files = "\n".join(f"      {each}: {scratch}/drops/*/{each}.csv" for each in TABLES)
    file = scratch / "grow.yaml"
    file.write_text(
        f"limits: {{lost_share: 1.0}}\nsteps:\n  - extend: study\n    data:\n{files}\n"
        '  - compact: study\n  - rebase: "*"\n  - verify: "*"\n'
        '  - retire: "*"\n    keep: {last: 1}\n  - gc:\n    grace: 0\n',
        encoding="utf-8",
    )
    return file


def make_all(lake: Lake, scratch: Path, cohorts: int, dashboards: int) -> None:
    """Publish the cohorts and the dashboards."""
    tiles = scratch / "tiles.json"
    tiles.write_text(json.dumps(TILES), encoding="utf-8")
    names = make_cohorts(lake, cohorts)
    for number in range(dashboards):
        source = "study" if number == 0 else names[number]
        lake.create_dashboard(f"d{number}", source=source, file=str(tiles))


def measure(work: Callable[[], object]) -> dict[str, float]:
    """Return what something takes: of the processor with the processes that it started."""
    before, start = os.times(), time.perf_counter()
    work()
    after, end = os.times(), time.perf_counter()
    return {"s": round(end - start, 2), "cpu_s": round(sum(after[:4]) - sum(before[:4]), 2)}


def counts_of(lake: Lake, cohorts: int) -> list[int]:
    """Return how many people each cohort has."""
    return [lake.cohort(f"c{number}").count for number in range(cohorts)]


def main(
    people: int = 1_000_000, rows: int = 1_000_000, cohorts: int = 50, dashboards: int = 5
) -> None:
    """Measure, and print one line."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        folder, whole, drop = scratch / "files", scratch / "whole", scratch / "drops" / "w1"
        for each in (folder, whole, drop):
            each.mkdir(parents=True)
        write_study(folder, people, rows, extra=0)
        write_week(folder, drop, whole)
        load(folder, scratch / "grown")
        grown = open_lake(str(scratch / "grown"), settings=LakeSettings(runner="local"))
        make_all(grown, scratch, cohorts, dashboards)
        steps = str(write_steps(scratch))
        growths: list[Any] = []
        grow = measure(lambda: growths.append(grown.grow(steps)))
        again = measure(lambda: grown.grow(steps))

        def anew() -> None:
            load(whole, scratch / "anew")
            make_all(open_lake(str(scratch / "anew")), scratch, cohorts, dashboards)

        made = measure(anew)
        assert counts_of(grown, cohorts) == counts_of(open_lake(str(scratch / "anew")), cohorts)
        found = {
            "what": f"a week of a study with {cohorts} cohorts and {dashboards} dashboards",
            "people": people,
            "rows": rows,
            "grow": grow,
            "anew": made,
            "grow again": again,
            "ratio": round(grow["s"] / made["s"], 3),
            "ratio of the processor": round(grow["cpu_s"] / made["cpu_s"], 3),
            "steps": {each.does: each.seconds for each in growths[0].receipt.steps},
        }
        print(json.dumps(found), flush=True)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
