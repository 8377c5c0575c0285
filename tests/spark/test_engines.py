"""One question, one answer: Spark and the embedded engine agree on every question."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.spark import SparkEngine
from apollo_spark.errors import BrokenPinError, CancelledError, EnvironmentProblemError
from apollo_spark.model.field import FieldType
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import ExtractRequest, build_extract
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import column, labelled, literal, table
from apollo_spark.query.values import ValueMode, text_of
from apollo_spark.runtime.questions import Questions
from tests.support.hospital import (
    HOSPITAL_ROWS,
    HOSTILE,
    NASTY,
    hospital_dictionary,
    hostile_dictionary,
    hostile_rows,
)
from tests.support.questions import diff_questions, extract_questions, key_questions
from tests.support.tables import answer, arrow_tables, pin

FLOATS = [0.0, -0.0, 1.0, -70.25, 1e-4, 9.99e-5, 1e-5, 9999999999999998.0, 1e16, 2e23, 1e300]
FLOATS += [5e-324, 6.98901532170025e16, 3.1069146869675069e18, 1.7976931348623157e308, 0.1 + 0.2]


class DeltaTables:
    """Delta tables in a folder with an awkward name; version 0 is pinned, and not the newest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pins: dict[str, TablePin] = {}

    def add(self, name: str, rows: pa.Table) -> None:
        found = pin(name, location=f'table {len(self.pins)} `it\'s` "é" 100%')
        write_deltalake(self.path(found), rows)
        if rows.num_rows:
            write_deltalake(self.path(found), rows.slice(0, 1), mode="append")
        self.pins[name] = found

    def path(self, pin: TablePin) -> str:
        return str(self._folder / pin.location)

    def files(self, pin: TablePin) -> list[str]:
        # delta-rs gives local paths as they are in addresses.
        return [
            unquote(each) for each in DeltaTable(self.path(pin), version=pin.version).file_uris()
        ]

    def schema(self, pin: TablePin) -> pa.Schema:
        return pa.schema(DeltaTable(self.path(pin), version=pin.version).schema().to_arrow())


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> DeltaTables:
    found = DeltaTables(tmp_path_factory.mktemp("lake of tables"))
    for dictionary, rows in (
        (hospital_dictionary(), HOSPITAL_ROWS),
        (hostile_dictionary(), hostile_rows()),
    ):
        for name, each in arrow_tables(dictionary, rows).items():
            found.add(name, each)
    found.add("floats", pa.table({"value": FLOATS}))
    return found


@pytest.fixture(scope="module")
def engines(spark_session: SparkSession, tables: DeltaTables) -> tuple[EmbeddedEngine, SparkEngine]:
    return EmbeddedEngine(tables), SparkEngine(spark_session, tables.path)


def questions() -> Mapping[str, exp.Query]:
    tables = [
        ("visit", "of_patient", "patient", "patient_id"),
        (HOSTILE[1], HOSTILE[0], HOSTILE[0], HOSTILE[1]),
    ]
    found: dict[str, exp.Query] = {}
    for study, dictionary in (
        ("hospital", hospital_dictionary()),
        ("hostile", hostile_dictionary()),
    ):
        extracts = extract_questions(dictionary)
        found |= {f"{study}: {name}": tree for name, tree in extracts.items()}
    for each in tables:
        found |= {f"keys of {each[0]}: {name}": tree for name, tree in key_questions(*each).items()}
    pairs = (("age", "hid"), ("cancers", "habits"), ("many", "weight"), ("born", "born"))
    compared = diff_questions(hospital_dictionary(), "patient", "patient_id", *pairs)
    found |= {f"difference: {name}": tree for name, tree in compared.items()}
    texts = [labelled(literal(text), f"text {place}") for place, text in enumerate(NASTY)]
    found["literals"] = exp.select(*texts)
    value = text_of(column("floats", "value"), FieldType.FLOAT)
    found["floats as text"] = exp.select(labelled(value, "text")).from_(table("floats"))
    return found


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("tree", questions().values(), ids=questions().keys())
def test_both_engines_give_equal_rows_in_equal_order(
    tree: exp.Query, tables: DeltaTables, engines: tuple[EmbeddedEngine, SparkEngine]
) -> None:
    embedded, spark = (each.run(tree, tables.pins) for each in engines)

    assert spark.schema == embedded.schema
    assert answer(spark) == answer(embedded)


def test_an_extract_as_a_frame_has_the_columns_as_asked(
    tables: DeltaTables, engines: tuple[EmbeddedEngine, SparkEngine]
) -> None:
    asked = ("visit.reason", "patient.weight")
    plan = build_extract(
        QueryScope(hospital_dictionary()),
        ExtractRequest(fields=asked, values=ValueMode.DECODED),
    )

    frame = engines[1].frame(plan.tree, tables.pins)

    assert frame.columns == list(asked)
    assert [tuple(row) for row in frame.collect()] == answer(engines[0].run(plan.tree, tables.pins))


def test_a_version_that_is_gone_is_a_broken_pin(
    tables: DeltaTables, engines: tuple[EmbeddedEngine, SparkEngine]
) -> None:
    gone = {"visit": tables.pins["visit"].model_copy(update={"version": 7})}

    with pytest.raises(BrokenPinError):
        engines[1].run(exp.select(exp.Star()).from_(table("visit")), gone)


def test_datetimes_do_not_become_text_in_another_zone(
    spark_session: SparkSession,
    tables: DeltaTables,
    engines: tuple[EmbeddedEngine, SparkEngine],
) -> None:
    text: Any = text_of(column("patient", "seen"), FieldType.DATETIME)
    tree = exp.select(labelled(text, "text")).from_(table("patient"))
    spark_session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        with pytest.raises(EnvironmentProblemError, match="Asia/Tokyo"):
            engines[1].run(tree, tables.pins)
    finally:
        spark_session.conf.set("spark.sql.session.timeZone", "UTC")


class Told:
    """A frame that says when its answer is asked for."""

    def __init__(self, frame: DataFrame, begun: Callable[[], None]) -> None:
        self.frame = frame
        self.begun = begun

    def toArrow(self) -> pa.Table:  # noqa: N802 - Spark's name
        threading.Thread(target=self.begun, daemon=True).start()
        return self.frame.toArrow()


def test_a_cross_join_on_spark_is_cancelled_and_other_questions_go_on(
    spark_session: SparkSession,
    tables: DeltaTables,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = SparkEngine(spark_session, tables.path)
    endless = (
        "SELECT count(*) n FROM range(1000000000) a, range(1000000000) b WHERE a.id + b.id < 0"
    )
    questions = Questions()
    frame = Told(spark_session.sql(endless), questions.cancel)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "frame", lambda *_: frame)
        with questions, pytest.raises(CancelledError):
            engine.run(exp.select("1"), {})

    one = exp.select(labelled(literal(1), "one"))
    assert answer(engine.run(one, {})) == [(1,)]
    with Questions(seconds=3600):
        assert answer(engine.run(one, {})) == [(1,)]
    assert not spark_session.sparkContext.getJobTags()
