"""The rows of an entity for counting its fields, and what leads from people to them."""

from collections.abc import Sequence

from sqlglot import exp

from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import column, labelled

VALUE, REFERENCE = "field", "reference"
"""Columns: `field 0`, `field 1`, ..., and what joins a row to others."""


def rows_of(
    scope: QueryScope, entity: str, fields: Sequence[str], reference: str | None
) -> exp.Select:
    """Ask for the values of fields in every row of an entity that is shown, in any order.

    Args:
        scope: What may be read.
        entity: The entity.
        fields: The fields; their columns are `field` and their number.
        reference: The field that joins the rows to others, in the column `reference`.
    """
    values = [
        labelled(column(entity, each), f"{VALUE} {number}") for number, each in enumerate(fields)
    ]
    if reference is not None:
        values.append(labelled(column(entity, reference), REFERENCE))
    named = dict.fromkeys([*fields, *([reference] if reference is not None else [])])
    return exp.select(*values).from_(scope.source(entity, tuple(named)), copy=False)
