"""A wide extract equals a pivot by pandas, for any rows, by one statement and by keys."""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apollo_spark.engines import fetching
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.wide import build_wide
from apollo_spark.errors import UsageError
from apollo_spark.query.extract import ExtractRequest
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.values import ValueMode
from apollo_spark.query.wide.plan import plan_wide
from tests.support.dictionaries import dictionary
from tests.support.tables import FileTables, answer, arrow_tables

FIELDS = """
entity  name    type     primary_key_type  coding_name  is_sparse_coding  referenced_entity_field  relationship
p       pid     string   global            -            -                 -                        -
p       site    string   -                 -            -                 -                        -
v       vid     integer  local             -            -                 -                        -
v       of      string   -                 -            -                 p:pid                    many_to_one
v       number  integer  -                 gaps         yes               -                        -
v       day     date     -                 -            -                 -                        -
v       score   float    -                 gaps         yes               -                        -
v       grade   integer  -                 grades       -                 -                        -
t       tid     string   local             -            -                 -                        -
t       visit   integer  -                 -            -                 v:vid                    many_to_one
t       at      date     -                 -            -                 -                        -
t       result  integer  -                 -            -                 -                        -
"""  # noqa: E501
CODINGS = """
coding_name  code  meaning
gaps         -1    not_done
gaps         -2    unknown
grades       0     none
grades       1     mild
"""
DICTIONARY = dictionary(FIELDS, codings=CODINGS)
MEANINGS = {-1: "not_done", -2: "unknown"}
GRADES = {0: "none", 1: "mild"}
PEOPLE = ("P1", "P2", "P3")
DAYS = st.none() | st.integers(0, 3).map(lambda each: date(2020, 1, 1) + timedelta(days=each))


