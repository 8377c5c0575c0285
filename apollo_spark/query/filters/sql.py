"""A filter as SQL: a condition on a row of the main entity, and what is joined to it beforehand.

Up to `MOST_SUBQUERIES` looks at rows of other entities are subqueries; of more, every other entity
is read once, and all that is asked of its rows is found in one pass. Engines plan each subquery by
itself, in a time that grows faster than their number (`docs/decisions/filters-in-scans.md`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.filter import Filter, parts_of, row_inside, with_deep_recursion
from apollo_spark.query.filters.check import check_filter
from apollo_spark.query.filters.exists import ExistsCompiler
from apollo_spark.query.filters.gather import gathered, named_alike, plainly
from apollo_spark.query.filters.reach import EntityTree, needed_below
from apollo_spark.query.filters.rows import EntitySource, Row
from apollo_spark.query.filters.scans import ScanCompiler

MOST_SUBQUERIES = 10
"""Looks at rows of other entities that are subqueries, once parts of `or` are put together."""


@dataclass(frozen=True)
class FilterRows:
    """Which rows of the main entity a filter keeps.

    Attributes:
        condition: True or false for each row, and never NULL.
        joins: What the condition reads beside the row; they keep the number of rows.
    """

    condition: exp.Expr
    joins: Sequence[exp.Join]

    def joined_to(self, query: exp.Select) -> exp.Select:
        """Return a query on the main entity with what the condition reads."""
        for each in self.joins:
            query.append("joins", each)
        return query

    def kept_in(self, query: exp.Select) -> exp.Select:
        """Return a query on the main entity, over the rows that the filter keeps."""
        return self.joined_to(query).where(self.condition, copy=False)


@dataclass(frozen=True)
class FilterConditions:
    """Several filters on the same rows, asked in one pass.

    Attributes:
        conditions: True or false for each row, and never NULL; one for each filter.
        joins: What they read beside the row; they keep the number of rows.
        fields: The fields of the main entity that they read.
    """

    conditions: Sequence[exp.Expr]
    joins: Sequence[exp.Join]
    fields: Sequence[str]


def filter_rows(tree: Filter, scope: EntitySource, *, main_alias: str) -> FilterRows:
    """Return a filter as what a query on the main entity is limited by.

    Args:
        tree: The filter.
        scope: What is read for other entities; for the main entity the caller reads, with at least
            the fields that `fields_needed` names for it.
        main_alias: What the caller reads the main entity as.

    Raises:
        UsageError: A condition has no meaning; all that is wrong is listed.
        NotFoundError: Nothing but unknown names is wrong.
    """
    found = filter_conditions([tree], scope, main_alias=main_alias)
    return FilterRows(found.conditions[0], found.joins)


@with_deep_recursion
def filter_conditions(
    trees: Sequence[Filter], scope: EntitySource, *, main_alias: str, in_scans: bool = False
) -> FilterConditions:
    """Return several filters as `filter_rows` does one, with looks at other entities shared.

    With `in_scans` every other entity is read once, however few looks there are: where all of them
    are asked of everybody, eight subqueries take five times as long (tried with 300,000 people).
    """
    row = Row(scope.dictionary.main_entity, main_alias)
    entities = EntityTree(scope.dictionary, scope.measured)
    asked: list[Filter] = []
    for tree in trees:
        check_filter(tree, scope.dictionary, measured=scope.measured)
        asked.append(gathered(named_alike(plainly(tree)), row.entity))
    is_long = (
        in_scans or sum(sum(_looks(each, entities, row.entity)) for each in asked) > MOST_SUBQUERIES
    )
    compiler = (ScanCompiler if is_long else ExistsCompiler)(scope, entities)
    conditions = [exp.Paren(this=compiler.condition(each, row)) for each in asked]
    needed = (path for tree in trees for path in needed_below(tree, entities, row.entity))
    fields = dict.fromkeys(field for entity, field in needed if entity == row.entity)
    return FilterConditions(conditions, compiler.joins(row), tuple(fields))


def _looks(tree: Filter, entities: EntityTree, row: str) -> Iterable[int]:
    """Yield how many entities are stepped to by each condition on other rows."""
    found = entities.owner_of(tree)
    if found is not None:
        yield len(entities.path(entities.start(tree, row), found) or ())
    for part in parts_of(tree):
        yield from _looks(part, entities, row_inside(tree, row))
