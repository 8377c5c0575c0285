"""A text of a filter is a value, whatever it holds: in every operator, and in every form."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import (
    BETWEENS,
    LISTS,
    NO_VALUE,
    Choice,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    Filter,
    Not,
    Operator,
    Summary,
    SummaryOf,
)
from apollo_spark.query.dialects import DuckDBDialect, SparkDialect
from apollo_spark.query.filters import compare as filter_compare
from tests.support.filter_asking import filter_question, held_in_duckdb
from tests.support.filter_model import held_by
from tests.support.hospital import HOSPITAL_ROWS, NASTY, hospital_dictionary


def with_tree() -> DataDictionary:
    """The hospital, with all codes of `long` below one of them."""
    found = hospital_dictionary()
    codings = [
        each.model_copy(
            update={
                "rows": tuple(
                    row.model_copy(update={"parent_code": "" if row.code == "a" else "a"})
                    for row in each.rows
                )
            }
        )
        if each.name == "long"
        else each
        for each in found.codings
    ]
    return found.model_copy(update={"codings": tuple(codings)})


DICTIONARY = with_tree()
CODED = {Operator.UNDER: "cancer", Operator.ANY_OF: "cancers", Operator.ALL_OF: "cancers"}


def comparisons(text: str) -> Iterator[Comparison]:
    """Every operator that takes a text, of a field of people, and of one with codes."""
    for operator in Operator:
        if operator in NO_VALUE or (operator in CODED and not text):
            continue
        count = 2 if operator in BETWEENS or operator in LISTS else 1
        yield Comparison(
            entity="patient",
            field=CODED.get(operator, "name"),
            operator=operator,
            values=tuple(sorted(("a", text)[-count:])),
        )
    if text:
        yield Comparison(
            entity="patient", field="cancer", operator=Operator.UNDER, values=("a",),
            exceptions=(text,),
        )  # fmt: skip


def forms(text: str) -> Iterator[Filter]:
    """Each form of a condition on other rows, with the text in it."""
    note = Comparison(entity="note", field="note_text", operator=Operator.EQUAL, values=(text,))
    reason = Comparison(entity="visit", field="reason", operator=Operator.EQUAL, values=(text,))
    inner = reason.model_copy(update={"row": "a"})
    yield Exists(entity="note", condition=note)
    yield CountOf(entity="note", condition=note, operator=Operator.GREATER_OR_EQUAL, number=1)
    if not text:
        return
    yield Exists(entity="visit", name="a", condition=inner)
    for choice in Choice:
        yield ChosenRow(
            choice=choice, entity="visit", by="visit_id", among=reason, condition=Not(part=reason)
        )
        yield ChosenRow(choice=choice, entity="visit", by="visit_id", condition=reason)
    for summary in Summary:
        yield SummaryOf(
            summary=summary, entity="visit", field="visit_id", condition=reason,
            operator=Operator.GREATER, values=(0,),
        )  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_a_text_is_one_value_in_every_operator_and_form(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long lists are joined, and short ones written out.
    monkeypatch.setattr(filter_compare, "LIST_LIMIT", 100 * (NASTY.index(text) % 2))
    trees = [*comparisons(text), *forms(text)]

    for tree in trees:
        require_one_statement(tree)
    expected = [held_by(each, DICTIONARY, HOSPITAL_ROWS) for each in trees]
    assert held_in_duckdb(trees, DICTIONARY, HOSPITAL_ROWS) == expected


def require_one_statement(tree: Filter) -> None:
    """A filter is one statement over tables of the study alone, for each engine."""
    known = {each.name for each in DICTIONARY.entities}
    for dialect in (SparkDialect, DuckDBDialect):
        statement = filter_question(tree, DICTIONARY, "patient_id").sql(dialect=dialect)
        parsed: list[Any] = sqlglot.parse(statement, dialect=dialect)
        assert [type(each) for each in parsed] == [exp.Select], statement
        made = {each.alias for each in parsed[0].find_all(exp.CTE)}
        assert {each.name for each in parsed[0].find_all(exp.Table)} <= known | made, statement
