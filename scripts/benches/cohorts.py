"""Cohorts beside hand-written SQL over the same files: counts, attrition, extracts, combinations.

cohorts PEOPLE ROWS RUNS: a study of so many people with visits, labs and drugs of so many rows each
is loaded, then the sides run in turn. `ratio` is that of the medians to the side named as base;
`cold` is one process with its start. Answers of both sides are compared.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow import csv

from apollo_spark.api.lake import open_lake
from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.model.cohort import CohortOperation, CohortStep
from apollo_spark.operations.cohorts.opening import load_cohort, open_cohort
from apollo_spark.operations.context import Context
from apollo_spark.query.cohorts.members import Members
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.ask.extract import ExtractFieldsRequest, extract_fields
from apollo_spark.verbs.cohort.asking import people_asked_for
from apollo_spark.verbs.cohort.attrition import attrition_of
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from measuring import measure_calls

ENTITIES = ("visit", "lab", "drug")
EXTRA_FIELDS = 16
"""Fields of each entity besides those that conditions name."""
CONDITIONS = {
    "patient": ("patient.sex = 1", "p.sex = 1"),
    "visit": ("exists(visit: visit.value > 70)", "v.value > 70"),
    "lab": ("exists(lab: lab.value < 30)", "v.value < 30"),
    "drug": ("exists(drug: drug.value > 60 and drug.kind = 3)", "v.value > 60 and v.kind = 3"),
}
PARTS = (
    *(f"exists({each}: {each}.value > {low})" for each in ENTITIES for low in (10, 30, 50)),
    "patient.sex = 1",
)
COMBINATIONS = 1_000
COMBINED = (
    CohortOperation.UNION,
    CohortOperation.INTERSECT,
    CohortOperation.SUBTRACT,
    CohortOperation.EXACTLY_ONE,
)


def write_study(folder: Path, people: int, rows: int, extra: int) -> None:
    """Write the dictionary and the tables of a study."""
    random = np.random.default_rng(7)
    ids = pa.array([f"P{each:08d}" for each in range(people)])
    tables = {"patient": {"patient_id": ids, "sex": pa.array(random.integers(0, 2, people))}}
    for entity in ENTITIES:
        owners = np.sort(random.integers(0, people, rows))
        tables[entity] = {
            f"{entity}_id": pa.array(np.arange(rows)),
            "patient_id": ids.take(pa.array(owners)),
            "kind": pa.array(random.integers(0, 10, rows)),
            "value": pa.array(np.round(random.normal(50, 20, rows), 2)),
        }
    lines = ["entity,name,type,primary_key_type,referenced_entity_field,relationship"]
    kinds = {pa.string(): "string", pa.int64(): "integer"}
    for entity, columns in tables.items():
        count = len(next(iter(columns.values())))
        for number in range(extra):
            columns[f"f{number}"] = pa.array(random.integers(0, 1_000, count))
        for name, values in columns.items():
            role = {"patient.patient_id": "global"}.get(f"{entity}.{name}", "")
            role = role or ("local" if name == f"{entity}_id" else "")
            joins = entity != "patient" and name == "patient_id"
            link = "patient:patient_id,many_to_one" if joins else ","
            lines.append(f"{entity},{name},{kinds.get(values.type, 'float')},{role},{link}")
        csv.write_csv(pa.table(columns), folder / f"{entity}.csv")
    (folder / "dictionary.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(folder: Path, root: Path) -> None:
    """Load the study into a lake."""
    request = ClinicalLoad(
        name="study",
        dictionary=str(folder / "dictionary.csv"),
        data=tuple((each, str(folder / f"{each}.csv")) for each in ("patient", *ENTITIES)),
    )
    perform(Context(open_stored_lake(str(root)), settings=LakeSettings(runner="local")), request)


def files_of(root: Path, entity: str) -> str:
    """Return what DuckDB reads as a table."""
    return f"read_parquet('{root}/tables/study/{entity}/*.parquet')"


def count_by_hand(rows_of: Callable[[str], str]) -> str:
    """Return the count of all conditions as somebody would write it."""
    inner = " and ".join(
        f"p.patient_id in (select v.patient_id from {rows_of(each)} v where {CONDITIONS[each][1]})"
        for each in ENTITIES
    )
    return f"select count(*) from {rows_of('patient')} p where p.sex = 1 and {inner}"


def filter_text() -> str:
    """Return the same as a filter."""
    return " and ".join(text for text, _ in CONDITIONS.values())


def measure_counts(root: Path, runs: int) -> Iterator[dict[str, Any]]:
    """Yield what counts cost: warm, with the start of a process, and as attrition."""
    lake = open_stored_lake(str(root))
    statement = count_by_hand(partial(files_of, root))
    connection = duckdb.connect()
    found = {"product": -1, "by hand": -2}

    def ask_product() -> None:
        found["product"] = count(lake, filter_text())

    def ask_by_hand() -> None:
        found["by hand"] = connection.sql(statement).fetchall()[0][0]

    sides = {"by hand": ask_by_hand, "count": ask_product}
    yield row("count, warm", measure_calls(sides, runs=runs), "by hand", people=found["by hand"])
    assert found["product"] == found["by hand"], found
    apollo = [str(Path(sys.executable).parent / "apollo"), "--lake", str(root)]
    asked = ["cohort", "count", "--from", "study", "--filter", filter_text()]
    alone = f"import duckdb; print(duckdb.sql({statement!r}).fetchall()[0][0])"
    cold = {
        "by hand": lambda: run([sys.executable, "-c", alone]),
        "count": lambda: run([*apollo, *asked]),
    }
    yield row("count, with the start of a process", measure_calls(cold, runs=runs), "by hand")
    parts = " and ".join(PARTS)
    steps = {
        "count of the whole": lambda: count(lake, parts),
        "attrition of 10 parts": lambda: attrition(lake, parts),
    }
    yield row("attrition", measure_calls(steps, runs=runs), "count of the whole")


def count(lake: Lake, text: str, engine: Engine | None = None) -> int:
    """Count the people for whom a filter holds."""
    people = people_asked_for(lake, None, source="study", text=text)
    return people.count(engine or EmbeddedEngine(lake.tables))


def attrition(lake: Lake, text: str) -> object:
    """Count who is left after each part of a filter."""
    people = people_asked_for(lake, None, source="study", text=text)
    return attrition_of(lake, people, EmbeddedEngine(lake.tables))


def run(command: list[str]) -> None:
    """Run a process to its end."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure_extract(root: Path, scratch: Path, runs: int) -> dict[str, Any]:
    """Return what an extract of 50 fields of 3 entities costs beside a statement by hand."""
    names = [f"f{each}" for each in range(EXTRA_FIELDS)]
    fields = ["patient.patient_id", "patient.sex"]
    fields += [f"{entity}.{name}" for entity in ("patient", "visit", "lab") for name in names]
    columns = ", ".join(
        f'{"p" if each.startswith("patient") else each.split(".")[0]}.{each.split(".")[1]} "{each}"'
        for each in fields
    )
    statement = (
        f"select {columns} from {files_of(root, 'patient')} p "
        f"left join {files_of(root, 'visit')} visit on visit.patient_id = p.patient_id "
        f"left join {files_of(root, 'lab')} lab on lab.patient_id = p.patient_id "
        "order by p.patient_id, visit.visit_id, lab.lab_id"
    )
    connection = duckdb.connect()
    by_hand, product = scratch / "hand.csv", scratch / "product.csv"
    lake = open_stored_lake(str(root))
    request = ExtractFieldsRequest(name="study", fields=",".join(fields), output=str(product))

    def copy_by_hand() -> None:
        connection.sql(f"copy ({statement}) to '{by_hand}' (header)")

    def extract() -> None:
        product.unlink(missing_ok=True)
        extract_fields(lake, request, settings=LakeSettings(), say=lambda _: None)

    sides = {"by hand": copy_by_hand, "extract": extract}
    found = row("extract of 50 fields", measure_calls(sides, runs=runs), "by hand")
    lines = [sum(1 for _ in each.open("rb")) for each in (by_hand, product)]
    assert lines[0] == lines[1], lines
    return {**found, "lines": lines[0]}


