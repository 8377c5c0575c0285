"""A load whose tasks Spark runs stores what a load of threads stores, and Spark reads it back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from apollo_spark.api.dataset import Dataset
from apollo_spark.errors import CheckFailedError
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.context import Context, Listener
from apollo_spark.runtime.settings import LakeSettings, build_settings
from apollo_spark.verbs.table import perform
from apollo_spark.workers.values.hashing import ContentHash, hash_table
from tests.support.study import Study
from tests.support.tables import answer

BLOCK_BYTES = 65_536
EMPTY = ContentHash()
# What differs between two loads of the same files: who they are, and when and where they ran.
OF_ONE_LOAD = {"id", "name", "time", "table_id", "location", "files_digest", "fingerprint"}
QUESTIONS = (
    ("patient.patient_id", "patient.sex", "patient.born", "patient.weight", "patient.smokes"),
    ("visit.visit_id", "visit.seen", "visit.symptoms", "visit.note", "patient.weight"),
    ("patient.patient_id", "site.city", "passport.passport_id"),
)


@dataclass(frozen=True)
class Loads:
    """A lake with the dataset `of_spark`, and the same files loaded as `of_threads`."""

    lake: Lake

    def dataset(self, name: str = "of_spark") -> Dataset:
        return Dataset(self.lake, self.lake.load_record(parse_reference(name)))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("study of blocks"))
    visits = (
        f'{n},P{n % 4 + 1},2020-01-02 10:{n % 60:02}:00,R1|R2,"line {n},\nåäö ""quoted"""\n'
        for n in range(10, 4_000)
    )
    study.write("visit.csv", study.read("visit.csv") + "".join(visits))
    return study


@pytest.fixture(scope="module")
def loads(study: Study, spark_session: SparkSession) -> Loads:
    lake = open_lake(str(study.lake))
    load(lake, study, "of_spark", settings("spark"), spark_session)
    load(lake, study, "of_threads", settings("local"), None)
    return Loads(lake)


def settings(runner: str) -> LakeSettings:
    return build_settings({"runner": runner, "block_bytes": BLOCK_BYTES}, source="this test")


def load(
    lake: Lake, study: Study, name: str, by: LakeSettings, session: SparkSession | None
) -> list[str]:
    """Load the study; return what was said."""
    pairs = (each.split("=") for each in study.data)
    request = ClinicalLoad(
        name=name,
        dictionary=str(study.folder / "data_dictionary.csv"),
        codings=str(study.folder / "codings.csv"),
        entities=str(study.folder / "entity_dictionary.csv"),
        data=tuple((entity, str(study.folder / file)) for entity, file in pairs),
        report=str(study.report / name),
    )
    said: list[str] = []
    listener = Listener.of_lines(said.append)
    outcome = perform(Context(lake, settings=by, listener=listener, session=session), request)
    said += outcome.lines()
    return said


def without(keys: set[str], value: Any) -> Any:
    """Return a JSON value without some keys, at any depth."""
    if isinstance(value, dict):
        return {name: without(keys, each) for name, each in value.items() if name not in keys}
    return [without(keys, each) for each in value] if isinstance(value, list) else value


def test_spark_and_threads_publish_the_same_record(loads: Loads) -> None:
    by_spark, by_threads = (
        json.loads(loads.dataset(name).record.to_json()) for name in ("of_spark", "of_threads")
    )

    assert without(OF_ONE_LOAD, by_spark) == without(OF_ONE_LOAD, by_threads)
    assert [each["rows"] for each in by_spark["pins"]] == [4, 3_994, 2, 2]
    # What both counted of their fields is named by SHA-256.
    assert [each["entity"] for each in by_spark["profiles"]] == [
        "patient", "visit", "site", "passport"
    ]  # fmt: skip


def test_a_file_of_several_blocks_is_written_by_several_tasks(loads: Loads) -> None:
    folder = loads.lake.tables.folder_of(loads.dataset().record.pin_of("visit"))

    assert len(list(folder.glob("*.parquet"))) >= 3


