"""A filter keeps the same rows on Spark, on the embedded engine and in plain Python."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.spark import SparkEngine
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.filter import (
    BETWEENS,
    LISTS,
    NO_VALUE,
    TEXT_SEARCHES,
    Comparison,
    Filter,
    Operator,
)
from apollo_spark.model.pin import TablePin
from apollo_spark.query.filters import compare as filter_compare
from apollo_spark.query.filters import sql as filter_sql
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.filters.sql import filter_rows
from apollo_spark.query.sql import ascending, column, labelled, literal, table
from apollo_spark.sources.filters.text import parse_filter
from tests.support.filter_asking import MeasuredInTable, StrictScope, kept_question
from tests.support.filter_model import held_by
from tests.support.filters import (
    CODES,
    VALUES,
    filter_value,
    one_of_each_field,
    operators_of,
)
from tests.support.hospital import HOSPITAL_ROWS, NASTY, hospital_dictionary
from tests.support.tables import answer, arrow_tables, pin

HOSPITAL = hospital_dictionary()
EACH_FIELD = one_of_each_field()
(EACH,) = EACH_FIELD.entities


def stored_values(spec: FieldSpec) -> list[Any]:
    codes = CODES.get(spec.coding_name or "", [])
    values = codes if spec.must_be_coded else [*VALUES[spec.type], *codes]
    return [float(each) if spec.type.value == "float" else each for each in values]


def each_field_rows() -> list[dict[str, Any]]:
    """Rows in which every field takes each of its values, and none."""
    rows: list[dict[str, Any]] = [dict.fromkeys(spec.name for spec in EACH.fields)]
    for place in range(16):
        row: dict[str, Any] = {}
        for spec in EACH.fields:
            values = stored_values(spec)
            value = values[place % len(values)]
            row[spec.name] = [*values[: place % 4], value] if spec.is_multi_select else value
        rows.append(row)
    empty = {spec.name: [] for spec in EACH.fields if spec.is_multi_select}
    rows.append({**rows[0], **empty})
    return [{**row, "key": place} for place, row in enumerate(rows)]


ROWS = {EACH.name: each_field_rows()}

FILTERS = (
    """
