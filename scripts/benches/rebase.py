"""Plans of moving a hundred cohorts to newer data: in one call, and each in a call of its own.

rebase PEOPLE ROWS COHORTS: a study of so many people with visits, labs and drugs of so many rows
each; a second version has one row in a hundred changed and one more in a hundred. `one by one` is
what so many single plans take, from the median of some of them.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from apollo_spark.api.lake import Lake, open_lake

sys.path.insert(0, str(Path(__file__).parent))
from cohorts import ENTITIES, load, write_study

SINGLES = 5
CHANGED = 100
"""Of so many rows one is changed, and one more comes."""


def change(folder: Path) -> None:
    """Change the tables of a study: some values, and some rows more."""
    for entity in ("patient", *ENTITIES):
        file = folder / f"{entity}.csv"
        table = csv.read_csv(file)
        rows = pa.array(range(len(table)))
        is_changed = pc.equal(pc.bit_wise_and(rows, 127), 0)
        column = "sex" if entity == "patient" else "value"
        other = pc.if_else(is_changed, pc.subtract(1, table[column]), table[column])
        changed = table.set_column(table.column_names.index(column), column, other)
        more = changed.slice(0, len(table) // CHANGED)
        key = f"{entity}_id"
        keys = pa.array([f"Q{each:08d}" for each in range(len(more))])
        if entity != "patient":
            keys = pa.array(range(len(table), len(table) + len(more)))
        more = more.set_column(more.column_names.index(key), key, keys)
        csv.write_csv(pa.concat_tables([changed, more]), file)


def make_cohorts(lake: Lake, count: int) -> list[str]:
    """Publish cohorts of different people, every fifth a combination of those before it."""
    study = lake.dataset("study@1")
    names: list[str] = []
    for number in range(count):
        name = f"c{number}"
        entity = ENTITIES[number % len(ENTITIES)]
        if number % 5 == 4:
            lake.combine_cohorts(name, operation="union", cohorts=names[-2:])
        else:
            where = f"exists({entity}: {entity}.value > {20 + number % 60} and {entity}.kind = 3)"
            study.cohort(name, where=f"patient.sex = {number % 2} and {where}")
        names.append(name)
    return names


def plan(lake: Lake, names: list[str]) -> tuple[float, list[tuple[str, int, int]]]:
    """Return what a plan takes, and the counts of each cohort."""
    start = time.perf_counter()
    plans = lake.plan_rebase(*names, onto="study@2")
    counts = [(each.record, each.people_added, each.people_lost) for each in plans]
    return time.perf_counter() - start, counts


def main(people: int = 1_000_000, rows: int = 1_000_000, cohorts: int = 100) -> None:
    """Measure, and print one line."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        folder, root = scratch / "files", scratch / "lake"
        folder.mkdir()
        write_study(folder, people, rows, extra=0)
        load(folder, root)
        lake = open_lake(str(root))
        names = make_cohorts(lake, cohorts)
        change(folder)
        load(folder, root)
        shutil.rmtree(folder)
        seconds, counts = plan(lake, names)
        known = {record: found for record, *found in counts}
        # Combinations take those along that they are made of: only others are planned alone.
        alone = [each for number, each in enumerate(names) if number % 5 != 4]
        singles = []
        for name in alone[:: max(1, len(alone) // SINGLES)]:
            taken, ((record, *found),) = plan(lake, [name])
            assert known[record] == found, record
            singles.append(taken)
        together = cohorts * median(singles)
        found = {
            "what": f"plan of moving {cohorts} cohorts",
            "people": people,
            "together_s": round(seconds, 1),
            "one by one_s": round(together, 1),
            "ratio": round(seconds / together, 2),
        }
        print(json.dumps(found), flush=True)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
