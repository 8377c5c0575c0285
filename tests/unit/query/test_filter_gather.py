"""Conditions that are put together before they become SQL: equal, and few."""

import pytest

from apollo_spark.model.filter import Or
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.filters.gather import gather_or, plainly
from apollo_spark.query.filters.sql import filter_rows
from apollo_spark.query.sql import table
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter
from tests.support.hospital import hospital_dictionary

DICTIONARY = hospital_dictionary()


class _Plain:
    dictionary = DICTIONARY
    measured = None

    def source(self, entity: str, fields: object, alias: str | None = None) -> object:  # noqa: ARG002
        return table(entity, alias)


@pytest.mark.parametrize(
    ("text", "gathered"),
    [
        ("p.x = 1 or p.x = 2", "p.x in (1, 2)"),
        ("p.x = 1 or p.y = 5 or p.x in (2, 3)", "p.x in (1, 2, 3) or p.y = 5"),
        ("p.x = 1 or p.x != 2", "p.x = 1 or p.x != 2"),
        ("p.x = 1 or v.z = 2", "p.x = 1 or v.z = 2"),
        ("v.z = 1 or p.x = 1 or v.z > 5", "exists(v: v.z = 1 or v.z > 5) or p.x = 1"),
        (
            "exists(v: v.z = 1 and v.y = 2) or v.z = 3",
            "exists(v: v.z = 1 and v.y = 2 or v.z = 3)",
        ),
        ("exists(v) or v.z = 3", "exists(v) or v.z = 3"),
        ("count(v: v.z = 1) > 1 or v.z = 3", "count(v: v.z = 1) > 1 or v.z = 3"),
        ("v.z = 1 or w.z = 1", "v.z = 1 or w.z = 1"),
    ],
)
def test_parts_of_or_that_ask_the_same_stand_together(text: str, gathered: str) -> None:
    tree = parse_filter(text)
    assert isinstance(tree, Or)

    assert write_filter(gather_or(tree, "p")) == gathered


@pytest.mark.parametrize("field", ["patient.age", "visit.visit_id"])
def test_thousands_of_parts_about_one_field_are_one_list(field: str) -> None:
    text = " or ".join(f"{field} = {number}" for number in range(8_000))

    condition = filter_rows(
        read_filter(text, DICTIONARY),
        _Plain(),  # type: ignore[arg-type]
        main_alias="patient",
    ).condition

    assert condition.sql("duckdb").count("EXISTS") <= 2


def test_of_thousands_of_problems_the_first_are_listed_and_the_others_counted() -> None:
    text = " or ".join(["patient.nothing = 1"] * 8_000)

    with pytest.raises(Exception, match="and 7,900 more") as refused:
        read_filter(text, DICTIONARY)

    assert str(refused.value).count("\n") == 101


PLAIN = {
    "not (patient.age = 1 and not patient.sex = 1)": "not patient.age = 1 or patient.sex = 1",
    "not (patient.age = 1 or not (patient.sex = 1 and patient.age = 2))": (
        "not patient.age = 1 and (patient.sex = 1 and patient.age = 2)"
    ),
    "not exists(visit: not (visit.visit_id = 1 and visit.visit_id = 2))": (
        "not exists(visit: not visit.visit_id = 1 or not visit.visit_id = 2)"
    ),
    "not not patient.age = 1": "patient.age = 1",
}


@pytest.mark.parametrize("text", PLAIN)
def test_negations_move_to_single_conditions(text: str) -> None:
    assert write_filter(plainly(parse_filter(text))) == PLAIN[text]
