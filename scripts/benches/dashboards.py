"""A dashboard of 20 tiles beside its statements by hand, over the same files.

dashboards PEOPLE RUNS: a study of so many people, and twice as many visits, is loaded; then
the product answers 20 tiles, and DuckDB the statements that somebody would write for them, one
after the other. `ratio` is that of the medians to these; counts of both sides are compared.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow import csv

from apollo_spark.api.lake import open_lake
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.operations.context import Context
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from measuring import measure_calls

BARS = ("p0", "p1", "p2", "p3", "v0", "v1")
NUMBERS = ("p4", "p5", "p6", "v2", "v3")
FIELDS = {"p": ("patient", 12), "v": ("visit", 6)}
STATUS = ("Alive", "Dead")


def write_study(folder: Path, people: int) -> None:
    """Write the dictionary and the tables of a study."""
    chance = np.random.default_rng(3)
    ids = pa.array([f"P{each:08d}" for each in range(people)])
    lines = ["entity,name,type,primary_key_type,referenced_entity_field,relationship"]
    owners = pa.array(chance.integers(0, people, 2 * people))
    tables: dict[str, dict[str, pa.Array]] = {
        "patient": {"patient_id": ids},
        "visit": {"visit_id": pa.array(np.arange(2 * people)), "patient_id": ids.take(owners)},
    }
    lines += ["patient,patient_id,string,global,,", "visit,visit_id,integer,local,,"]
    lines += ["visit,patient_id,string,,patient:patient_id,many_to_one"]
    for short, (entity, number) in FIELDS.items():
        rows = people if short == "p" else 2 * people
        for place in range(number):
            name = f"{short}{place}"
            is_code = name in BARS or name in {"p7", "p8"}
            values = chance.integers(0, 12, rows) if is_code else chance.normal(50, 12, rows)
            tables[entity][name] = pa.array(values if is_code else np.round(values, 1))
            lines.append(f"{entity},{name},{'integer' if is_code else 'float'},,,")
    tables["patient"]["months"] = pa.array(np.round(chance.exponential(40, people)))
    tables["patient"]["status"] = pa.array(np.array(STATUS)[chance.integers(0, 2, people)])
    lines += ["patient,months,float,,,", "patient,status,string,,,"]
    for entity, columns in tables.items():
        csv.write_csv(pa.table(columns), folder / f"{entity}.csv")
    (folder / "dictionary.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(folder: Path, root: Path) -> None:
    """Load the study into a lake."""
    data = tuple((each, str(folder / f"{each}.csv")) for each in ("patient", "visit"))
    request = ClinicalLoad(name="study", dictionary=str(folder / "dictionary.csv"), data=data)
    perform(Context(open_stored_lake(str(root)), settings=LakeSettings(runner="local")), request)


def path_of(name: str) -> str:
    """Return a field as the product names it."""
    return (
        f"{FIELDS[name[0]][0]}.{name}"
        if name[0] in FIELDS and name[1:].isdigit()
        else (f"patient.{name}")
    )


def tiles() -> list[dict[str, Any]]:
    """Return twenty tiles."""
    found = [{"chart": "bar", "fields": [path_of(each)]} for each in BARS]
    found += [{"chart": "histogram", "fields": [path_of(each)]} for each in NUMBERS]
    found += [{"chart": "box", "fields": [path_of(each)]} for each in ("p9", "p10", "v4")]
    found += [
        {"chart": "grouped-box", "fields": ["patient.p7", "patient.p11"]},
        {"chart": "grouped-box", "fields": ["visit.v0", "visit.v5"]},
        {"chart": "stacked", "fields": ["patient.p7", "patient.p8"]},
        {"chart": "stacked", "fields": ["visit.v0", "visit.v1"]},
        {"chart": "scatter", "fields": ["patient.p9", "patient.p10"]},
        {"chart": "survival", "fields": ["patient.months", "patient.status"]},
    ]
    return found


def by_hand(connection: duckdb.DuckDBPyConnection, root: Path) -> Iterator[Any]:
    """Yield what each tile shows, asked as somebody would write it."""

    def run(text: str) -> list[tuple[Any, ...]]:
        return connection.sql(text).fetchall()

    files = {each: f"read_parquet('{root}/tables/study/{each}/*.parquet')"
             for each in ("patient", "visit")}  # fmt: skip
    short = "quantile_cont({0}, [0.25, 0.5, 0.75]), min({0}), max({0}), avg({0}), count({0})"
    for each in BARS:
        rows = files[FIELDS[each[0]][0]]
        yield run(f"select {each}, count(*) n from {rows} group by 1 order by n desc limit 20")
    for each in NUMBERS:
        rows = files[FIELDS[each[0]][0]]
        low, high = run(f"select min({each}), max({each}) from {rows}")[0]
        width = 5 if high - low > 80 else 2
        yield run(f"select floor({each} / {width}), count(*) from {rows} group by 1")
    for each in ("p9", "p10", "v4"):
        yield run(f"select {short.format(each)} from {files[FIELDS[each[0]][0]]}")
    yield run(f"select p7, {short.format('p11')} from {files['patient']} group by 1")
    yield run(f"select v0, {short.format('v5')} from {files['visit']} group by 1")
    yield run(f"select p7, p8, count(*) from {files['patient']} group by 1, 2")
    yield run(f"select v0, v1, count(*) from {files['visit']} group by 1, 2")
    run(f"select min(p9), max(p9), min(p10), max(p10) from {files['patient']}")
    yield run(
        f"select floor(p9 / 5), floor(p10 / 5), count(*) from {files['patient']} group by 1, 2"
    )
    dead = "count(*) filter (lower(status) not in ('alive', 'living'))"
    yield run(f"select months, count(*), {dead} from {files['patient']} group by 1 order by 1")


def main(people: int, runs: int) -> None:
    """Measure and print the medians as JSON."""
    folder = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        write_study(folder, people)
        load(folder, folder / "lake")
        dataset = open_lake(str(folder / "lake")).dataset("study")
        connection, asked = duckdb.connect(), tiles()
        answers = dataset.aggregate(asked)
        hand = list(by_hand(connection, folder / "lake"))
        assert len(answers) == len(hand) == 20, "one answer a tile"
        for answer, rows in zip(answers[: len(BARS)], hand, strict=False):
            assert answer.data is not None, answer.problem
            counts = {each.value: each.count for each in answer.data.values}
            assert counts == {str(value): n for value, n in rows}, answer.tile
        sides = {
            "by hand": lambda: list(by_hand(connection, folder / "lake")),
            "product": lambda: dataset.aggregate(asked),
            "product, of a twelfth": lambda: dataset.aggregate(asked, where="patient.p0 = 3"),
        }
        found = measure_calls(sides, runs=runs)
        unit = found["by hand"]
        rows_ = [
            {"side": name, **each, **{f"ratio of {key}": round(each[key] / unit[key], 2)
                                      for key in each}}
            for name, each in found.items()
        ]  # fmt: skip
        print(json.dumps({"people": people, "tiles": 20, "rows": rows_}, indent=2))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
