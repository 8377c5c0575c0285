"""Profiles of fields: what counting costs beside DuckDB's SUMMARIZE, and what it adds to a load.

profiles PEOPLE FIELDS RUNS: a study of so many people with so many fields is loaded (numbers, whole
numbers, dates and texts in turn); then all fields are counted from its files, exactly, beside
`SUMMARIZE` of the same files, whose distinct values and quartiles are approximate, and read as the
load stored them. `load` runs a study of PEOPLE / 5 people with five visits each with and without
counting. `ratio` is that of the medians to the side named as base.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow import csv

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.lake.lake import open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.model.profile import Profiles
from apollo_spark.operations.context import Context
from apollo_spark.operations.profiles.reading import StoredProfiles
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.profile import choose_fields, profiles_of
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from clinical import write_study as write_visits
from measuring import measure_calls

STORE = "apollo_spark.operations.publish.store_profiles"


def write_study(folder: Path, people: int, fields: int) -> None:
    """Write patient.csv and the dictionary, some thousand rows at a time."""
    random = np.random.default_rng(7)
    kinds = [("float", _floats), ("integer", _wholes), ("date", _dates), ("string", _codes)]
    named = [(f"f{number}", *kinds[number % len(kinds)]) for number in range(fields)]
    lines = ["entity,name,type,primary_key_type", "patient,patient_id,string,global"]
    lines += [f"patient,{name},{type_}," for name, type_, _ in named]
    (folder / "dictionary.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    writer = None
    for start in range(0, people, 10_000):
        rows = min(10_000, people - start)
        columns = {"patient_id": pa.array([f"P{start + each:08d}" for each in range(rows)])}
        gone = random.random(rows) < 0.05
        columns |= {name: draw(random, rows, gone) for name, _, draw in named}
        table = pa.table(columns)
        writer = writer or csv.CSVWriter(folder / "patient.csv", table.schema)
        writer.write_table(table)
    assert writer is not None, "there are people"
    writer.close()


def _floats(random: np.random.Generator, rows: int, gone: np.ndarray) -> pa.Array:
    return pa.array(np.round(random.normal(50, 20, rows), 3), mask=gone)


def _wholes(random: np.random.Generator, rows: int, gone: np.ndarray) -> pa.Array:
    return pa.array(random.integers(0, 100_000, rows), mask=gone)


def _dates(random: np.random.Generator, rows: int, gone: np.ndarray) -> pa.Array:
    return pa.array(random.integers(0, 20_000, rows).astype("int32"), mask=gone).cast(pa.date32())


def _codes(random: np.random.Generator, rows: int, gone: np.ndarray) -> pa.Array:
    words = np.array([f"C{each:03d}" for each in range(50)])
    return pa.array(words[random.integers(0, 50, rows)], mask=gone)


def load(folder: Path, root: Path, *entities: str) -> None:
    """Load a study into a lake."""
    codings = folder / "codings.csv"
    request = ClinicalLoad(
        name="study",
        dictionary=str(next(folder.glob("*dictionary.csv"))),
        codings=str(codings) if codings.exists() else None,
        data=tuple((each, str(folder / f"{each}.csv")) for each in entities),
    )
    perform(Context(open_lake(str(root)), settings=LakeSettings(runner="local")), request)


def profile(root: Path) -> Profiles:
    """Return the profiles of all fields."""
    lake = open_lake(str(root))
    opened = lake.open(parse_reference("study"))
    return profiles_of(lake, opened, choose_fields(opened.scope, ()), EmbeddedEngine(lake.tables))


def counted_now(root: Path) -> Profiles:
    """Return them as they are counted where nothing is stored."""
    with patch.object(StoredProfiles, "find", lambda *_: None):
        return profile(root)


def summarise(root: Path) -> list[Any]:
    """Return what DuckDB says of the same fields; the tables of a wide entity one by one."""
    tables = sorted((root / "tables" / "study").iterdir())
    connection = duckdb.connect()
    return [
        row
        for each in tables
        for row in connection.sql(
            f"SUMMARIZE SELECT * FROM read_parquet('{each}/*.parquet')"
        ).fetchall()
    ]


def main(people: int, fields: int, runs: int) -> None:
    """Measure, and print a line of JSON for each comparison."""
    folder = Path(tempfile.mkdtemp(prefix="bench-profiles-"))
    try:
        write_study(folder, people, fields)
        load(folder, folder / "lake", "patient")
        assert counted_now(folder / "lake").profiles == profile(folder / "lake").profiles
        sides: dict[str, Callable[[], object]] = {
            "SUMMARIZE": lambda: summarise(folder / "lake"),
            "counted now": lambda: counted_now(folder / "lake"),
            "stored": lambda: profile(folder / "lake"),
        }
        found = compared(measure_calls(sides, runs=runs), "SUMMARIZE")
        print(json.dumps({"people": people, "fields": fields, **found}))
        print(json.dumps(measure_load(folder / "visits", people // 5, runs)))
    finally:
        shutil.rmtree(folder)


def compared(found: dict[str, dict[str, float]], base: str) -> dict[str, Any]:
    """Return what sides took, and their ratios to one of them."""
    ratios = {
        name: {key: round(value / found[base][key], 3) for key, value in each.items()}
        for name, each in found.items()
    }
    return {"sides": found, "ratios": ratios}


def measure_load(folder: Path, people: int, runs: int) -> dict[str, Any]:
    """Return what counting adds to a load of people and their visits."""
    folder.mkdir()
    write_visits(folder, people)

    def with_profiles() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as root:
            load(folder, Path(root) / "lake", "patient", "visit")

    def without() -> None:
        with patch(STORE, lambda *_: ()):
            with_profiles()

    found = measure_calls({"without": without, "with profiles": with_profiles}, runs=runs)
    return {"people": people, **compared(found, "without")}


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:4]))
