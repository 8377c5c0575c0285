"""Questions for keys that differ by what nobody sees: which may, and which are in a column."""

from sqlglot import exp

from apollo_spark.query.sql import column, labelled, literal
from apollo_spark.workers.values.unseen import MAYBE_ODD

SOURCE = "source"
"""The name under which these questions read the keys."""
_KEY = "key"


def maybe_odd_keys(source: exp.Table | exp.Subquery, field: str) -> exp.Select:
    """Ask for the keys, each once, that hold more than letters and signs that everybody sees."""
    value = column(SOURCE, field)
    found = exp.select(labelled(value, _KEY)).distinct().from_(source, copy=False)
    return found.where(exp.RegexpLike(this=value.copy(), expression=literal(MAYBE_ODD)), copy=False)


def all_keys(source: exp.Table | exp.Subquery, field: str) -> exp.Select:
    """Ask for all keys, as often as they occur."""
    return exp.select(labelled(column(SOURCE, field), _KEY)).from_(source, copy=False)
