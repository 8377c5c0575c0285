"""Filters that ask many things of other entities: each is read once, and the same rows stay."""

import pytest
from sqlglot import exp

from apollo_spark.errors import UsageError
from apollo_spark.model.filter import Not
from apollo_spark.query.filters import check as filter_check
from apollo_spark.query.filters import sql as filter_sql
from apollo_spark.query.filters.check import read_filter, require_few_conditions
from apollo_spark.sources.filters.text import parse_filter
from tests.support.filter_asking import filter_question, held_in_duckdb
from tests.support.filter_model import held_by
from tests.support.hospital import HOSPITAL_ROWS, hospital_dictionary

DICTIONARY = hospital_dictionary()


@pytest.fixture(autouse=True)
def _sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_sql, "MOST_SUBQUERIES", 100)


MIXED = {
    "comparisons": "(patient.age != {n} and visit.visit_id = {n})",
    "exists": "(patient.age != {n} and exists(visit: visit.visit_id > {n} and test.result > {n}))",
    "nots": "(patient.age != {n} and not visit.visit_id = {n} and not test.result > {n})",
    "counts": "(patient.age != {n} and count(visit: visit.visit_id > {n}) >= 2)",
    "far counts": "(patient.age != {n} and count(test: test.result > {n}) < 2)",
    "counts in exists": "exists(visit: visit.visit_id < {n} and count(test: test.result < 9) = 1)",
    "greatest": "(patient.age != {n} and max(visit.visit_id: visit.visit_id != {n}) >= {n})",
    "far means": "(patient.age != {n} and not mean(test.result: test.result > {n}) is missing)",
    "first": "(patient.age != {n} and first(visit by visit.visit_id: visit.visit_id > {n}): "
    'visit.reason = "a")',
    "far last": "(patient.age != {n} and last(test by test.test_id): test.result > {n})",
    "names": "(patient.age != {n} and exists(visit as v{n}: v{n}.visit_id > {n}))",
    "pairs": "exists(visit as a{n}: a{n}.visit_id != {n} and exists(visit as b: "
    "b.visit_id > a{n}.visit_id and b.visit_id != {n}))",
    "fields above": "(patient.age != {n} and exists(visit: visit.visit_id > patient.hid "
    "and visit.visit_id != {n}))",
    "counts beside": "(patient.age != {n} and count(test: test.result > patient.hid) >= {n})",
}


def many(kind: str, number: int, word: str = " or ") -> str:
    return word.join(MIXED[kind].format(n=n) for n in range(number))


def tables_in(question: exp.Query) -> list[str]:
    return [each.name for each in question.find_all(exp.Table)]


@pytest.mark.parametrize("kind", MIXED)
@pytest.mark.parametrize("word", [" or ", " and "])
def test_hundreds_of_mixed_conditions_keep_what_nested_loops_keep(kind: str, word: str) -> None:
    tree = parse_filter(many(kind, 150, word))
    trees = [tree, Not(part=tree)]

    found = held_in_duckdb(trees, DICTIONARY, HOSPITAL_ROWS)

    assert found == [held_by(each, DICTIONARY, HOSPITAL_ROWS) for each in trees]


@pytest.mark.parametrize("kind", MIXED)
def test_an_entity_is_read_as_often_for_many_conditions_as_for_some(kind: str) -> None:
    some, more = (
        tables_in(filter_question(parse_filter(many(kind, each)), DICTIONARY, "patient_id"))
        for each in (150, 400)
    )

    assert some == more
    assert len(more) <= 5


def test_few_looks_are_subqueries_and_one_more_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_sql, "MOST_SUBQUERIES", 4)
    few, more = (
        filter_question(parse_filter(many("comparisons", each)), DICTIONARY, "patient_id")
        for each in (4, 5)
    )

    assert len(list(few.find_all(exp.Exists))) == 4
    assert not list(more.find_all(exp.Exists))


def test_what_is_asked_twice_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_sql, "MOST_SUBQUERIES", 10)
    texts = [many("comparisons", 59), many("comparisons", 59) + " or " + many("comparisons", 59)]

    once, twice = (
        filter_question(parse_filter(each), DICTIONARY, "patient_id").find_all(exp.BitwiseOrAgg)
        for each in texts
    )

    assert len(list(once)) == len(list(twice)) == 1


def test_parts_of_or_about_one_entity_are_one_look_and_stay_a_subquery() -> None:
    text = " or ".join(f"visit.visit_id > {n}" for n in range(500))

    question = filter_question(parse_filter(text), DICTIONARY, "patient_id")

    assert len(list(question.find_all(exp.Exists))) == 1


def test_too_many_conditions_are_refused_where_they_are_typed_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filter_check, "MOST_CONDITIONS", 6)
    text = "exists(visit: visit.visit_id = 1 and count(test) > 1) or patient.age in (1, 2, 3, 4, 5)"

    text += " or patient.age > 1 or patient.age > 2"

    require_few_conditions(text)
    with pytest.raises(UsageError, match="has 7 conditions; at most 6 are"):
        require_few_conditions(text + " or patient.sex = 1")

    found = read_filter(many("comparisons", 50), DICTIONARY)
    assert filter_question(found, DICTIONARY, "patient_id")
