"""Filters of a cohort are narrowed to ids as the original's client narrows them."""

from typing import Any

import pytest

from apollo_spark.errors import UsageError
from apollo_spark.query.filters.pheno.merge import merge_ids

KEY = "e$k"


def pheno(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"pheno_filters": {"compound": list(parts), "logic": "and"}, "logic": "and", **more}


def keyed(*conditions: Any, **more: Any) -> dict[str, Any]:
    return {"logic": "and", "filters": {KEY: list(conditions)}, **more}


def listed(condition: str, *values: Any) -> dict[str, Any]:
    return {"condition": condition, "values": list(values)}


EXISTS = {"condition": "exists"}
IDS = ["b", "a"]
OTHER = {"e$x": [EXISTS]}

MERGED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, pheno({"name": "phenotype", "logic": "and", "filters": {KEY: [listed("in", *IDS)]}})),
    (pheno(keyed(EXISTS)), pheno(keyed(listed("in", "b", "a")))),
    (pheno(keyed(listed("in", "c", "b", "a"))), pheno(keyed(listed("in", "a", "b")))),
    (pheno(keyed(listed("not-in", "a", "z"))), pheno(keyed(listed("in", "b")))),
    (pheno(keyed(listed("in", "b"), listed("not-in", "b"))), pheno(keyed(listed("in")))),
    (
        pheno({"filters": OTHER}, {"entity": {"name": "e"}, "filters": {}}),
        pheno(
            {"filters": OTHER}, {"entity": {"name": "e"}, "filters": {KEY: [listed("in", *IDS)]}}
        ),
    ),
    (
        pheno({"logic": "or", "filters": OTHER}, {"filters": OTHER}),
        pheno({"logic": "or", "filters": OTHER}, {"filters": {**OTHER, KEY: [listed("in", *IDS)]}}),
    ),
    (
        pheno(keyed(listed("in", "a")), assay_filters={"compound": []}),
        pheno(keyed(listed("in", "a")), assay_filters={"compound": []}),
    ),
]


@pytest.mark.parametrize("place", range(len(MERGED)))
def test_ids_are_put_where_the_key_is_asked_for(place: int) -> None:
    filters, expected = MERGED[place]
    before = repr(filters)

    assert merge_ids(filters, "e", "k", IDS) == expected
    assert repr(filters) == before


def test_ids_that_are_numbers_are_sorted_as_numbers() -> None:
    found = merge_ids(pheno(keyed(listed("in", 10, 9, 2))), "e", "k", [10, 9])

    assert found["pheno_filters"]["compound"][0]["filters"][KEY] == [listed("in", 9, 10)]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"logic": "or"}, "'and' logic"),
        ({"pheno_filters": {"compound": [], "logic": "or"}}, "'and' logic"),
        (pheno({**keyed(), "logic": "or"}), "'and' logic"),
        (pheno({"entity": {"name": "e"}, "logic": "or"}), "'and' logic"),
        (pheno(keyed(listed("between", 1, 2))), 'other than "in", "not-in", or "exists"'),
    ],
)
def test_what_is_no_list_of_ids_joined_by_and_is_refused(filters: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        merge_ids(filters, "e", "k", IDS)
