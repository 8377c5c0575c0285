"""Clinical load against the plain, unchecked Spark write of the same files, in one session.

Sides: `plain` is Spark's csv reader with the typed schema and RFC 4180 quoting, written to Delta
with zstd (`plain-lines` without quoted newlines, so that Spark can split files); `row rules`
parses, checks every cell, hashes and writes Parquet in tasks; `load` is the whole verb: hashing
the inputs, row rules, checks between rows, commits, publishing, report. Runs alternate; the first
of each side is the cold one and is reported apart.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from pyspark.sql import SparkSession

from apollo_spark.engines.tasks import SparkTaskRunner
from apollo_spark.ingest.plan import ClinicalLoad, plan_clinical_load
from apollo_spark.ingest.write import write_entities
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.context import Context
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import LakeSettings, SessionSettings
from apollo_spark.verbs.table import perform

sys.path.insert(0, str(Path(__file__).parent))
from measuring import measure, report

INTEGERS, FLOATS = 6, 6


def write_study(folder: Path, patients: int) -> None:
    """Write patient.csv (20 fields), visit.csv (10 fields, five visits a patient), dictionaries."""
    random = np.random.default_rng(7)
    visits = patients * 5

    def codes(count: int, rows: int) -> pa.Array:
        return pa.array([f"C{i:03d}" for i in range(count)]).take(random.integers(0, count, rows))

    def dates(rows: int) -> pa.Array:
        return pa.array(random.integers(0, 20_000, rows).astype("int32")).cast(pa.date32())

    def numbers(rows: int) -> dict[str, pa.Array]:
        few = {"patient": (6, 6), "visit": (3, 3)}["patient" if rows == patients else "visit"]
        gone = random.random(rows) < 0.05
        whole = {
            f"i{i}": pa.array(random.integers(0, 10**5, rows), mask=gone) for i in range(few[0])
        }
        real = {
            f"f{i}": pa.array(np.round(random.normal(50, 20, rows), 3), mask=gone)
            for i in range(few[1])
        }
        return whole | real

    ids = pa.array([f"P{i:08d}" for i in range(patients)])
    patient = {"patient_id": ids, "sex": codes(3, patients), "ethnicity": codes(20, patients)}
    patient |= {"site": codes(50, patients), "born": dates(patients), **numbers(patients)}
    for i in range(3):
        patient[f"s{i}"] = pa.array([f"text {x}" for x in random.integers(0, 10**6, patients)])
    visit = {
        "visit_id": pa.array([f"V{i:09d}" for i in range(visits)]),
        "patient_id": ids.take(pa.array(random.integers(0, patients, visits))),
        "seen": dates(visits),
        "kind": codes(20, visits),
        **numbers(visits),
    }
    for name, columns in (("patient", patient), ("visit", visit)):
        pc.write_csv(
            pa.table(columns), folder / f"{name}.csv", pc.WriteOptions(quoting_style="needed")
        )
    _write_dictionaries(folder, {"patient": patient, "visit": visit})


def _write_dictionaries(folder: Path, tables: dict[str, dict[str, pa.Array]]) -> None:
    kinds = {
        pa.string(): "string",
        pa.int64(): "integer",
        pa.float64(): "float",
        pa.date32(): "date",
    }
    coded = {"sex": "three", "ethnicity": "twenty", "kind": "twenty", "site": "fifty"}
    lines = ["entity,name,type,primary_key_type,coding_name,referenced_entity_field,relationship"]
    for entity, columns in tables.items():
        for name, column in columns.items():
            key = {"patient.patient_id": "global", "visit.visit_id": "local"}.get(
                f"{entity}.{name}", ""
            )
            joined = (entity, name) == ("visit", "patient_id")
            reference = "patient:patient_id,many_to_one" if joined else ","
            lines.append(
                f"{entity},{name},{kinds[column.type]},{key},{coded.get(name, '')},{reference}"
            )
    (folder / "data_dictionary.csv").write_text("\n".join(lines) + "\n")
    rows = ["coding_name,code,meaning"]
    for coding, count in (("three", 3), ("twenty", 20), ("fifty", 50)):
        rows += [f"{coding},C{i:03d},Meaning {i}" for i in range(count)]
    (folder / "codings.csv").write_text("\n".join(rows) + "\n")


def request_of(folder: Path, name: str) -> ClinicalLoad:
    """Return the load of the generated study."""
    return ClinicalLoad(
        name=name,
        dictionary=str(folder / "data_dictionary.csv"),
        codings=str(folder / "codings.csv"),
        data=tuple((each, str(folder / f"{each}.csv")) for each in ("patient", "visit")),
    )


def plain(spark: SparkSession, folder: Path, target: Path, *, newlines: bool) -> None:
    """Write the files to Delta as Spark does it, without any check."""
    sql = {"string": "string", "integer": "bigint", "float": "double", "date": "date"}
    lines = [
        line.split(",") for line in (folder / "data_dictionary.csv").read_text().splitlines()[1:]
    ]
    for entity in ("patient", "visit"):
        schema = ", ".join(f"`{row[1]}` {sql[row[2]]}" for row in lines if row[0] == entity)
        options = {
            "header": "true",
            "quote": '"',
            "escape": '"',
            "multiLine": str(newlines).lower(),
        }
        frame = spark.read.schema(schema).options(**options).csv(str(folder / f"{entity}.csv"))
        frame.write.format("delta").option("compression", "zstd").save(str(target / entity))


def row_rules(spark: SparkSession, folder: Path, target: Path, *, block_bytes: int) -> None:
    """Plan, parse, check every cell and write Parquet, nothing more."""
    plan = plan_clinical_load(request_of(folder, "bench"), block_bytes=block_bytes).plan
    assert plan is not None
    for entity in plan.entities:
        (target / entity.spec.entity).mkdir(parents=True)
    write_entities(
        SparkTaskRunner(spark),
        plan.entities,
        folder_of=lambda name: str(target / name),
        excluded={},
    )


def main(patients: int = 1_000_000, runs: int = 5) -> None:
    """Measure and print one row a side."""
    settings = LakeSettings(spark=SessionSettings(driver_memory="2g", quick=False))
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    write_study(scratch, patients)
    spark = open_session(settings.spark)
    sides: dict[str, Callable[[Path], None]] = {
        "plain": lambda target: plain(spark, scratch, target, newlines=True),
        "plain-lines": lambda target: plain(spark, scratch, target, newlines=False),
        "row rules": lambda target: row_rules(
            spark, scratch, target, block_bytes=settings.block_bytes
        ),
        "load": lambda target: _load(spark, scratch, target, settings),
    }
    try:
        seconds = measure(sides, runs=runs, scratch=scratch)
    finally:
        close_session(spark)
        shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps(report(seconds, base="plain", patients=patients, runs=runs), indent=2))


def _load(spark: SparkSession, folder: Path, target: Path, settings: LakeSettings) -> None:
    context = Context(open_lake(str(target)), settings=settings, session=spark)
    perform(context, request_of(folder, "bench"))


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
