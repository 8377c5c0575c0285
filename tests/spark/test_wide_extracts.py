"""Very many fields asked of Spark, by keys and in packs, are the rows of the embedded engine."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from sqlglot import exp

from apollo_spark.api.lake import open_lake
from apollo_spark.engines import fetching, fields, packing
from apollo_spark.engines.base import normalize
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.packing import frame_of_fields
from apollo_spark.engines.spark import SparkEngine
from apollo_spark.engines.wide import build_wide
from apollo_spark.query.extract import ExtractRequest, build_extract
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import labelled, literal, table
from apollo_spark.query.values import ValueMode
from apollo_spark.query.wide.plan import plan_wide
from apollo_spark.runtime.settings import LakeSettings
from tests.spark.test_engines import DeltaTables
from tests.support import repeated
from tests.support.hospital import HOSPITAL_ROWS, NASTY, hospital_dictionary
from tests.support.questions import all_fields
from tests.support.study import Study
from tests.support.tables import answer, arrow_tables

DICTIONARY = hospital_dictionary()
KEYED = tuple(each for each in all_fields(DICTIONARY) if not each.startswith("note."))


@pytest.fixture(autouse=True)
def few_fields_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (fetching, fields, packing):
        monkeypatch.setattr(each, "FEWEST_FETCHED", 0)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> DeltaTables:
    found = DeltaTables(tmp_path_factory.mktemp("hospital {a,b} *?"))
    for name, each in arrow_tables(DICTIONARY, HOSPITAL_ROWS).items():
        found.add(name, each)
    return found


@pytest.fixture(params=list(ValueMode), ids=str)
def values(request: pytest.FixtureRequest) -> ValueMode:
    """What is given for a code; the questions for codes themselves are compiled."""
    if request.param is not ValueMode.RAW:
        request.getfixturevalue("interpreted")
    found: ValueMode = request.param
    return found


@pytest.mark.parametrize("by_keys", [True, False], ids=["by keys", "in packs"])
def test_all_types_and_joins_come_as_from_the_embedded_engine(
    spark_session: SparkSession,
    hospital: DeltaTables,
    values: ValueMode,
    by_keys: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packing, "MOST_SENT_CELLS", -1)
    request = ExtractRequest(
        fields=tuple(reversed(KEYED)), values=values, sparse_labels=values is ValueMode.DECODED
    )
    plan = build_extract(QueryScope(DICTIONARY), request)
    embedded = EmbeddedEngine(hospital).run(plan.tree, hospital.pins)
    schema, rows = embedded.schema, answer(embedded)
    engine = SparkEngine(spark_session, hospital.path, hospital if by_keys else None)

    reader = answer_fields(engine, plan, hospital.pins)
    assert reader.schema == schema
    assert answer(reader) == rows
    names = [f"column {number}" for number in range(len(plan.columns))]
    frame = frame_of_fields(engine, plan, hospital.pins, names)
    shown = frame.toArrow()
    assert normalize(shown.schema, iter(())).schema.types == schema.types
    assert frame.columns == names
    assert answer(shown.to_reader()) == rows
    assert not spark_session.catalog.listTables(), "nothing stays in the session"


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> DeltaTables:
    found = DeltaTables(tmp_path_factory.mktemp("repeated"))
    for name, each in arrow_tables(repeated.DICTIONARY, repeated.ROWS).items():
        found.add(name, each)
    return found


@pytest.mark.parametrize("way", ["by keys", "in lists", "one statement"])
@pytest.mark.parametrize("asked", repeated.REQUESTS)
def test_repeated_measures_are_the_columns_of_the_embedded_engine(
    spark_session: SparkSession,
    measures: DeltaTables,
    asked: str,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if way == "one statement":
        for each in (fetching, fields, packing):
            monkeypatch.setattr(each, "FEWEST_FETCHED", 1000)
    request, expected = repeated.REQUESTS[asked]
    engine = SparkEngine(spark_session, measures.path, measures if way == "by keys" else None)
    scope = QueryScope(repeated.DICTIONARY)

    plan = build_wide(engine, plan_wide(scope, request), measures.pins, lambda _: None)
    reader = answer_fields(engine, plan, measures.pins)
    frame = frame_of_fields(engine, plan, measures.pins, plan.columns).toArrow()

    assert by_column(reader) == expected
    assert by_column(frame.to_reader()) == expected
    assert list(plan.columns) == list(expected)


def by_column(reader: pa.RecordBatchReader) -> dict[str, list[Any]]:
    names, rows = reader.schema.names, answer(reader)
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def test_a_text_in_braces_is_no_place_for_rows(
    spark_session: SparkSession, hospital: DeltaTables
) -> None:
    texts = (*NASTY, "{rows0}", "{{", "}")
    asked = exp.select(*(labelled(literal(each), f"text {n}") for n, each in enumerate(texts)))
    tree = asked.from_(table("patient")).limit(1)
    engine = SparkEngine(spark_session, hospital.path, hospital)

    assert answer(engine.run(tree, hospital.pins)) == [texts]


def test_an_entity_in_several_tables_is_asked_of_spark_as_of_threads(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    study = Study(tmp_path)
    narrow = LakeSettings(runner="local", max_columns=3)
    lake = open_lake(str(study.lake), settings=narrow)
    loaded = lake.load_clinical(
        "narrow",
        dictionary=str(study.folder / "data_dictionary.csv"),
        codings=str(study.folder / "codings.csv"),
        entities=str(study.folder / "entity_dictionary.csv"),
        data={name: str(study.folder / file) for name, file in (e.split("=") for e in study.data)},
    )
    dataset = loaded.dataset
    patient = next(each for each in dataset.dictionary.entities if each.name == "patient")
    asked = [f"patient.{each.name}" for each in patient.fields]

    expected = dataset.retrieve_fields(asked, coding_values="replace")
    frame = dataset.retrieve_fields(asked, coding_values="replace", to="spark", spark=spark_session)

    assert len([pin for pin in dataset.record.pins if pin.table.startswith("patient")]) > 2
    assert frame.columns == asked
    shown = frame.toArrow()
    assert answer(shown.to_reader()) == answer(expected.to_reader())