@pytest.mark.parametrize("table", ["patient", "visit", "site", "passport"])
def test_spark_reads_every_pinned_version_as_it_was_published(
    loads: Loads, spark_session: SparkSession, table: str
) -> None:
    pin = loads.dataset().record.pin_of(table)
    folder = str(loads.lake.tables.folder_of(pin))
    frame = spark_session.read.format("delta").option("versionAsOf", pin.version).load(folder)

    parts = frame.mapInArrow(hash_part, "rows long, lo string, hi string").collect()

    total = sum((ContentHash(each.rows, int(each.lo), int(each.hi)) for each in parts), EMPTY)
    assert (total.rows, total.hex()) == (pin.rows, pin.content_hash)


def hash_part(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Hash the rows of one partition (runs in a task)."""
    total = sum(map(hash_table, batches), EMPTY)
    row = {"rows": total.rows, "lo": str(total.lo), "hi": str(total.hi)}
    yield pa.RecordBatch.from_pylist([row])


@pytest.mark.parametrize("values", ["raw", "replace", "exclude"])
@pytest.mark.parametrize("fields", QUESTIONS, ids=lambda fields: f"{fields[0]} to {fields[-1]}")
def test_fields_as_a_spark_frame_are_the_rows_of_the_embedded_engine(
    loads: Loads, spark_session: SparkSession, fields: tuple[str, ...], values: Any
) -> None:
    ask = partial(loads.dataset().retrieve_fields, fields, coding_values=values)

    frame = ask(to="spark", spark=spark_session)

    assert tuple(frame.columns) == fields
    assert sorted_rows(frame.toArrow()) == sorted_rows(ask())


def test_registered_views_hold_the_rows_of_every_entity(
    loads: Loads, spark_session: SparkSession
) -> None:
    dataset = loads.dataset()

    names = dataset.register(spark_session, prefix="study_")

    assert names == ["study_patient", "study_visit", "study_site", "study_passport"]
    try:
        for entity, name in zip(dataset.entities, names, strict=True):
            rows = spark_session.sql(f"SELECT * FROM {name}").toArrow()
            assert sorted_rows(rows) == sorted_rows(entity.retrieve_fields())
    finally:
        for name in names:
            spark_session.catalog.dropTempView(name)


def test_a_view_keeps_its_version_when_a_newer_one_is_published(
    study: Study, loads: Loads, spark_session: SparkSession
) -> None:
    old = loads.dataset("of_threads@1")
    names = old.register(spark_session, prefix="old_")
    study.replace("passport.csv", "X2,P2\n", "X2,P2\nX3,P3\n")
    try:
        load(loads.lake, study, "of_threads", settings("spark"), spark_session)
        rows = spark_session.table("old_passport").collect()
    finally:
        study.replace("passport.csv", "X3,P3\n", "")
        for name in names:
            spark_session.catalog.dropTempView(name)

    assert str(loads.dataset("of_threads").record) == "of_threads@2"
    assert sorted(row.passport_id for row in rows) == ["X1", "X2"]
    newest = loads.dataset("of_threads").retrieve_fields(["passport.passport_id"])
    assert [row["passport.passport_id"] for row in newest.to_pylist()].count("X3") == 1


def test_spark_and_threads_refuse_the_same_cells_at_the_same_places(
    tmp_path: Path, spark_session: SparkSession
) -> None:
    study = Study(tmp_path)
    study.replace("patient.csv", "61.5", "heavy")
    study.replace("visit.csv", "3,P2", "3,P9")
    lake = open_lake(str(study.lake))
    refusals = []
    for name, session in (("of_spark", spark_session), ("of_threads", None)):
        by = settings("spark" if session else "local")
        with pytest.raises(CheckFailedError) as refused:
            load(lake, study, name, by, session)
        refusals.append(str(refused.value))

    assert refusals[0].replace("of_spark", "of_threads") == refusals[1]
    findings = [
        json.loads(next((study.report / name).rglob("*.json")).read_text())["findings"]
        for name in ("of_spark", "of_threads")
    ]
    assert findings[0] == findings[1]
    assert {each["rule"] for each in findings[0]} == {"cell_float", "reference_resolves"}
    assert lake.list_records() == ()


def sorted_rows(table: pa.Table) -> list[str]:
    """Return rows in an order of their own, as text that tells 0.0 from -0.0 and from None."""
    return sorted(map(repr, answer(table.to_reader())))
