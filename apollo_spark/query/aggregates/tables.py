"""Tables: a few rows as they are, in the order of their key."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from sqlglot import exp

from apollo_spark.model.field import FieldType
from apollo_spark.query.aggregates.chart import Chart
from apollo_spark.query.aggregates.counting import TOTALS
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.rows import KEY, ROWS, RowsNeeded, select_rows
from apollo_spark.query.aggregates.statement import Parts, TileStatement
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import ascending, column, derived

Row = tuple[str | None, ...]


class TableChart(Chart):
    """A table; its rows are asked for by themselves, because they are no counts."""

    def ask(self, statement: TileStatement) -> None:
        """Ask how many rows there are."""
        query = exp.select().from_(statement.rows(self.plan.asked()), copy=False)
        statement.add(self.plan.number, TOTALS, query, count=exp.Count(this=exp.Star()))

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:  # noqa: ARG002 all is asked at first
        """Return how many rows there are."""
        return {"rows": first[TOTALS][0].count}

    def rows_question(self, scope: QueryScope) -> exp.Select:
        """Return the question for the first rows."""
        plan = self.plan
        entity = scope.dictionary.find_entity(plan.entity)
        has_key = entity is not None and entity.primary_key is not None
        paths = tuple(each.path for each in plan.fields)
        rows = derived(select_rows(scope, RowsNeeded(plan.entity, paths, key=has_key)), ROWS)
        single = [each.path for each in plan.fields if not each.spec.is_multi_select]
        order = [ascending(column(ROWS, each)) for each in ([KEY] if has_key else single)]
        found = exp.select(*(column(ROWS, each) for each in paths)).from_(rows, copy=False)
        return found.order_by(*order, copy=False).limit(plan.limit, copy=False)

    def read_rows(self, batches: Iterable[pa.RecordBatch]) -> tuple[Row, ...]:
        """Return rows as texts, codes by their meanings."""
        return tuple(
            tuple(_text(field, value) for field, value in zip(self.plan.fields, row, strict=True))
            for batch in batches
            for row in zip(*(each.to_pylist() for each in batch.columns), strict=True)
        )


def _text(field: TileField, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return ", ".join(str(_text(field, each)) for each in value)
    code = field.codes.get(value)
    label = None if code is None else field.label_of(code)
    if label is not None:
        return label
    if field.spec.type in (FieldType.DATE, FieldType.DATETIME):
        return str(value.isoformat()).replace("+00:00", "Z")
    return repr(value) if isinstance(value, float) else str(value)
