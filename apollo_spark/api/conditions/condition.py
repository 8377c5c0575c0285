"""A condition on rows, as Python users join it."""

from collections.abc import Callable
from typing import Any, NoReturn

from apollo_spark.errors import UsageError
from apollo_spark.model.filter import And, Filter, Not, Or
from apollo_spark.sources.filters.write import write_filter

_JOINED = "Conditions are joined by & and |, and turned round by ~."
_CHAINED = "Write .between(20, 60) for 20 <= x <= 60."


class ConditionError(UsageError, TypeError):
    """A condition used as Python's own true or false."""


class Condition:
    """A filter, or a part of one, as it is written in Python.

    Args:
        tree: What it asks.
    """

    def __init__(self, tree: Filter) -> None:
        self.tree = tree

    def __str__(self) -> str:
        """Return the text of the filter."""
        return write_filter(self.tree)

    def __repr__(self) -> str:
        """Return the condition with its text."""
        return f"<Condition {self}>"

    def __eq__(self, other: object) -> bool:
        """Whether another condition asks the same in the same words."""
        return isinstance(other, Condition) and self.tree == other.tree

    def __hash__(self) -> int:
        return hash(str(self))

    def __and__(self, other: "Condition") -> "Condition":
        """Return that both hold."""
        return Condition(And(parts=(*_parts(self, And), _require(other).tree)))

    def __or__(self, other: "Condition") -> "Condition":
        """Return that at least one holds."""
        return Condition(Or(parts=(*_parts(self, Or), _require(other).tree)))

    def __invert__(self) -> "Condition":
        """Return the opposite; a missing value is in every opposite."""
        return Condition(Not(part=self.tree))

    def __bool__(self) -> bool:
        """Refuse to be true or false.

        Raises:
            ConditionError: Always.
        """
        return refuse_truth()


def refuse_truth(*_: Any) -> NoReturn:
    """Refuse what `and`, `or`, `not`, `if` and chains of comparisons ask of an object.

    Raises:
        ConditionError: Always.
    """
    raise ConditionError(
        "A condition is neither true nor false: it is asked of rows.",
        why=f"'and', 'or', 'not', 'if' and chained comparisons have no meaning. {_JOINED}",
        fix=_CHAINED,
    )


def refuse_joining(*_: Any) -> NoReturn:
    """Refuse `&`, `|` and `~` on what is not yet a condition.

    Raises:
        ConditionError: Always.
    """
    raise ConditionError(
        "Only conditions are joined by &, | and ~.",
        fix="Comparisons are in parentheses: (patient.age > 20) & (patient.sex == 0).",
    )


def all_of(*conditions: Condition) -> Condition:
    """Return that all of several conditions hold."""
    return _join(And, conditions)


def any_of(*conditions: Condition) -> Condition:
    """Return that at least one of several conditions holds."""
    return _join(Or, conditions)


def _join(join: Callable[..., Filter], conditions: tuple[Condition, ...]) -> Condition:
    if not conditions:
        raise UsageError("Nothing is joined here: name one condition or more.")
    trees = tuple(_require(each).tree for each in conditions)
    return Condition(trees[0] if len(trees) == 1 else join(parts=trees))


Where = str | Condition
"""A filter as text or as a condition."""


def filter_text(given: Where | None) -> str | None:
    """Return the text of a filter that is given as text or as a condition.

    Raises:
        UsageError: It is neither.
    """
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, Condition):
        return str(given)
    raise UsageError(f"A filter is a text or a condition, and no {type(given).__name__}.")


def _parts(condition: Condition, join: type[And | Or]) -> tuple[Filter, ...]:
    tree = condition.tree
    return tree.parts if isinstance(tree, join) else (tree,)


def _require(given: object) -> Condition:
    if isinstance(given, Condition):
        return given
    refuse_joining()
