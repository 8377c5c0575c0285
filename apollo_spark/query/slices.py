"""Questions over the tables that hold the fields of one entity."""

from collections.abc import Sequence

from sqlglot import exp

from apollo_spark.model.dataset import TableSlice
from apollo_spark.query.sql import ascending, column, derived, labelled, table

_KEYS = "all keys"


def folded_rows(key: str, slices: Sequence[TableSlice]) -> exp.Select:
    """Ask for the fields of several tables side by side, a row for each key that any of them has.

    Args:
        key: The primary key of the entity, and the first column of the answer.
        slices: The tables, which name their fields.
    """
    keys = derived(_all_keys(key, slices), _KEYS)
    value = column(_KEYS, key)
    fields = [
        labelled(column(each.table, each.column_of(name)), name)
        for each in slices
        for name in each.fields or ()
    ]
    found = exp.select(labelled(value, key), *fields).from_(keys, copy=False)
    for each in slices:
        same = exp.EQ(this=column(each.table, each.key or key), expression=value.copy())
        found = found.join(table(each.table), on=same, join_type="left outer", copy=False)
    return found.order_by(ascending(value.copy()), copy=False)


def _all_keys(key: str, slices: Sequence[TableSlice]) -> exp.Query:
    found: exp.Query | None = None
    for each in slices:
        own = exp.select(labelled(column(each.table, each.key or key), key))
        own = own.from_(table(each.table), copy=False)
        found = own if found is None else exp.union(found, own, distinct=True, copy=False)
    assert found is not None, "one table at least is folded"
    return found
