"""Filters asked of DuckDB, over rows as Arrow tables."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import AssayValue, Filter
from apollo_spark.query.filters.measured import MeasuredFeature, MeasuredValues
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.query.filters.sql import filter_rows
from apollo_spark.query.sql import ascending, column, derived, duckdb_statement, labelled, table
from tests.support.tables import Rows, arrow_tables

PLACE = "place of the row"
STORED = "stored"
MAIN = "row of the main entity"


@dataclass(frozen=True)
class StrictScope:
    """Every entity is one table of its own name, with the columns asked for and no other."""

    dictionary: DataDictionary
    measured: MeasuredValues | None = None

    def source(
        self, entity: str, fields: Sequence[str], alias: str | None = None
    ) -> exp.Table | exp.Subquery:
        assert len(set(fields)) == len(fields)
        columns = [column(STORED, each) for each in fields]
        return derived(exp.select(*columns).from_(table(entity, STORED)), alias or entity)


def filter_question(tree: Filter, dictionary: DataDictionary, order: str) -> exp.Select:
    """Whether a filter holds, for each row of the main entity by one of its fields."""
    scope, main = StrictScope(dictionary), dictionary.main_entity
    rows = filter_rows(tree, scope, main_alias=MAIN)
    fields = {field for entity, field in fields_needed(tree, dictionary) if entity == main}
    found = exp.select(column(MAIN, order), labelled(rows.condition, "holds"))
    found = found.from_(scope.source(main, sorted({order, *fields}), MAIN))
    return rows.joined_to(found).order_by(ascending(column(MAIN, order)))


@dataclass(frozen=True)
class MeasuredInTable:
    """The numbers of one field of an entity are what every assay measured, of its other field."""

    entity: str
    field: str
    place: tuple[str, str]

    def names(self) -> tuple[str, ...]:
        return ()

    def units_of(self, assay: str) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def place_of(self, assay: str) -> tuple[str, str]:  # noqa: ARG002
        return self.place

    def find_problem(self, tree: AssayValue) -> None:  # noqa: ARG002
        return None

    def meant(self, tree: AssayValue) -> MeasuredFeature:
        return MeasuredFeature(tree.feature, tree.unit)

    def labelled(self, label: str) -> "MeasuredInTable":  # noqa: ARG002
        return self

    def values(self, tree: AssayValue) -> exp.Select:
        value, key = (column(STORED, each) for each in (self.field, tree.feature))
        is_there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
        found = exp.select(labelled(key, "key"), labelled(value, "value"))
        return found.from_(table(self.entity, STORED)).where(is_there)


def kept_question(
    tree: Filter, dictionary: DataDictionary, key: str, measured: MeasuredValues | None = None
) -> exp.Select:
    """The keys of the rows that a filter keeps, in no order."""
    main = dictionary.main_entity
    rows = filter_rows(tree, StrictScope(dictionary, measured), main_alias=main)
    return rows.kept_in(exp.select(column(main, key)).from_(table(main, main)))


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return the one database of all questions: to open one takes longer than an answer."""
    connection = duckdb.connect()
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL max_expression_depth = 5000")
    return connection


def held_in_duckdb(
    trees: Sequence[Filter], dictionary: DataDictionary, rows: Rows
) -> list[list[bool | None]]:
    """Whether each filter holds, for each row of the main entity in its order."""
    with closing(_database().cursor()) as connection:
        tables = arrow_tables(dictionary, rows)
        main = tables[dictionary.main_entity]
        places: Any = [list(range(main.num_rows))]
        tables[dictionary.main_entity] = main.append_column(PLACE, places)
        for name, found in tables.items():
            connection.register(name, found)
        statements = [duckdb_statement(filter_question(each, dictionary, PLACE)) for each in trees]
        return [[row[1] for row in connection.sql(each).fetchall()] for each in statements]