def measure_combinations(lake: Lake) -> dict[str, Any]:
    """Return what a cohort costs that is made of a thousand combinations."""
    study = open_lake(str(lake.root)).dataset("study")
    for number in range(3):
        study.cohort(f"c{number}", where=f"visit.kind = {number}")
    everybody = [open_cohort(lake, load_cohort(lake, f"c{number}")) for number in range(3)]
    steps = [step for each in everybody for step in each.members.steps]
    for number in range(COMBINATIONS):
        last = len(steps) - 1
        step = CohortStep(operation=COMBINED[number % 4], of=(last, last - 1 - number % 2))
        steps.append(step)
    start = time.perf_counter()
    people = replace(everybody[0], members=Members(tuple(steps)))
    count_of = people.count(EmbeddedEngine(lake.tables))
    seconds = time.perf_counter() - start
    return {"what": "a cohort of 1,000 combinations", "s": round(seconds, 2), "people": count_of}


def row(what: str, found: dict[str, Any], base: str, **facts: Any) -> dict[str, Any]:
    """Return medians, and their ratios to one side."""
    unit = found[base]["ms"]
    sides = {name: {**each, "ratio": round(each["ms"] / unit, 2)} for name, each in found.items()}
    return {"what": what, **facts, "sides": sides}


def main(people: int = 1_000_000, rows: int = 5_000_000, runs: int = 5) -> None:
    """Measure, and print one line a question."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        for name, counts in {"counted": (people, rows), "wide": (100_000, 100_000)}.items():
            folder, root = scratch / name, scratch / f"{name} lake"
            folder.mkdir()
            is_wide = name == "wide"
            write_study(folder, *counts, extra=EXTRA_FIELDS if is_wide else 0)
            start = time.perf_counter()
            load(folder, root)
            print(f"loaded {name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
            shutil.rmtree(folder)
            if is_wide:
                print(json.dumps(measure_extract(root, scratch, runs)), flush=True)
                print(json.dumps(measure_combinations(open_stored_lake(str(root)))), flush=True)
                continue
            for each in measure_counts(root, runs):
                print(json.dumps(each), flush=True)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
