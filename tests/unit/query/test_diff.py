"""Which rows differ between two versions, on the embedded engine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.model.dataset import RowGuard, TableSlice
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.query.diff import (
    SECOND,
    ComparedEntity,
    Which,
    count_differences,
    count_field_changes,
    differing_keys,
    under_label,
)
from apollo_spark.query.scope import QueryScope, RuleScope
from apollo_spark.sources.filters.text import parse_filter
from tests.support.dictionaries import dictionary
from tests.support.tables import FileTables, arrow_tables

FIELDS = """
entity  name    type     primary_key_type  is_multi_select
thing   id      string   global            -
thing   amount  integer  -                 -
thing   share   float    -                 -
thing   tags    string   -                 yes
"""
THINGS = dictionary(FIELDS)
BEFORE = [
    {"id": "a", "amount": 1, "share": 0.5, "tags": ["x"]},
    {"id": "b", "amount": None, "share": None, "tags": None},
    {"id": "c", "amount": 3, "share": 1.0, "tags": []},
    {"id": "d", "amount": 4, "share": 2.0, "tags": ["y", "z"]},
]
AFTER = [
    {"id": "d", "amount": 4, "share": 2.0, "tags": ["z", "y"]},
    {"id": "c", "amount": None, "share": 1.5, "tags": []},
    {"id": "b", "amount": None, "share": None, "tags": None},
    {"id": "e", "amount": 5, "share": None, "tags": None},
    {"id": "f", "amount": 6, "share": None, "tags": None},
]
NAMES = (("amount", "amount"), ("share", "share"), ("tags", "tags"))


@pytest.fixture
def tables(tmp_path: Path) -> FileTables:
    found = FileTables(tmp_path)
    found.add("thing", arrow_tables(THINGS, {"thing": BEFORE})["thing"], files=2)
    found.add(f"{SECOND}thing", arrow_tables(THINGS, {"thing": AFTER})["thing"])
    return found


def compared(
    *,
    key: tuple[str, str] | None = ("id", "id"),
    fields: tuple[tuple[str, str], ...] = NAMES,
    scope: QueryScope | None = None,
    things: DataDictionary = THINGS,
) -> ComparedEntity:
    before = scope or QueryScope(things)
    after = under_label(before, SECOND)
    return ComparedEntity(before, after, "thing", key, fields)


def count(tables: FileTables, asked: ComparedEntity) -> list[Any]:
    """Return the rows added, removed and changed, and the changes of each field."""
    trees = [count_differences(asked)]
    trees += [count_field_changes(asked)] if asked.key and asked.fields else []
    found = [EmbeddedEngine(tables).run(each, tables.pins).read_all() for each in trees]
    return [value or 0 for rows in found for value in rows.to_pylist()[0].values()]


def keys(tables: FileTables, asked: ComparedEntity, which: Which) -> Mapping[str, list[Any]]:
    rows = EmbeddedEngine(tables).run(differing_keys(asked, which), tables.pins).read_all()
    found: Mapping[str, list[Any]] = rows.to_pydict()
    return found


def test_rows_meet_by_key_and_changes_are_counted_by_field(tables: FileTables) -> None:
    assert count(tables, compared()) == [2, 1, 2, 1, 1, 1]


def test_fields_may_have_another_name_in_either_version(tables: FileTables) -> None:
    # As if the share were the amount of before: only b has the same value in both.
    assert count(tables, compared(fields=(("amount", "share"),))) == [2, 1, 2, 2]


def test_rows_without_a_key_are_counted_whole_and_as_often_as_they_stand(tmp_path: Path) -> None:
    twice = [*BEFORE, BEFORE[0], BEFORE[0]]
    tables = FileTables(tmp_path)
    tables.add("thing", arrow_tables(THINGS, {"thing": twice})["thing"])
    tables.add(f"{SECOND}thing", arrow_tables(THINGS, {"thing": AFTER})["thing"])
    fields = (("id", "id"), *NAMES)

    assert count(tables, compared(key=None, fields=fields)) == [4, 5]
    # By amount alone: 1 three times, 3 and nothing once; nothing twice, 5 and 6.
    assert count(tables, compared(key=None, fields=(("amount", "amount"),))) == [3, 4]
    assert count(tables, compared(key=None, fields=())) == [0, 1]


def test_keys_of_rows_that_differ_come_in_order(tables: FileTables) -> None:
    assert keys(tables, compared(), "added") == {"id": ["e", "f"]}
    assert keys(tables, compared(), "removed") == {"id": ["a"]}
    assert keys(tables, compared(), "changed") == {"id": ["c", "d"]}


def test_rows_that_a_rule_hides_are_not_there(tables: FileTables) -> None:
    shows = RuleScope("thing", QueryScope(THINGS), shows=parse_filter("thing.amount >= 4"))
    guard = RowGuard(rule=0, column="id", entity="thing", field="id")
    scope = QueryScope(
        THINGS, slices={"thing": (TableSlice(table="thing", guards=(guard,)),)}, rules=(shows,)
    )

    asked = compared(scope=scope)

    assert count(tables, asked) == [2, 0, 1, 0, 0, 1]
    assert keys(tables, asked, "removed") == {"id": []}


def test_versions_without_rows_differ_in_nothing(tmp_path: Path) -> None:
    tables = FileTables(tmp_path)
    for name in ("thing", f"{SECOND}thing"):
        tables.add(name, arrow_tables(THINGS, {"thing": []})["thing"])

    assert count(tables, compared()) == [0, 0, 0, 0, 0, 0]
    assert count(tables, compared(key=None)) == [0, 0]
