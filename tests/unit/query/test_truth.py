"""Our joins give the rows that the statement of the original product gives on the same tables."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.model.dataset import TableSlice
from apollo_spark.query.extract import ExtractRequest, build_extract
from apollo_spark.query.scope import QueryScope
from tests.support.dictionaries import dictionary
from tests.support.tables import FileTables, answer, as_multiset

DICTIONARY = dictionary("""
entity       name              type      primary_key_type  referenced_entity_field  relationship
patient      patient_id        integer   global            -                        -
patient      name              string    -                 -                        -
patient      weight            float     -                 -                        -
patient      date_of_birth     date      -                 -                        -
patient      verified_dtm      datetime  -                 -                        -
patient      hid               integer   -                 hospital:hospital_id     many_to_one
hospital     hospital_id       integer   local             -                        -
trial_visit  visit_id          integer   local             -                        -
trial_visit  visit_patient_id  integer   -                 patient:patient_id       many_to_one
trial_visit  visit_did         integer   -                 doctor:doctor_id         many_to_one
doctor       doctor_id         integer   local             -                        -
test         test_id           integer   local             -                        -
test         test_visit_id     integer   -                 trial_visit:visit_id     many_to_one
baseline     baseline_id       integer   local             -                        -
baseline     b_patient_id      integer   -                 patient:patient_id       many_to_one
""")
PATIENT = (
    TableSlice(table="patient_0001", fields=("patient_id", "name", "date_of_birth", "hid")),
    TableSlice(table="patient_0002", fields=("weight", "verified_dtm")),
)
SLICES = {
    "patient": PATIENT,
    "trial_visit": (TableSlice(table="trial_visit_0001"),),
    "baseline": (TableSlice(table="baseline_0001"),),
    "hospital": (TableSlice(table="hospital_0001"),),
    "doctor": (TableSlice(table="doctor_0001"),),
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "patient_0001": [
        {"patient_id": number, "name": f"n{number}", "date_of_birth": None, "hid": hid}
        for number, hid in enumerate([1, 1, 2, None, 9], start=1)
    ],
    "patient_0002": [
        {"patient_id": number, "weight": number / 2, "verified_dtm": None} for number in (1, 2, 4)
    ],
    "trial_visit_0001": [
        {"visit_id": number, "visit_patient_id": patient, "visit_did": doctor}
        for number, (patient, doctor) in enumerate([(1, 1), (1, 2), (2, None), (8, 1)], start=10)
    ],
    "test": [
        {"test_id": number, "test_visit_id": visit}
        for number, visit in enumerate([10, 10, 11, 13, 99], start=20)
    ],
    "baseline_0001": [
        {"baseline_id": number, "b_patient_id": patient}
        for number, patient in enumerate([1, 1, 3], start=30)
    ],
    "hospital_0001": [{"hospital_id": number} for number in (1, 2, 3)],
    "doctor_0001": [{"doctor_id": number} for number in (1, 2)],
}


def test_a_joined_extract_gives_the_rows_of_the_original_statement(
    shared: Path, tmp_path: Path
) -> None:
    truth = json.loads(
        (shared / "conformance/dictionaries/extract_dataset_sql_truth.json").read_text()
    )
    tables = FileTables(tmp_path)
    for name, rows in ROWS.items():
        tables.add(name, pa.Table.from_pylist(rows))
    fields = tuple(each.strip() for each in truth["fields"].split(","))

    plan = build_extract(QueryScope(DICTIONARY, SLICES), ExtractRequest(fields=fields))

    ours = answer(EmbeddedEngine(tables).run(plan.tree, tables.pins))
    assert as_multiset(ours) == as_multiset(
        run_original(truth["cases"]["test_e2e_dataset_sql"], tables)
    )


def run_original(pattern: str, tables: FileTables) -> list[tuple[Any, ...]]:
    """Run a statement in which the name of the database is a pattern."""
    text = re.sub(r"`database_\[.*?__extract_dataset_test`\.", "", pattern).rstrip(";")
    with duckdb.connect() as connection:
        for name, table in tables.tables.items():
            connection.register(name, table)
        return connection.execute(sqlglot.transpile(text, "spark", "duckdb")[0]).fetchall()
