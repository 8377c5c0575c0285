"""A filter means the same in DuckDB as in nested loops, and the same written and read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.model.base import Record
from apollo_spark.model.filter import Filter
from apollo_spark.query.filters import compare as filter_compare
from apollo_spark.query.filters import scans as filter_scans
from apollo_spark.query.filters import sql as filter_sql
from apollo_spark.query.filters.check import check_filter
from apollo_spark.sources.filters.text import parse_filter, parse_with_places
from apollo_spark.sources.filters.write import write_filter
from tests.support.examples import examples
from tests.support.filter_asking import held_in_duckdb
from tests.support.filter_model import held_by
from tests.support.filters import (
    Study,
    comparisons,
    filters,
    one_of_each_field,
    rows_of,
    studies,
)


class Kept(Record):
    """A record that holds a filter."""

    rule: Filter


FORMS = {"subqueries": 1_000, "scans": -1}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("limit", [0, 2, 100])
@given(study=studies(), data=st.data())
@examples(30)
def test_a_filter_holds_where_nested_loops_say_so(
    limit: int, form: str, study: Study, data: st.DataObject
) -> None:
    dictionary, rows = study
    trees = data.draw(st.lists(filters(dictionary), min_size=3, max_size=8))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_compare, "LIST_LIMIT", limit)
        patch.setattr(filter_sql, "MOST_SUBQUERIES", FORMS[form])
        patch.setattr(filter_scans, "BITS", 2)
        found = held_in_duckdb(trees, dictionary, rows)

    assert found == [held_by(tree, dictionary, rows) for tree in trees]


@pytest.mark.parametrize("limit", [0, 2, 100])
@given(data=st.data())
@examples(12)
def test_a_comparison_holds_where_one_row_says_so(limit: int, data: st.DataObject) -> None:
    dictionary = one_of_each_field()
    (entity,) = dictionary.entities
    rows = {entity.name: data.draw(rows_of(entity, most=4))}
    trees = data.draw(st.lists(comparisons(entity), min_size=40, max_size=40))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_compare, "LIST_LIMIT", limit)
        found = held_in_duckdb(trees, dictionary, rows)

    assert found == [held_by(tree, dictionary, rows) for tree in trees]


@given(study=studies(), data=st.data())
@examples(60)
def test_a_filter_written_or_stored_and_read_again_is_the_same(
    study: Study, data: st.DataObject
) -> None:
    tree = data.draw(filters(study[0]))
    text, record = write_filter(tree), Kept(rule=tree)

    again = Kept.model_validate_json(record.to_json())

    assert parse_filter(text) == tree
    assert write_filter(parse_filter(text)) == text
    check_filter(tree, study[0], parse_with_places(text).marks)
    assert again == record
    assert again.to_json() == record.to_json()
