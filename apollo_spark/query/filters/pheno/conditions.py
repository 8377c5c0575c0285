"""The conditions of the original's filters, and what each asks in the words of this product.

Nothing here knows of fields: what `any` asks depends on one, and is decided in `read.py`.
"""

from typing import NamedTuple

from apollo_spark.model.filter import Operator


class Meaning(NamedTuple):
    """An operator, and whether its opposite is meant; a missing value is in every opposite."""

    operator: Operator
    is_opposite: bool = False


MEANINGS: dict[str, Meaning] = {
    "exists": Meaning(Operator.IS_NOT_MISSING),
    "not-empty": Meaning(Operator.IS_NOT_MISSING),
    "not-exists": Meaning(Operator.IS_MISSING),
    "any": Meaning(Operator.ANY_OF),
    "not-any": Meaning(Operator.ANY_OF, True),
    "all": Meaning(Operator.ALL_OF),
    "in": Meaning(Operator.IN),
    "not-in": Meaning(Operator.IN, True),
    "is": Meaning(Operator.EQUAL),
    "is-not": Meaning(Operator.EQUAL, True),
    "greater-than": Meaning(Operator.GREATER),
    "less-than": Meaning(Operator.LESS),
    "greater-than-eq": Meaning(Operator.GREATER_OR_EQUAL),
    "less-than-eq": Meaning(Operator.LESS_OR_EQUAL),
    "contains": Meaning(Operator.CONTAINS),
    "between": Meaning(Operator.BETWEEN),
    "between-ex": Meaning(Operator.BETWEEN_WITHOUT_ENDS),
    "between-left-inc": Meaning(Operator.BETWEEN_WITHOUT_END),
    "between-right-inc": Meaning(Operator.BETWEEN_WITHOUT_START),
    "not-between": Meaning(Operator.BETWEEN, True),
    "not-between-ex": Meaning(Operator.BETWEEN_WITHOUT_ENDS, True),
    "not-between-left-inc": Meaning(Operator.BETWEEN_WITHOUT_END, True),
    "not-between-right-inc": Meaning(Operator.BETWEEN_WITHOUT_START, True),
}
"""What is read and written."""
UNSEEN = ("compare-before", "compare-after", "compare-within")
"""Conditions of the original of which nobody outside has seen what their values mean."""
