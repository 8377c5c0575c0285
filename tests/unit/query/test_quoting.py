"""Names and values reach SQL quoted, whatever they hold."""

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.query.dialects import DuckDBDialect, SparkDialect
from apollo_spark.query.extract import ExtractRequest, build_extract
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import column, labelled, literal, spark_statement, sql_name, table
from apollo_spark.query.values import ValueMode
from tests.support.hospital import HOSTILE, NASTY, hostile_dictionary, hostile_rows
from tests.support.questions import all_fields, extract_questions, key_questions
from tests.support.tables import (
    FileTables,
    answer,
    arrow_tables,
    as_multiset,
    join_outward,
    pin,
)

NAMES = tuple(text for text in NASTY if text and "${" not in text)
QUESTIONS = {
    **extract_questions(hostile_dictionary()),
    **key_questions(HOSTILE[1], HOSTILE[0], HOSTILE[0], HOSTILE[1]),
}


@pytest.fixture
def tables(tmp_path: Path) -> FileTables:
    found = FileTables(tmp_path)
    for name, rows in arrow_tables(hostile_dictionary(), hostile_rows()).items():
        found.add(name, rows)
    return found


@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_hostile_names_and_values_change_no_answer(tables: FileTables, values: ValueMode) -> None:
    fields = all_fields(hostile_dictionary())
    plan = build_extract(
        QueryScope(hostile_dictionary()), ExtractRequest(fields=fields, values=values)
    )

    rows = answer(EmbeddedEngine(tables).run(plan.tree, tables.pins))

    expected = join_outward(hostile_dictionary(), hostile_rows(), fields, values)
    assert as_multiset(rows) == as_multiset(expected)


@pytest.mark.parametrize("tree", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_hostile_question_is_one_statement_over_the_pinned_tables(tree: exp.Query) -> None:
    pins = {name: pin(name, location=f"/lake/{name}", version=7) for name in HOSTILE}

    text = spark_statement(tree, pins, lambda each: each.location)

    (statement,) = sqlglot.parse(text, dialect="spark")
    assert isinstance(statement, exp.Select)
    own = {each.alias for each in statement.find_all(exp.CTE)}
    read = {each.sql(comments=False) for each in statement.find_all(exp.Table)}
    assert {each for each in read if "delta" in each} <= {
        exp.Table(
            this=exp.to_identifier(f"/lake/{name}", quoted=True),
            db=exp.to_identifier("delta"),
            version=exp.Version(this="VERSION", kind="AS OF", expression=exp.Literal.number(7)),
            alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)),
        ).sql()
        for name in HOSTILE
        for alias in (*HOSTILE, "source", "target", "lists")
    }
    others = [each for each in statement.find_all(exp.Table) if each.args.get("db") is None]
    assert {each.name for each in others} <= own


@pytest.mark.parametrize("dialect", [SparkDialect, DuckDBDialect])
@pytest.mark.parametrize("text", NAMES)
def test_a_name_is_one_identifier(dialect: Any, text: str) -> None:
    tree = exp.select(labelled(column(text, text), text)).from_(table(text, text))

    parsed = sqlglot.parse_one(tree.sql(dialect=dialect), dialect=dialect)

    assert {each.name for each in parsed.find_all(exp.Identifier)} == {text}


@pytest.mark.parametrize(
    "value",
    [
        *NASTY,
        0,
        -1,
        2**63 - 1,
        0.1,
        -1e-300,
        date(1, 1, 1),
        datetime(9999, 1, 2, tzinfo=timezone.utc),
    ],
)
def test_a_literal_is_one_value(tmp_path: Path, value: Any) -> None:
    tree = exp.select(labelled(literal(value), "value"))

    assert answer(EmbeddedEngine(FileTables(tmp_path)).run(tree, {})) == [(value,)]


def test_spark_replaces_no_variable_in_a_text() -> None:
    text = exp.select(literal("${env:HOME}")).sql(dialect=SparkDialect)

    assert "${" not in text


def test_a_path_that_spark_would_change_is_refused() -> None:
    tree = exp.select(exp.Star()).from_(table("patient"))

    with pytest.raises(UsageError):
        spark_statement(tree, {"patient": pin("patient")}, lambda _: "/lake/${env:HOME}")


def test_a_table_without_a_pin_is_refused() -> None:
    tree = exp.select(exp.Star()).from_(table("patient"))

    with pytest.raises(NotFoundError):
        spark_statement(tree, {"visit": pin("visit")}, str)


def test_a_schema_that_is_a_variable_of_spark_is_refused() -> None:
    assert sql_name("a`b", "c") == "`a``b`.`c`"
    with pytest.raises(UsageError, match=r"holds '\$\{'"):
        sql_name("main", "${spark.sql.warehouse.dir}")