patient.age > 3 or patient.sex = 1 and not patient.weight < 0
patient.seen = 2020-05-06 or patient.seen < 1950-01-01
patient.cancers all of ("C1", "C1") and patient.habits is not missing
patient.cancers any of ("C1", "C2", "C3", "C4") or patient.sex in (0, 1)
not patient.cancer in ("C1", "C149", "C3")
not patient.cancers any of ("C1", "C2", "C3")
patient.cancers all of ("C1", "C2", "C3") or patient.many in (7.5, 1.0, 0.5)
patient.age in (-1, -3, 41)
patient.name matches "DROP table" or patient.name matches "東京"
visit.reason = "a"
visit.reason != "a"
not visit.reason in ("a", "x", "x")
hospital.city is missing and not hospital.city is not missing
exists(visit: visit.reason = "a" and test.result > 0.01)
exists(visit: not (visit.reason = "a" or exists(test: test.result is missing)))
not exists(visit: not visit.reason = "a" and not exists(test: not test.result > 1))
exists(test: test.result <= 0.1) or exists(consent)
not exists(test) and (not exists(note) or patient.sex = 0)
count(visit) >= 2
count(visit) < 2 or patient.age = 41
count(visit: visit.reason in ("a", "x", "x") or count(test) = 0) = 1
count(test: test.result is not missing) != 1
not count(test) = 0 and count(hospital: hospital.city is missing) <= 1
exists(visit: count(test: test.result >= 0 and not test.result is missing) = 1)
patient.seen > patient.born + 70 years or patient.born < patient.seen - 3 weeks
patient.seen between patient.born - 5 days and patient.born + 1 month
patient.seen between patient.born + 14 months and 2020-05-06 without end
patient.scores > patient.age or patient.scores = patient.scores and patient.many >= patient.weight
visit.visit_id >= patient.age and test.result < patient.weight
exists(test: test.result < visit.visit_id and test.result != patient.weight)
exists(visit: not exists(test: test.result < visit.visit_id) or visit.visit_id < patient.age)
exists(visit as v: v.reason = "a" and exists(visit as w: w.visit_id < v.visit_id))
exists(visit as v: not exists(visit as w: w.visit_id > v.visit_id and w.visit_id > patient.weight))
exists(visit as a: exists(visit as b: count(visit as c: a.visit_id < b.visit_id) > 1))
count(visit: visit.visit_id >= patient.age) < 1
count(test: test.result < patient.weight) = 1 or count(visit as v: v.visit_id > patient.many) = 2
first(visit by visit.visit_id): (visit.reason = "a" or exists(test: test.result is missing))
last(visit as v by v.visit_id: v.visit_id > 1): exists(visit as w: w.visit_id < v.visit_id)
not last(test by test.result: test.result < patient.weight): test.test_id = "t1"
max(visit.visit_id) = 12 or min(test.result: test.result < patient.weight) is missing
sum(visit.visit_id) != 23 and mean(test.result) between 0 and 0.1
exists(visit as v: max(visit.visit_id as w: w.visit_id < v.visit_id) = 11)
patient.name contains "東" or patient.name starts with "say" or patient.name contains "drop"
""".replace('"x"', '"say ""hi"" `there`"')
    .strip()
    .splitlines()
)


class Tables:
    """Delta tables at version 0, for both engines."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pins: dict[str, TablePin] = {}

    def add(self, dictionary: DataDictionary, rows: Any, prefix: str = "") -> None:
        for name, found in arrow_tables(dictionary, rows).items():
            self.pins[prefix + name] = pin(prefix + name)
            write_deltalake(self.path(self.pins[prefix + name]), found)

    def path(self, pin: TablePin) -> str:
        return str(self._folder / pin.location)

    def files(self, pin: TablePin) -> list[str]:
        return DeltaTable(self.path(pin), version=pin.version).file_uris()

    def schema(self, pin: TablePin) -> pa.Schema:
        return pa.schema(DeltaTable(self.path(pin), version=pin.version).schema().to_arrow())


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    found = Tables(tmp_path_factory.mktemp("lake"))
    found.add(HOSPITAL, HOSPITAL_ROWS)
    found.add(EACH_FIELD, ROWS, "each_")
    return found


@pytest.fixture(scope="module")
def engines(spark_session: SparkSession, tables: Tables) -> tuple[EmbeddedEngine, SparkEngine]:
    return EmbeddedEngine(tables, threads=1), SparkEngine(spark_session, tables.path)


@pytest.fixture(scope="module")
def engines_of_files(
    spark_session: SparkSession, tables: Tables
) -> tuple[EmbeddedEngine, SparkEngine]:
    """Both read the files: to Delta, each of many places of a table is a version of its own."""
    return EmbeddedEngine(tables, threads=1), SparkEngine(spark_session, tables.path, tables)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("most", [1_000, -1], ids=["as subqueries", "in scans"])
def test_filters_keep_the_same_rows_everywhere(
    tables: Tables,
    engines_of_files: tuple[EmbeddedEngine, SparkEngine],
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filter_compare, "LIST_LIMIT", 2)
    monkeypatch.setattr(filter_sql, "MOST_SUBQUERIES", most)
    trees = {text: read_filter(text, HOSPITAL) for text in FILTERS}
    kept = [kept_question(tree, HOSPITAL, "patient_id") for tree in trees.values()]
    # One question, because each of its own would take Spark seconds.
    question = exp.union(
        *(
            each.select(labelled(literal(text), "filter"))
            for text, each in zip(trees, kept, strict=True)
        ),
        distinct=False,
    )

    embedded, spark = (sorted(answer(each.run(question, tables.pins))) for each in engines_of_files)

    keys = [row["patient_id"] for row in HOSPITAL_ROWS["patient"]]
    assert spark == sorted(
        (key, text)
        for text, tree in trees.items()
        for key, is_held in zip(keys, held_by(tree, HOSPITAL, HOSPITAL_ROWS), strict=True)
        if is_held
    )
    assert embedded == spark


