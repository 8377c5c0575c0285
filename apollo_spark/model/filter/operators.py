"""What a condition of a filter may ask, in the words of the filter text."""

from enum import Enum


class Operator(str, Enum):
    """What a comparison asks, in the words of the filter text."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    BETWEEN = "between"
    BETWEEN_WITHOUT_START = "between without start"
    BETWEEN_WITHOUT_END = "between without end"
    BETWEEN_WITHOUT_ENDS = "between without ends"
    IN = "in"
    UNDER = "under"
    ANY_OF = "any of"
    ALL_OF = "all of"
    IS_MISSING = "is missing"
    IS_NOT_MISSING = "is not missing"
    MATCHES = "matches"
    CONTAINS = "contains"
    STARTS_WITH = "starts with"

    def __str__(self) -> str:
        """Return the words of the filter text."""
        return self.value


class Summary(str, Enum):
    """How the values of several rows become one."""

    MAX = "max"
    MIN = "min"
    MEAN = "mean"
    SUM = "sum"

    def __str__(self) -> str:
        """Return the word of the filter text."""
        return self.value


class Choice(str, Enum):
    """Which row of several is meant, by the order of one of their fields."""

    FIRST = "first"
    LAST = "last"

    def __str__(self) -> str:
        """Return the word of the filter text."""
        return self.value


LISTS = frozenset({Operator.IN, Operator.ANY_OF, Operator.ALL_OF})
"""Operators with one value or more in parentheses."""
NO_VALUE = frozenset({Operator.IS_MISSING, Operator.IS_NOT_MISSING})
"""Operators without a value."""
ORDERINGS = frozenset(
    {Operator.LESS, Operator.LESS_OR_EQUAL, Operator.GREATER, Operator.GREATER_OR_EQUAL}
)
"""Operators that ask which of two values is greater."""
BETWEENS: dict[Operator, tuple[Operator, Operator]] = {
    Operator.BETWEEN: (Operator.GREATER_OR_EQUAL, Operator.LESS_OR_EQUAL),
    Operator.BETWEEN_WITHOUT_START: (Operator.GREATER, Operator.LESS_OR_EQUAL),
    Operator.BETWEEN_WITHOUT_END: (Operator.GREATER_OR_EQUAL, Operator.LESS),
    Operator.BETWEEN_WITHOUT_ENDS: (Operator.GREATER, Operator.LESS),
}
"""Operators with two bounds, and how each of these is compared."""
RANGES = frozenset({*ORDERINGS, *BETWEENS})
"""Operators that need values with an order."""
TEXT_SEARCHES = frozenset({Operator.MATCHES, Operator.CONTAINS, Operator.STARTS_WITH})
"""Operators that look for a text in a text."""
COUNT_OPERATORS = frozenset({Operator.EQUAL, Operator.NOT_EQUAL, *ORDERINGS})
"""Operators that a number of rows may be compared by."""
FIELD_OPERATORS = frozenset({*COUNT_OPERATORS, *BETWEENS})
"""Operators that a field may be compared by with other fields."""
NUMBER_OPERATORS = frozenset({*FIELD_OPERATORS, *NO_VALUE})
"""Operators that a number may be compared by which may be missing."""


def values_of(operator: Operator) -> int | None:
    """Return how many values an operator takes, None where it takes one or more."""
    if operator in LISTS or operator is Operator.UNDER:
        return None
    return {**dict.fromkeys(BETWEENS, 2), **dict.fromkeys(NO_VALUE, 0)}.get(operator, 1)


def has_right_count(operator: Operator, given: int) -> bool:
    """Return whether an operator takes so many values."""
    needed = values_of(operator)
    return given > 0 if needed is None else given == needed
