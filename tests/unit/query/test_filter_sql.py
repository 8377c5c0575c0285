"""Filters as SQL: missing values, long lists, quoting, what is read, and many conditions."""

import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from apollo_spark.errors import NotFoundError
from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    MAX_DEPTH,
    NO_VALUE,
    TEXT_SEARCHES,
    Comparison,
    Filter,
    FilterValue,
    Not,
    Operator,
)
from apollo_spark.query.dialects import DuckDBDialect, SparkDialect
from apollo_spark.query.filters import compare as filter_compare
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.query.filters.sql import filter_rows
from apollo_spark.query.sql import duckdb_statement
from apollo_spark.sources.filters.text import parse_filter
from tests.support.filter_asking import StrictScope, filter_question, held_in_duckdb
from tests.support.filter_model import held_by
from tests.support.filters import CODES, CODINGS, SPECS, VALUES, filter_value, operators_of
from tests.support.hospital import HOSPITAL_ROWS, NASTY, hospital_dictionary

DICTIONARY = hospital_dictionary()


def one_field(spec: FieldSpec) -> DataDictionary:
    key = FieldSpec(name="key", type=FieldType.INTEGER)
    return DataDictionary(
        main_entity="patient",
        entities=(Entity(name="patient", primary_key="key", fields=(key, spec)),),
        relations=(),
        codings=CODINGS,
    )


def first_value(spec: FieldSpec) -> FilterValue:
    stored: Any = CODES[spec.coding_name][0] if spec.coding_name else VALUES[spec.type][1]
    if spec.is_sparse:
        stored = VALUES[spec.type][2]
    return filter_value(stored)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_missing_value_fulfils_negations_alone(spec: FieldSpec) -> None:
    trees = [comparison_of(spec, operator) for operator in operators_of(spec)]
    negated = [Not(part=tree) for tree in trees]
    rows = {"patient": [{"key": 1, spec.name: None}]}

    found = held_in_duckdb([*trees, *negated], one_field(spec), rows)

    fulfilled = [tree.operator in (Operator.NOT_EQUAL, Operator.IS_MISSING) for tree in trees]
    assert found == [[each] for each in fulfilled] + [[not each] for each in fulfilled]
    assert found == [held_by(each, one_field(spec), rows) for each in (*trees, *negated)]


def comparison_of(spec: FieldSpec, operator: Operator) -> Comparison:
    value = "a" if operator in {*TEXT_SEARCHES, Operator.UNDER} else first_value(spec)
    count = {**dict.fromkeys(BETWEENS, 2), **dict.fromkeys(NO_VALUE, 0)}.get(operator, 1)
    return Comparison(entity="patient", field=spec.name, operator=operator, values=(value,) * count)


