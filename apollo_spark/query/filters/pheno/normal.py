"""A filter with its negations at single conditions, and nothing joined twice by the same word."""

from collections.abc import Iterator

from apollo_spark.model.filter import And, Comparison, Filter, Not, Operator, Or

_NOBODY = [Operator.IS_MISSING, Operator.IS_NOT_MISSING]


def normal(tree: Filter, *, is_opposite: bool = False) -> Filter:
    """Return an equal filter, or its opposite; what is inside `exists` stays as it is."""
    if isinstance(tree, Not):
        return normal(tree.part, is_opposite=not is_opposite)
    if not isinstance(tree, And | Or) or (is_nobody(tree) and not is_opposite):
        return Not(part=tree) if is_opposite else tree
    join = And if isinstance(tree, And) is not is_opposite else Or
    parts = (normal(each, is_opposite=is_opposite) for each in tree.parts)
    return join(parts=tuple(_flat(parts, join)))


def is_nobody(tree: Filter) -> bool:
    """Whether a condition is that of an empty list: a field both missing and not."""
    if not isinstance(tree, And) or len(tree.parts) != 2:
        return False
    first, second = tree.parts
    if not isinstance(first, Comparison) or not isinstance(second, Comparison):
        return False
    is_same = (first.entity, first.field) == (second.entity, second.field)
    return is_same and [first.operator, second.operator] == _NOBODY


def _flat(parts: Iterator[Filter], join: type[And | Or]) -> Iterator[Filter]:
    for each in parts:
        if isinstance(each, join) and not is_nobody(each):
            yield from each.parts
        else:
            yield each
