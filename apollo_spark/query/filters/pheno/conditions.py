"""The conditions of the original's filters, and what each asks in the words of this product.

Nothing here knows of fields: what `any` asks depends on one, and is decided in `read.py`.
"""

from typing import NamedTuple

from apollo_spark.model.filter import Operator


class OperatorMeaning(NamedTuple):
    """An operator, and whether its opposite is meant; a missing value is in every opposite."""

    operator: Operator
    is_opposite: bool = False


MEANINGS: dict[str, OperatorMeaning] = {
    "exists": OperatorMeaning(Operator.IS_NOT_MISSING),
    "not-empty": OperatorMeaning(Operator.IS_NOT_MISSING),
    "not-exists": OperatorMeaning(Operator.IS_MISSING),
    "any": OperatorMeaning(Operator.ANY_OF),
    "not-any": OperatorMeaning(Operator.ANY_OF, True),
    "all": OperatorMeaning(Operator.ALL_OF),
    "in": OperatorMeaning(Operator.IN),
    "not-in": OperatorMeaning(Operator.IN, True),
    "is": OperatorMeaning(Operator.EQUAL),
    "is-not": OperatorMeaning(Operator.EQUAL, True),
    "greater-than": OperatorMeaning(Operator.GREATER),
    "less-than": OperatorMeaning(Operator.LESS),
    "greater-than-eq": OperatorMeaning(Operator.GREATER_OR_EQUAL),
    "less-than-eq": OperatorMeaning(Operator.LESS_OR_EQUAL),
    "contains": OperatorMeaning(Operator.CONTAINS),
    "between": OperatorMeaning(Operator.BETWEEN),
    "between-ex": OperatorMeaning(Operator.BETWEEN_WITHOUT_ENDS),
    "between-left-inc": OperatorMeaning(Operator.BETWEEN_WITHOUT_END),
    "between-right-inc": OperatorMeaning(Operator.BETWEEN_WITHOUT_START),
    "not-between": OperatorMeaning(Operator.BETWEEN, True),
    "not-between-ex": OperatorMeaning(Operator.BETWEEN_WITHOUT_ENDS, True),
    "not-between-left-inc": OperatorMeaning(Operator.BETWEEN_WITHOUT_END, True),
    "not-between-right-inc": OperatorMeaning(Operator.BETWEEN_WITHOUT_START, True),
}
"""What is read and written."""
UNSEEN = ("compare-before", "compare-after", "compare-within")
"""Conditions of the original of which nobody outside has seen what their values mean."""