@pytest.mark.parametrize("operator", [Operator.IN, Operator.ANY_OF, Operator.ALL_OF])
@pytest.mark.parametrize("type_", list(FieldType), ids=str)
def test_long_lists_of_every_type_find_the_same_as_short_ones(
    operator: Operator, type_: FieldType, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = FieldSpec(name="x", type=type_, is_multi_select=operator is not Operator.IN)
    stored = VALUES[type_]
    rows: list[dict[str, Any]] = [{"key": 0, "x": None}]
    for place, each in enumerate(stored):
        others = [each, stored[place - 1], each]
        rows.append({"key": place, "x": others if spec.is_multi_select else each})
    wanted = [filter_value(each) for each in (*stored[::2], stored[0], stored[-1])]
    tree = Comparison(entity="patient", field="x", operator=operator, values=tuple(wanted))
    trees = [tree, Not(part=tree)]

    short = held_in_duckdb(trees, one_field(spec), {"patient": rows})
    monkeypatch.setattr(filter_compare, "LIST_LIMIT", 0)
    long = held_in_duckdb(trees, one_field(spec), {"patient": rows})

    assert short == long
    assert short == [held_by(each, one_field(spec), {"patient": rows}) for each in trees]


def test_a_long_list_is_one_text_of_the_statement() -> None:
    wide = Coding(
        name="wide",
        rows=tuple(
            CodePlace(
                code=f"C{each}", meaning="", display_order=0, parent_code="C0" if each else ""
            )
            for each in range(50_000)
        ),
    )
    spec = FieldSpec(name="x", type=FieldType.STRING, coding_name="wide", is_multi_select=True)
    dictionary = one_field(spec).model_copy(update={"codings": (wide,)})
    tree = read_filter('not patient.x under "C0"', dictionary)

    question = filter_question(tree, dictionary, "key")

    assert len(list(question.find_all(exp.Literal))) < 10
    rows = [["C49999"], ["other", "C7"], ["other"], [], None]
    stored = [{"key": place, "x": each} for place, each in enumerate(rows)]
    assert held_in_duckdb([tree], dictionary, {"patient": stored}) == [
        [False, False, True, True, True]
    ]


@pytest.mark.parametrize("dialect", [SparkDialect, DuckDBDialect], ids=["spark", "duckdb"])
@pytest.mark.parametrize("limit", [0, 100])
@pytest.mark.parametrize("text", NASTY)
def test_a_hostile_value_is_a_value_in_one_statement(
    text: str, limit: int, dialect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_compare, "LIST_LIMIT", limit)
    tables = set()
    for operator in (Operator.EQUAL, Operator.IN, Operator.LESS, Operator.MATCHES):
        tree = Comparison(entity="note", field="note_text", operator=operator, values=(text,))
        question = filter_question(tree, DICTIONARY, "patient_id")
        statement = question.sql(dialect=dialect)
        (parsed,) = sqlglot.parse(statement, dialect=dialect)
        assert isinstance(parsed, exp.Select)
        tables |= {each.name for each in parsed.find_all(exp.Table)}

    assert tables == {"patient", "note"}


@pytest.mark.parametrize("limit", [0, 100])
@pytest.mark.parametrize("text", NASTY)
def test_a_hostile_value_finds_what_is_equal_to_it(
    text: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_compare, "LIST_LIMIT", limit)
    trees: list[Filter] = [
        Comparison(entity="patient", field="name", operator=operator, values=(text,))
        for operator in (Operator.EQUAL, Operator.NOT_EQUAL, Operator.GREATER, Operator.MATCHES)
    ]
    if text:
        trees += [
            Comparison(entity="patient", field="cancers", operator=operator, values=(text, "C1"))
            for operator in (Operator.IN, Operator.ALL_OF)
        ]

    found = held_in_duckdb(trees, DICTIONARY, HOSPITAL_ROWS)

    assert found == [held_by(each, DICTIONARY, HOSPITAL_ROWS) for each in trees]


def test_a_filter_is_read_with_the_fields_it_names_and_those_that_join() -> None:
    text = "patient.age > 3 and exists(visit: test.result > 1) or count(hospital) > 1"

    assert fields_needed(parse_filter(text), DICTIONARY) == {
        ("patient", "age"),
        ("patient", "patient_id"),
        ("visit", "of_patient"),
        ("visit", "visit_id"),
        ("test", "of_visit"),
        ("test", "result"),
        ("patient", "hid"),
        ("hospital", "hospital_id"),
    }


def test_the_name_of_the_main_row_may_be_that_of_another_entity() -> None:
    tree = read_filter('exists(visit: visit.reason = "a")', DICTIONARY)
    condition = filter_rows(tree, StrictScope(DICTIONARY), main_alias="VISIT").condition

    select = condition.find(exp.Select)
    assert select is not None
    names = {each.table for each in select.args["where"].find_all(exp.Column)}

    assert names == {"visit row", "VISIT"}


def test_an_unchecked_filter_is_checked() -> None:
    tree = parse_filter("patient.agee = 3")

    with pytest.raises(NotFoundError):
        filter_rows(tree, StrictScope(DICTIONARY), main_alias="patient")


def test_a_row_that_is_reached_in_two_ways_is_counted_once() -> None:
    def spec(name: str) -> FieldSpec:
        return FieldSpec(name=name, type=FieldType.INTEGER)

    dictionary = DataDictionary(
        main_entity="patient",
        entities=(
            Entity(name="patient", primary_key="key", fields=(spec("key"),)),
            Entity(name="visit", fields=(spec("of"), spec("by"))),
            Entity(name="doctor", primary_key="key", fields=(spec("key"),)),
        ),
        relations=(
            Relation(
                from_entity="visit", from_field="of", to_entity="patient", to_field="key",
                relationship=Relationship.MANY_TO_ONE,
            ),
            Relation(
                from_entity="visit", from_field="by", to_entity="doctor", to_field="key",
                relationship=Relationship.MANY_TO_ONE,
            ),
        ),
        codings=(),
    )  # fmt: skip
    rows = {
        "patient": [{"key": 1}, {"key": 2}, {"key": 3}],
        "visit": [{"of": of, "by": by} for of, by in ((1, 7), (1, 7), (2, 7), (2, 8), (2, None))],
        "doctor": [{"key": 7}, {"key": 8}],
    }
    texts = ["count(doctor) = 1", "count(doctor) = 2", "count(visit) = 3", "count(doctor) < 1"]

    found = held_in_duckdb([parse_filter(each) for each in texts], dictionary, rows)

    assert found == [
        [True, False, False],
        [False, True, False],
        [False, True, False],
        [False, False, True],
    ]


def test_a_thousand_conditions_are_one_question() -> None:
    text = " or ".join(f"patient.age = {each}" for each in range(1_000))
    text += " or " + " and ".join(f"patient.age != {each}" for each in range(1_000))

    (found,) = held_in_duckdb([parse_filter(text)], DICTIONARY, HOSPITAL_ROWS)

    assert found == [True] * 5


def test_times_of_a_day_are_compared_in_utc() -> None:
    spec = FieldSpec(name="x", type=FieldType.DATETIME)
    late = datetime(2020, 1, 31, 23, 59, 59, 999999, tzinfo=timezone.utc)
    rows = {
        "patient": [
            {"key": 1, "x": late},
            {"key": 2, "x": datetime(2020, 2, 1, tzinfo=timezone.utc)},
        ]
    }
    texts = [f"patient.x {sign} 2020-01-31" for sign in ("=", "!=", "<", "<=", ">", ">=")]

    found = held_in_duckdb([parse_filter(each) for each in texts], one_field(spec), rows)

    assert found == [
        [True, False],
        [False, True],
        [False, False],
        [True, False],
        [False, True],
        [True, True],
    ]


def test_a_code_that_is_no_value_of_the_field_is_found_nowhere() -> None:
    rows = tuple(
        CodePlace(code=code, meaning="", display_order=0, parent_code=parent)
        for code, parent in (("all", ""), ("none", "all"))
    )
    spec = FieldSpec(name="x", type=FieldType.INTEGER, coding_name="c", is_sparse=True)
    dictionary = one_field(spec).model_copy(update={"codings": (Coding(name="c", rows=rows),)})
    stored = {"patient": [{"key": 1, "x": 1}]}

    assert held_in_duckdb([parse_filter('patient.x under "all"')], dictionary, stored) == [[False]]


def test_a_day_that_is_a_code_is_the_code_alone_but_all_of_the_day_in_a_range() -> None:
    spec = FieldSpec(name="x", type=FieldType.DATETIME, coding_name="moments", is_sparse=True)
    hours = (0, 11, 12, 23, 24)
    day = datetime(2020, 2, 28, tzinfo=timezone.utc)
    rows = [{"key": each, "x": day + timedelta(hours=each)} for each in hours]
    texts = ("= 2020-02-28", "<= 2020-02-28", "between 2020-02-28 and 2020-02-28")
    trees = [parse_filter(f"patient.x {each}") for each in texts]

    found = held_in_duckdb(trees, one_field(spec), {"patient": rows})

    # Midnight and noon are codes.
    assert found == [
        [True, False, False, False, False],
        [False, True, False, True, False],
        [False, True, False, True, False],
    ]


DEEPEST = {
    "not and": (
        "not (patient.hid != 7 and " * (MAX_DEPTH // 2) + "patient.sex = 0" + ")" * 100,
        "patient.sex = 0",
    ),
    "or and": (
        "(patient.sex != 1 and (patient.sex = 1 or " * 99 + "patient.sex = 0" + "))" * 99,
        "patient.sex = 0",
    ),
    "rows": (
        "".join(f"exists(visit as v{n}: " for n in range(MAX_DEPTH))
        + 'v199.reason = "a"'
        + ")" * MAX_DEPTH,
        'visit.reason = "a"',
    ),
    "a name through rows": (
        "".join(f"exists(visit as v{n}: " for n in range(MAX_DEPTH))
        + "v199.reason != v0.reason"
        + ")" * MAX_DEPTH,
        "exists(visit as a: exists(visit as b: b.reason != a.reason))",
    ),
}


@pytest.mark.parametrize(("text", "short"), DEEPEST.values(), ids=DEEPEST)
def test_the_deepest_filter_that_can_be_typed_is_asked(text: str, short: str) -> None:
    trees = [read_filter(each, DICTIONARY) for each in (text, short)]

    allowed = sys.getrecursionlimit()

    deep, plain = held_in_duckdb(trees, DICTIONARY, HOSPITAL_ROWS)

    assert sys.getrecursionlimit() == allowed
    assert deep == plain
    assert any(plain)


def test_a_name_that_is_handed_through_rows_costs_in_proportion_to_them() -> None:
    def length(rows: int) -> int:
        inside = "".join(f"exists(visit as v{n}: " for n in range(rows))
        tree = read_filter(f"{inside}v{rows - 1}.reason = v0.reason{')' * rows}", DICTIONARY)
        return len(duckdb_statement(filter_question(tree, DICTIONARY, "patient_id")))

    assert length(80) - length(40) < 1.2 * (length(40) - length(20)) * 2


ALONE = "exists(visit: visit.visit_id < patient.age and not exists(test: test.result > 1))"
MIXED = "exists(visit: visit.visit_id < patient.age or not exists(test: test.result > 1))"


@pytest.mark.parametrize(("text", "is_beside"), [(ALONE, False), (MIXED, True)])
def test_rows_outside_stand_beside_a_row_where_looks_are_in_one_part_with_them(
    text: str, is_beside: bool
) -> None:
    # Spark takes such a part out of its subquery, and cannot find the fields of the look then.
    question = filter_question(read_filter(text, DICTIONARY), DICTIONARY, "patient_id")

    assert ("above visit" in question.sql(dialect=SparkDialect)) == is_beside