MEASURED = {
    "> 0.05": ["P2"],
    "= 0.1": ["P2"],
    "< 0.05": ["P1"],
    "is missing": ["P2"],
    "!= 0.1": ["P1", "P2"],
    ">= percentile(50)": ["P2"],
    "< percentile(75)": ["P1"],
    "between percentile(0) and percentile(100) without end": ["P1"],
}


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("most", [1_000, -1], ids=["as subqueries", "in scans"])
def test_values_of_assays_are_compared_alike_everywhere(
    tables: Tables,
    engines_of_files: tuple[EmbeddedEngine, SparkEngine],
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filter_sql, "MOST_SUBQUERIES", most)
    source = MeasuredInTable("test", "result", ("visit", "visit_id"))
    kept = [
        kept_question(tree, HOSPITAL, "patient_id", source).select(labelled(literal(text), "text"))
        for text in MEASURED
        for tree in [parse_filter(f'expression(rna, "of_visit") {text}')]
    ]
    question = exp.union(*kept, distinct=False)

    embedded, spark = (sorted(answer(each.run(question, tables.pins))) for each in engines_of_files)

    assert embedded == sorted((key, text) for text, keys in MEASURED.items() for key in keys)
    assert spark == embedded


def test_every_comparison_gives_the_same_everywhere(
    tables: Tables, engines: tuple[EmbeddedEngine, SparkEngine]
) -> None:
    trees = list(every_comparison())
    question = held_question(trees, EACH_FIELD, "each_")

    embedded, spark = (answer(each.run(question, tables.pins)) for each in engines)

    held = zip(*(held_by(tree, EACH_FIELD, ROWS) for tree in trees), strict=True)
    assert spark == list(held)
    assert embedded == spark


def test_hostile_texts_are_found_everywhere(
    tables: Tables, engines: tuple[EmbeddedEngine, SparkEngine]
) -> None:
    trees = [
        Comparison(entity="patient", field=field, operator=operator, values=(text,))
        for text in NASTY
        for field, operator in (
            ("name", Operator.EQUAL),
            ("name", Operator.MATCHES),
            ("name", Operator.CONTAINS),
            ("name", Operator.STARTS_WITH),
            ("name", Operator.GREATER_OR_EQUAL),
            *([("cancers", Operator.IN)] if text else []),
        )
    ]
    question = held_question(trees, HOSPITAL, "")

    embedded, spark = (answer(each.run(question, tables.pins)) for each in engines)

    held = zip(*(held_by(tree, HOSPITAL, HOSPITAL_ROWS) for tree in trees), strict=True)
    assert sorted(spark) == sorted(held)
    assert sorted(embedded) == sorted(spark)


def every_comparison() -> Sequence[Filter]:
    """Every operator on every field, with some values of the field."""
    found: list[Filter] = []
    for spec in EACH.fields:
        values = [filter_value(each) for each in stored_values(spec)]
        for operator in operators_of(spec):
            groups: list[tuple[Any, ...]] = [(each,) for each in values]
            if operator in LISTS:
                groups = [tuple(values[place : place + 2]) for place in range(len(values))]
            elif operator in BETWEENS:
                groups = [(each, each) for each in values]
            elif operator in NO_VALUE:
                groups = [()]
            elif operator is Operator.UNDER:
                groups = [(each,) for each in CODES["tree"]]
            elif operator in TEXT_SEARCHES:
                groups = [("\u1e9e",), ("a",)]
            found += [
                Comparison(entity=EACH.name, field=spec.name, operator=operator, values=group)
                for group in (groups[:2] if len(groups) < 5 else groups[1::4])
            ]
    return found


def held_question(trees: Sequence[Filter], dictionary: DataDictionary, prefix: str) -> exp.Select:
    """Whether each of some filters on the main entity alone holds, for each row."""
    scope, main = StrictScope(dictionary), dictionary.main_entity
    held = [
        labelled(filter_rows(tree, scope, main_alias=main).condition, f"held {place}")
        for place, tree in enumerate(trees)
    ]
    entity = dictionary.find_entity(main)
    assert entity is not None
    found = exp.select(*held).from_(table(prefix + main, main))
    return found.order_by(ascending(column(main, entity.primary_key or "")))
