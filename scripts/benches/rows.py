"""New and changed rows against loads: what 1 % costs beside that 1 % alone, and beside all rows.

The entity has 20 fields. Sides: `load all` loads every row; `load 1 %` loads the 1 % alone into an
empty lake; `add 1 %` adds it to all rows, with keys above all others, `add 1 % between` with keys
among them; `change 1 %` gives that many rows other values, all in one stored file,
`change 1 % anywhere` all over the table; `delete 1 %` by key. Runs alternate; the bytes are those
that a side added to the lake.
"""

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.context import Context
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from measuring import report

SETTINGS = LakeSettings(runner="local")


def people(random: np.random.Generator, numbers: np.ndarray) -> pa.Table:
    """Return rows with these numbers in their keys."""
    rows = len(numbers)
    columns: dict[str, pa.Array] = {
        "patient_id": pa.array([f"P{each:09d}" for each in numbers]),
        "born": pa.array(random.integers(0, 20_000, rows).astype("int32")).cast(pa.date32()),
    }
    for i in range(3):
        columns[f"c{i}"] = pa.array([f"C{j:03d}" for j in range(20)]).take(
            pa.array(random.integers(0, 20, rows))
        )
        columns[f"s{i}"] = pa.array([f"text {x}" for x in random.integers(0, 10**6, rows)])
    for i in range(6):
        columns[f"i{i}"] = pa.array(random.integers(0, 10**5, rows))
        columns[f"f{i}"] = pa.array(np.round(random.normal(50, 20, rows), 3))
    return pa.table(columns)


def write_files(folder: Path, rows: int) -> None:
    """Write all rows, and for each side the 1 % that it gets."""
    random = np.random.default_rng(7)
    few = max(rows // 100, 1)
    everyone = people(random, np.arange(rows) * 10)
    anywhere = np.sort(random.choice(rows, few, replace=False))
    files = {
        "all": everyone,
        "above": people(random, (rows + np.arange(few)) * 10),
        "between": people(random, anywhere * 10 + 5),
        "some": people(random, np.arange(few) * 10),
        "anywhere": people(random, anywhere * 10),
        "gone": everyone.select(["patient_id"]).slice(0, few),
    }
    for name, table in files.items():
        csv.write_csv(table, folder / f"{name}.csv", csv.WriteOptions(quoting_style="needed"))
    kinds = {pa.string(): "string", pa.int64(): "integer", pa.date32(): "date"}
    lines = ["entity,name,type,primary_key_type"]
    for field in everyone.schema:
        role = "global" if field.name == "patient_id" else ""
        lines.append(f"patient,{field.name},{kinds.get(field.type, 'float')},{role}")
    (folder / "data_dictionary.csv").write_text("\n".join(lines) + "\n")
    assert pc.count_distinct(everyone["patient_id"]).as_py() == rows


def load(folder: Path, lake: Path, file: str) -> None:
    """Load one of the files into a lake."""
    request = ClinicalLoad(
        name="study",
        dictionary=str(folder / "data_dictionary.csv"),
        data=(("patient", str(folder / f"{file}.csv")),),
    )
    perform(Context(open_lake(str(lake)), settings=SETTINGS), request)


def extend(folder: Path, lake: Path, *, data: str = "", delete: str = "") -> None:
    """Add, change or delete rows of the loaded dataset."""
    request = ClinicalExtension(
        name="study",
        data=(("patient", str(folder / f"{data}.csv")),) if data else (),
        delete=(("patient", str(folder / f"{delete}.csv")),) if delete else (),
        mode="rows",
    )
    perform(Context(open_lake(str(lake)), settings=SETTINGS), request)


def data_bytes(lake: Path) -> int:
    """Return the bytes of all data files of a lake."""
    return sum(each.stat().st_size for each in lake.rglob("tables/**/*.parquet"))


def main(rows: int = 1_000_000, runs: int = 5) -> None:
    """Measure and print one row a side."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    write_files(scratch, rows)
    standing, empty = scratch / "standing", scratch / "empty"
    empty.mkdir()
    load(scratch, standing, "all")
    sides: dict[str, tuple[Path, Callable[[Path], None]]] = {
        "load all": (empty, lambda lake: load(scratch, lake, "all")),
        "load 1 %": (empty, lambda lake: load(scratch, lake, "above")),
        "add 1 %": (standing, lambda lake: extend(scratch, lake, data="above")),
        "add 1 % between": (standing, lambda lake: extend(scratch, lake, data="between")),
        "change 1 %": (standing, lambda lake: extend(scratch, lake, data="some")),
        "change 1 % anywhere": (standing, lambda lake: extend(scratch, lake, data="anywhere")),
        "delete 1 %": (standing, lambda lake: extend(scratch, lake, delete="gone")),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    written: dict[str, int] = {}
    lake = scratch / "lake"
    try:
        for number in range(runs + 1):
            for name, (before, side) in sides.items():
                shutil.copytree(before, lake)
                start = time.perf_counter()
                side(lake)
                seconds[name].append(time.perf_counter() - start)
                written[name] = data_bytes(lake) - data_bytes(before)
                shutil.rmtree(lake)
                print(f"  run {number} {name}: {seconds[name][-1]:.2f} s", file=sys.stderr)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    shown = report(seconds, base="load all", rows=rows, runs=runs)
    alone = statistics.median(seconds["load 1 %"][1:])
    for row in shown["rows"]:
        row["beside_1_percent"] = round(statistics.median(seconds[row["side"]][1:]) / alone, 2)
        row["bytes"] = written[row["side"]]
    print(json.dumps(shown, indent=2))


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
