"""The filter JSON of expression questions: what it means, and all that is wrong with one."""

import json
from typing import Any

import pytest

from apollo_spark.assays.expression.request_filter import (
    ExpressionFilter,
    Location,
    parse_filter,
    parse_filter_text,
)
from apollo_spark.errors import UsageError

GENE = {"feature_id": ["ENSG01"]}


def place(chromosome: Any = "1", start: Any = "10", end: Any = "20") -> dict[str, Any]:
    return {"chromosome": chromosome, "starting_position": start, "ending_position": end}


def problems(content: Any) -> list[str]:
    with pytest.raises(UsageError) as refused:
        parse_filter(content)
    head, *found = str(refused.value).split("\n- ")
    assert head == "The filter cannot be used:"
    return found


def test_locations_bounds_and_samples() -> None:
    text = json.dumps(
        {
            "location": [place("chr7"), place("chrM", "1", "900000000")],
            "expression": {"min_value": 1, "max_value": 2.5},
            "sample_id": ["s2", "s1", "s2"],
        }
    )

    assert parse_filter_text(text) == ExpressionFilter(
        locations=(
            Location(chromosome="7", start=10, end=20),
            Location(chromosome="MT", start=1, end=900_000_000),
        ),
        sample_ids=("s2", "s1"),
        min_value=1.0,
        max_value=2.5,
    )


def test_ids_and_symbols_of_any_number() -> None:
    many = [f"g{at}" for at in range(5000)]

    assert parse_filter({"annotation": {"feature_name": many}}).feature_names == tuple(many)
    assert parse_filter({"annotation": GENE}) == ExpressionFilter(feature_ids=("ENSG01",))


def test_an_empty_list_of_ids_finds_nothing_and_is_no_missing_filter() -> None:
    assert parse_filter({"annotation": {"feature_id": []}}).feature_ids == ()
    assert parse_filter({"annotation": GENE, "sample_id": []}).sample_ids == ()


@pytest.mark.parametrize("content", [{}, [], None, "x", 1])
def test_a_filter_is_an_object_with_something_in_it(content: Any) -> None:
    assert problems(content) == ["the filter is an object, and not an empty one"]


def test_everything_wrong_is_said_at_once() -> None:
    assert problems(
        {
            "sampel_id": [],
            "location": [place(1, "a"), "x", place(end="10"), {"chromosome": "1", "end": "2"}],
            "annotation": {"feature_id": ["a", 1], "feature_name": {}, "x": 1},
            "expression": {"min_value": True, "max_value": float("nan"), "min": 1},
            "sample_id": "s1",
        }
    ) == [
        "'sampel_id' is not a filter (did you mean 'sample_id'?)",
        "location 1: chromosome is not a text but a number",
        "location 1: starting_position is not a whole number",
        "location 2 is not an object but a text",
        "location 3: ending_position is not greater than starting_position",
        "'end' is not a key of location 4",
        "location 4: starting_position is missing",
        "location 4: ending_position is missing",
        "'x' is not a key of annotation",
        "annotation needs exactly one of feature_id or feature_name",
        "feature_id: 1 of 2 items are not text",
        "feature_name is not a list but an object",
        "'min' is not a key of expression",
        "min_value is not a finite number",
        "max_value is not a finite number",
        "sample_id is not a list but a text",
        "exactly one of location or annotation may be given",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"location": []}, ["location is empty; without a location leave it out"]),
        ({"annotation": {}}, ["annotation needs exactly one of feature_id or feature_name"]),
        ({"annotation": GENE, "expression": {}},
         ["expression needs min_value, max_value or both"]),
        ({"annotation": GENE, "expression": {"min_value": 2, "max_value": 1}},
         ["min_value is greater than max_value"]),
        ({"expression": {"min_value": 2}},
         ["expression needs one of these beside it: annotation, location"]),
        ({"sample_id": ["s"]},
         ["sample_id needs one of these beside it: annotation, location, expression"]),
        ({"location": [place(" ")]}, ["location 1: chromosome is empty"]),
        ({"location": [place(start="-5")]},
         ["location 1: starting_position is not a whole number"]),
        ({"location": None}, ["location is not a list but null"]),
    ],
)  # fmt: skip
def test_what_is_refused_and_how(content: Any, said: list[str]) -> None:
    assert problems(content) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON"), ('{"sample_id": [], "sample_id": ["s"]}', "occurs twice")],
)
def test_text_that_is_no_filter_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_filter_text(text)
