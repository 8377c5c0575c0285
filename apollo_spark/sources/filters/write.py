"""Trees of filters as the one text that they have."""

import re

from apollo_spark.model.filter import (
    BETWEENS,
    LISTS,
    And,
    AssayValue,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Not,
    Offset,
    Operand,
    Operator,
    Or,
    Percentile,
    SummaryOf,
    needs_parentheses,
    with_deep_recursion,
)
from apollo_spark.sources.filters.literals import write_literal

_BARE_UNIT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")


@with_deep_recursion
def write_filter(tree: Filter) -> str:
    """Return the one text of a filter; reading it gives an equal tree."""
    return _write(tree)


def _write(tree: Filter) -> str:
    if isinstance(tree, Not):
        return f"not {_write_part(tree, tree.part)}"
    if isinstance(tree, And | Or):
        word = " and " if isinstance(tree, And) else " or "
        return word.join(_write_part(tree, each) for each in tree.parts)
    if isinstance(tree, Exists):
        return f"exists({_write_rows(tree.entity, tree.name, tree.condition)})"
    if isinstance(tree, ChosenRow):
        return _write_chosen(tree)
    return _write_compared(tree)


def _write_compared(
    tree: Comparison | FieldComparison | CountOf | SummaryOf | AssayValue | InCohort,
) -> str:
    if isinstance(tree, InCohort):
        return f"in cohort {write_literal(tree.cohort)}"
    if isinstance(tree, CountOf):
        rows = _write_rows(tree.entity, tree.name, tree.condition)
        return f"count({rows}) {tree.operator} {tree.number}"
    if isinstance(tree, SummaryOf):
        rows = _write_rows(f"{tree.entity}.{tree.field}", tree.name, tree.condition)
        values = [write_literal(each) for each in tree.values]
        return _write_question(f"{tree.summary}({rows})", tree.operator, values)
    if isinstance(tree, AssayValue):
        return _write_assay_value(tree)
    path = f"{tree.row or tree.entity}.{tree.field}"
    if isinstance(tree, FieldComparison):
        return _write_question(path, tree.operator, [_write_operand(each) for each in tree.others])
    text = _write_question(path, tree.operator, [write_literal(each) for each in tree.values])
    if tree.exceptions:
        text += f" except {_listed([write_literal(each) for each in tree.exceptions])}"
    return text


def _write_part(tree: And | Or | Not, part: Filter) -> str:
    text = _write(part)
    return f"({text})" if needs_parentheses(tree, part) else text


def _write_rows(what: str, name: str | None, condition: Filter | None) -> str:
    named = f"{what} as {name}" if name else what
    return f"{named}: {_write(condition)}" if condition else named


def _write_chosen(tree: ChosenRow) -> str:
    named = f"{tree.entity} as {tree.name}" if tree.name else tree.entity
    rows = f"{named} by {tree.name or tree.entity}.{tree.by}"
    if tree.among is not None:
        rows += f": {_write(tree.among)}"
    return f"{tree.choice}({rows}): ({_write(tree.condition)})"


def write_measured(tree: AssayValue) -> str:
    """Return what of an assay is asked for, as a filter writes it: `expression(rna, "TP53")`."""
    given = [tree.assay, write_literal(tree.feature)]
    if tree.unit is not None:
        is_bare = _BARE_UNIT.fullmatch(tree.unit)
        given.append(tree.unit if is_bare else write_literal(tree.unit))
    return f"{tree.measure}({', '.join(given)})"


def _write_assay_value(tree: AssayValue) -> str:
    values = [
        _write_percentile(each) if isinstance(each, Percentile) else write_literal(each)
        for each in tree.values
    ]
    return _write_question(write_measured(tree), tree.operator, values)


def _write_percentile(value: Percentile) -> str:
    share = value.percentile
    return f"percentile({int(share) if share.is_integer() else repr(share)})"


def _write_question(what: str, operator: Operator, values: list[str]) -> str:
    if operator in LISTS or (operator is Operator.UNDER and len(values) > 1):
        return f"{what} {operator} {_listed(values, always=True)}"
    if operator in BETWEENS:
        word, _, ends = operator.value.partition(" ")
        return " ".join([what, word, " and ".join(values), *filter(None, [ends])])
    return " ".join([what, str(operator), *values])


def _listed(values: list[str], *, always: bool = False) -> str:
    return f"({', '.join(values)})" if always or len(values) > 1 else values[0]


def _write_operand(operand: Operand) -> str:
    if not isinstance(operand, FieldOf):
        return write_literal(operand)
    path = f"{operand.row or operand.entity}.{operand.field}"
    return path if operand.offset is None else f"{path} {write_offset(operand.offset)}"


def write_offset(offset: Offset) -> str:
    """Return an offset as it is written behind a field: `+ 30 days`."""
    sign = "-" if offset.number < 0 else "+"
    number = abs(offset.number)
    unit = offset.unit.value.removesuffix("s") if number == 1 else offset.unit.value
    return f"{sign} {number} {unit}"
