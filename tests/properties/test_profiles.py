"""Profiles of invented columns against counting value by value in plain Python."""

from collections.abc import Mapping, Sequence
from datetime import date, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.workers.profiles.counting import count_field
from apollo_spark.workers.profiles.links import OWN, Links, follow
from apollo_spark.workers.profiles.spec import CODES, DATE, KEY, NUMBER, TEXT, Codes, CountedField
from tests.support.profile_model import People, as_text, profile

TREE = Codes(
    "string",
    ("L", "LA", "LA1", "LB", "H", "X"),
    {"LA": ("L",), "LA1": ("LA", "H"), "LB": ("L",), "L": (), "H": (), "X": ("L", "LA")},
)
FLAT = Codes("string", ("LB", "L", "LA"))
NUMBERS = ("-1", "-3", "-1.0")
WHOLES, FLOATING = Codes("integer", NUMBERS), Codes("float", NUMBERS)
DAYS = Codes("date", ("1900-01-01",))
MOMENTS = st.datetimes().map(lambda each: each.replace(tzinfo=timezone.utc))
SMALL = st.integers(-3, 40)
FLOATS = st.floats(-1e9, 1e9, allow_nan=False) | SMALL.map(float)


def cells(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values, max_size=30)


COLUMNS = {
    "whole": (pa.int64(), cells(SMALL | st.integers(-(2**52), 2**52)), NUMBER, WHOLES),
    "float": (pa.float64(), cells(FLOATS), NUMBER, FLOATING),
    "date": (pa.date32(), cells(st.dates() | st.just(date(1900, 1, 1))), DATE, DAYS),
    "datetime": (pa.timestamp("us", "UTC"), cells(MOMENTS), DATE, Codes()),
    "list": (pa.list_(pa.int64()), cells(st.lists(SMALL, max_size=4)), NUMBER, WHOLES),
}


def with_people(data: st.DataObject, size: int) -> tuple[Links, People]:
    """Draw whose the rows are: their own, or of a few people, of several, or of nobody."""
    if data.draw(st.booleans()):
        return OWN, [frozenset({str(row)}) for row in range(size)]
    names = [f"P{each}" for each in range(4)]
    by_row = data.draw(st.booleans())
    if by_row:
        refers = data.draw(st.lists(st.none() | st.sampled_from([*names, "Q"]),
                                    min_size=size, max_size=size))  # fmt: skip
        links = follow(pa.array(refers, pa.string()), pa.array(names), OWN)
        assert links.dangling == refers.count("Q")
        return links, [frozenset({each} & set(names)) for each in refers]
    # Several people refer to one row.
    refers = data.draw(st.lists(st.none() | st.integers(0, max(size, 1)), min_size=4, max_size=4))
    links = follow(pa.array(range(size), pa.int64()), pa.array(refers, pa.int64()), OWN)
    return links, [
        frozenset(name for name, row in zip(names, refers, strict=True) if row == each)
        for each in range(size)
    ]


@pytest.mark.parametrize("name", COLUMNS)
@given(data=st.data())
def test_numbers_and_dates_are_those_of_plain_python(name: str, data: st.DataObject) -> None:
    type_, strategy, kind, codes = COLUMNS[name]
    column = data.draw(strategy)
    links, people = with_people(data, len(column))
    field = CountedField("x", kind, is_list=name == "list", sparse=codes)

    found = count_field(pa.array(column, type_), field, links)

    wanted = profile(column, people, kind=kind, sparse=list(codes.by_value))
    listed = {
        each["value"]: (each["rows"], each["people"]) for each in found.pop("sparse_codes", [])
    }
    texts = codes.by_value
    assert listed == {texts[code]: n for code, n in wanted.pop("sparse_codes", {}).items()}
    approximate = {each: found.pop(each, None) for each in ("q1", "median", "q3", "mean", "sd")}
    expected = {each: wanted.pop(each, None) for each in approximate}
    assert found == {each: as_text(value) for each, value in wanted.items()}
    if kind == DATE:
        assert approximate == {each: as_text(value) for each, value in expected.items()}
    else:
        none = float("nan")
        assert [none if each is None else each for each in approximate.values()] == pytest.approx(
            [none if each is None else each for each in expected.values()],
            rel=1e-9,
            abs=1e-6,
            nan_ok=True,
        )


@pytest.mark.parametrize("codes", [TREE, FLAT], ids=["tree", "flat"])
@pytest.mark.parametrize("is_list", [False, True], ids=["one", "several"])
@given(data=st.data())
def test_codes_are_counted_as_in_plain_python(
    codes: Codes, is_list: bool, data: st.DataObject
) -> None:
    one = st.sampled_from([*codes.texts, "not a code"])
    column = data.draw(cells(st.lists(one, max_size=4) if is_list else one))
    links, people = with_people(data, len(column))
    type_ = pa.list_(pa.string()) if is_list else pa.string()

    found = count_field(
        pa.array(column, type_), CountedField("x", CODES, is_list, codes=codes), links
    )

    above: Mapping[str, Sequence[str]] | None = codes.parents or None
    wanted = profile(column, people, kind=CODES, above=above)
    values = found.pop("values")
    keys = ("rows", "people", "people_below") if above else ("rows", "people")
    assert {e["value"]: tuple(e[k] for k in keys) for e in values} == wanted.pop("values")
    assert found == wanted | {"values_left_out": 0}
    order = [(-e.get("people_below", e["people"]), -e["rows"]) for e in values]
    assert order == sorted(order)


@given(st.permutations(range(20)), st.lists(FLOATS, min_size=20, max_size=20))
def test_the_order_of_rows_changes_no_digit(order: list[int], values: list[float]) -> None:
    field = CountedField("x", NUMBER)
    other = [values[each] for each in order]
    assert count_field(pa.array(values), field, OWN) == count_field(pa.array(other), field, OWN)


def test_texts_are_listed_where_they_are_few_and_not_of_one_row() -> None:
    column = pa.array(["Uppsala", "Turin", "Uppsala", None, "alone"])
    found = count_field(column, CountedField("x", TEXT), OWN)
    assert found["values"] == [{"value": "Uppsala", "rows": 2, "people": 2}]
    assert (found["distinct"], found["values_left_out"]) == (3, 2)

    many = pa.array([f"note {each // 2}" for each in range(202)])
    assert "values" not in count_field(many, CountedField("x", TEXT), OWN)


def test_of_keys_nothing_but_counts_is_said() -> None:
    found = count_field(pa.array([3, 1, None, 3]), CountedField("x", KEY), OWN)
    assert found == {
        "rows": 4, "present": 3, "missing": 1, "sparse": 0, "people": 3, "distinct": 2
    }  # fmt: skip


def test_what_is_no_number_has_no_place_among_numbers() -> None:
    values = pa.array([1.0, float("nan"), float("inf"), 3.0])
    found = count_field(values, CountedField("x", NUMBER), OWN)
    assert (found["present"], found["distinct"], found["mean"]) == (4, 2, 2.0)


def test_links_are_followed_over_several_steps() -> None:
    visits = follow(pa.array(["P1", "P1", "P2", "P9"]), pa.array(["P1", "P2"]), OWN)
    tests = follow(pa.array([12, 10, 11, 13, 99]), pa.array([10, 11, 12, 13]), visits)
    assert tests.people is not None
    assert tests.people.tolist() == [1, 0, 0, -1, -1]
    assert (visits.dangling, tests.dangling, tests.size) == (1, 1, 2)
    assert tests.count(np.array([True, True, True, True, True])) == 2
