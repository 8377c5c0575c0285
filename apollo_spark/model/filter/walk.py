"""Going through filters: their parts, their comparisons."""

from collections.abc import Callable, Iterator

from apollo_spark.model.filter.tree import (
    And,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    Filter,
    InCohort,
    Not,
    Or,
    Rows,
    SummaryOf,
)


def parts_of(condition: Filter) -> tuple[Filter, ...]:
    """Return the conditions that are directly inside a condition, in their order."""
    if isinstance(condition, And | Or):
        return condition.parts
    if isinstance(condition, Not):
        return (condition.part,)
    if isinstance(condition, ChosenRow):
        among = () if condition.among is None else (condition.among,)
        return (*among, condition.condition)
    if isinstance(condition, Exists | CountOf | SummaryOf) and condition.condition is not None:
        return (condition.condition,)
    return ()


def with_parts(condition: Filter, change: Callable[[Filter], Filter]) -> Filter:
    """Return a condition in which every condition directly inside it is changed."""
    if isinstance(condition, And | Or):
        return condition.model_copy(update={"parts": tuple(map(change, condition.parts))})
    if isinstance(condition, Not):
        return condition.model_copy(update={"part": change(condition.part)})
    if isinstance(condition, ChosenRow):
        among = None if condition.among is None else change(condition.among)
        changed = {"among": among, "condition": change(condition.condition)}
        return condition.model_copy(update=changed)
    if isinstance(condition, Exists | CountOf | SummaryOf) and condition.condition is not None:
        return condition.model_copy(update={"condition": change(condition.condition)})
    return condition


def row_inside(condition: Filter, row: str) -> str:
    """Return the entity of the current row inside a condition; outside it is of the given one."""
    return condition.entity if isinstance(condition, Rows) else row


def conditions_of(tree: Filter) -> Iterator[Filter]:
    """Yield a filter and all conditions inside it, in the order of the text."""
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(parts_of(found)))


def comparisons_of(tree: Filter) -> Iterator[Comparison]:
    """Yield the comparisons of a filter with values, in their order."""
    return (each for each in conditions_of(tree) if isinstance(each, Comparison))


def cohorts_in(tree: Filter) -> tuple[str, ...]:
    """Return the cohorts that a filter names, each once, in their order."""
    found = (each.cohort for each in conditions_of(tree) if isinstance(each, InCohort))
    return tuple(dict.fromkeys(found))


def needs_parentheses(tree: Filter, part: Filter) -> bool:
    """Whether a part of a condition is in parentheses in the text."""
    if isinstance(tree, Or):
        return isinstance(part, Or)
    return isinstance(part, And | Or)
