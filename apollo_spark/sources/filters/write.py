"""A filter as text: reading it gives an equal tree."""

from apollo_spark.model.filter import (
    LISTS,
    And,
    Comparison,
    CountOf,
    Exists,
    Filter,
    Not,
    Operator,
    Or,
    needs_parentheses,
)
from apollo_spark.sources.filters.literals import write_literal


def write_filter(tree: Filter) -> str:
    """Return the one text of a filter; reading it gives an equal tree."""
    if isinstance(tree, Comparison):
        return _write_comparison(tree)
    if isinstance(tree, Exists):
        return f"exists({_write_rows(tree)})"
    if isinstance(tree, CountOf):
        return f"count({_write_rows(tree)}) {tree.operator} {tree.number}"
    if isinstance(tree, Not):
        return f"not {_write_part(tree, tree.part)}"
    word = " and " if isinstance(tree, And) else " or "
    return word.join(_write_part(tree, each) for each in tree.parts)


def _write_part(tree: And | Or | Not, part: Filter) -> str:
    text = write_filter(part)
    return f"({text})" if needs_parentheses(tree, part) else text


def _write_rows(tree: Exists | CountOf) -> str:
    return f"{tree.entity}: {write_filter(tree.condition)}" if tree.condition else tree.entity


def _write_comparison(tree: Comparison) -> str:
    start = f"{tree.entity}.{tree.field} {tree.operator}"
    values = [write_literal(each) for each in tree.values]
    if tree.operator in LISTS:
        return f"{start} ({', '.join(values)})"
    if tree.operator is Operator.BETWEEN:
        return f"{start} {' and '.join(values)}"
    return " ".join([start, *values])