@st.composite
def studies(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Some people, and rows that are theirs, nobody's or those of a row that is not there."""
    people = [
        {"pid": each, "site": f"site of {each}"} for each in PEOPLE[: draw(st.integers(0, 3))]
    ]
    visit = st.fixed_dictionaries(
        {
            "of": st.sampled_from([*PEOPLE, None, "nobody"]),
            "number": st.none() | st.integers(-2, 3),
            "day": DAYS,
            "score": st.none() | st.sampled_from([-2.0, -1.0, 0.5, 7.25]),
            "grade": st.none() | st.integers(0, 2),
        }
    )
    visits = [{"vid": key, **each} for key, each in enumerate(draw(st.lists(visit, max_size=8)))]
    test = st.fixed_dictionaries(
        {
            "visit": st.none() | st.integers(0, 4),
            "at": DAYS,
            "result": st.none() | st.integers(0, 9),
        }
    )
    tests = [
        {"tid": f"t{key}", **each} for key, each in enumerate(draw(st.lists(test, max_size=6)))
    ]
    return {"p": people, "v": draw(st.permutations(visits)), "t": draw(st.permutations(tests))}


def ask(
    rows: dict[str, list[dict[str, Any]]], request: ExtractRequest, *, fewest: int = 1
) -> dict[str, list[Any]]:
    """The columns of an answer, by name."""
    with tempfile.TemporaryDirectory() as folder, patch.object(fetching, "FEWEST_FETCHED", fewest):
        tables = FileTables(Path(folder))
        for name, table in arrow_tables(DICTIONARY, rows).items():
            tables.add(name, table)
        engine = EmbeddedEngine(tables, threads=1)
        wide = plan_wide(QueryScope(DICTIONARY), request)
        plan = build_wide(engine, wide, tables.pins, lambda _: None)
        reader = answer_fields(engine, plan, tables.pins)
        names = reader.schema.names
        found = answer(reader)
        assert answer(engine.run(plan.tree, tables.pins)) == found
        return {name: [row[at] for row in found] for at, name in enumerate(names)}


def visits_of(rows: dict[str, list[dict[str, Any]]]) -> pd.DataFrame:
    """The visits of people who are there, as pandas joins them."""
    columns = ["vid", "of", "number", "day", "score", "grade"]
    visits = pd.DataFrame(rows["v"], columns=columns, dtype=object)
    return visits[visits["of"].isin([each["pid"] for each in rows["p"]])]


def plain(values: Any) -> list[Any]:
    """Values of a frame, missing ones None."""
    return [None if pd.isna(each) else each for each in values]


def show(field: str, value: Any) -> dict[str, Any]:
    """What is shown of a cell, decoded, and its label where it has one: by hand."""
    if field == "score":
        return {"": None if value in MEANINGS else value, ".label": MEANINGS.get(value)}
    if field == "grade" and value is not None:
        return {"": GRADES.get(value, str(value))}
    return {"": value}


def pivot(table: pd.DataFrame, slot: str, people: list[str], fields: list[str]) -> dict[str, Any]:
    """The columns of a pivot, in the order of fields and slots."""
    found: dict[str, Any] = {}
    slots = sorted({int(each) for each in table[slot]})
    for field in fields:
        wide = table.pivot(index="of", columns=slot, values=field).reindex(people)
        for each in slots:
            cells = [show(field.split(".")[1], value) for value in plain(wide[each])]
            for ending in show(field.split(".")[1], None):
                found[f"{field}.{each}{ending}"] = [cell[ending] for cell in cells]
    return found


@pytest.mark.parametrize("fewest", [1, 1000], ids=["by keys", "one statement"])
@given(rows=studies())
@settings(max_examples=25)
def test_numbers_of_rows_are_the_columns_of_a_pivot(
    rows: dict[str, list[dict[str, Any]]], fewest: int
) -> None:
    people = [each["pid"] for each in rows["p"]]
    visits = visits_of(rows).rename(columns={"score": "v.score", "grade": "v.grade"})
    has_number = [each is not None and each >= 0 for each in visits["number"]]
    visits = visits[pd.Series(has_number, index=visits.index, dtype=bool)]
    request = ExtractRequest(
        fields=("v.score", "p.site", "v.grade"), values=ValueMode.DECODED, sparse_labels=True,
        wide=("v.number",),
    )  # fmt: skip

    if visits.duplicated(["of", "number"]).any():
        with pytest.raises(UsageError, match=r"^Rows of one row of .p. have the same number"):
            ask(rows, request, fewest=fewest)
        return
    found = ask(rows, request, fewest=fewest)

    expected = {
        **pivot(visits, "number", people, ["v.score"]),
        "p.site": [f"site of {each}" for each in people],
        **pivot(visits, "number", people, ["v.grade"]),
    }
    assert found == expected
    assert [*found] == [*expected]


def by_date(rows: list[dict[str, Any]], day: str, key: str) -> list[dict[str, Any]]:
    """Rows with a date, by it and by their key."""
    return sorted((each for each in rows if each[day]), key=lambda each: (each[day], each[key]))


@pytest.mark.parametrize("fewest", [1, 1000], ids=["by keys", "one statement"])
@given(rows=studies())
@settings(max_examples=25)
def test_rows_in_the_order_of_dates_are_numbered_from_one(
    rows: dict[str, list[dict[str, Any]]], fewest: int
) -> None:
    request = ExtractRequest(fields=("p.pid", "v.vid", "t.result"), wide=("v.day", "t.at:last"))

    found = ask(rows, request, fewest=fewest)

    people = [each["pid"] for each in rows["p"]]
    own = [by_date([v for v in rows["v"] if v["of"] == each], "day", "vid") for each in people]
    whose = {each["vid"]: each["of"] for each in rows["v"]}
    tests = [
        by_date([t for t in rows["t"] if whose.get(t["visit"]) == each], "at", "tid")
        for each in people
    ]
    expected: dict[str, list[Any]] = {"p.pid": people}
    for place in range(max(map(len, own), default=0)):
        expected[f"v.vid.{place + 1}"] = [
            each[place]["vid"] if place < len(each) else None for each in own
        ]
    expected["t.result.last"] = [each[-1]["result"] if each else None for each in tests]
    assert found == expected
