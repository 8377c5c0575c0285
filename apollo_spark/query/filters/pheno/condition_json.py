"""One comparison as a condition of the original's JSON, or why there is none."""

from typing import Any

from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.filter import (
    NO_VALUE,
    RANGES,
    Comparison,
    Day,
    FilterValue,
    Moment,
    Operator,
)
from apollo_spark.query.filters.pheno.conditions import MEANINGS

_NAMES = {
    **{(each.operator, each.is_opposite): name for name, each in MEANINGS.items()},
    (Operator.IS_NOT_MISSING, False): "exists",
    # Asked of a field whose coding has parents, these mean all that is below the codes.
    (Operator.UNDER, False): "any",
    (Operator.UNDER, True): "not-any",
}
_OTHER = {
    Operator.IS_MISSING: Operator.IS_NOT_MISSING,
    Operator.IS_NOT_MISSING: Operator.IS_MISSING,
}
_EXACT = (Operator.EQUAL, Operator.IN, Operator.ANY_OF)


class NoJsonFormError(Exception):
    """What the original's JSON has no words for; the text says why."""


def condition_as_json(
    found: Comparison, spec: FieldSpec | None, coding: Coding | None, *, is_opposite: bool
) -> dict[str, Any]:
    """Return the condition, or the opposite of it, on a field.

    Raises:
        NoJsonFormError: There is none.
    """
    operator = found.operator
    if found.row is not None:
        raise NoJsonFormError("there are no words for a row with a name")
    if found.exceptions:
        raise NoJsonFormError("there are no words for what is excepted from 'under'")
    if operator is Operator.NOT_EQUAL:
        operator, is_opposite = Operator.EQUAL, not is_opposite
    elif operator in NO_VALUE and is_opposite:
        operator, is_opposite = _OTHER[operator], False
    if spec is not None and spec.is_multi_select:
        operator = _of_several(operator, coding)
    name = _NAMES.get((operator, is_opposite))
    if name is None:
        words = "the opposite of " if is_opposite else ""
        raise NoJsonFormError(f"there is no condition for {words}'{operator}'")
    if operator in NO_VALUE:
        return {"condition": name}
    return {"condition": name, "values": [json_value(each) for each in found.values]}


def json_value(value: FilterValue) -> str | int | float:
    """Return a value as JSON has it; dates are texts there."""
    if isinstance(value, Day):
        return value.day.isoformat()
    if isinstance(value, Moment):
        return value.moment.isoformat().replace("+00:00", "Z")
    return value


def _of_several(operator: Operator, coding: Coding | None) -> Operator:
    """Return what the original asks of a field with several values."""
    if operator in RANGES:
        raise NoJsonFormError(f"'{operator}' on a field with several values was never seen")
    if operator not in (*_EXACT, Operator.ALL_OF):
        return operator
    if coding is not None and coding.is_hierarchical:
        raise NoJsonFormError(
            f"'{operator}' on a field with several values whose coding has parents would mean "
            "all codes below too"
        )
    return Operator.ANY_OF if operator in _EXACT else operator
