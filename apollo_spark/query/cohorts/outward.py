"""Cohorts that are named inside `exists` and the like, asked outside of it.

Every row inside belongs to one person, so that `in cohort` has one answer for all of them:
a condition holds if somebody is in the cohort and it holds with yes in its place, or if not and it
holds with no. Statements then ask for cohorts beside `and`, `or` and `not` alone.
"""

from typing import Any

from apollo_spark.model.filter import (
    And,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    Filter,
    InCohort,
    Not,
    Operator,
    Or,
    Rows,
    SummaryOf,
    cohorts_in,
)
from apollo_spark.query.filters.exists import COUNTS
from apollo_spark.query.filters.summaries import NEGATIONS

Settled = Filter | bool
"""A condition, or what it says whatever the rows are."""


def cohorts_outside(tree: Filter) -> Filter:
    """Return an equal filter in which cohorts are named beside `and`, `or` and `not` alone."""
    if isinstance(tree, And | Or):
        return tree.model_copy(update={"parts": tuple(map(cohorts_outside, tree.parts))})
    if isinstance(tree, Not):
        return Not(part=cohorts_outside(tree.part))
    named = cohorts_in(tree) if isinstance(tree, Rows) else ()
    if not named:
        return tree
    is_in = InCohort(cohort=named[0])
    yes = _joined(And, [is_in, _settle(tree, named[0], is_in=True)])
    no = _joined(And, [Not(part=is_in), _settle(tree, named[0], is_in=False)])
    found = _joined(Or, [yes, no])
    if isinstance(found, bool):
        kind = Or if found else And
        return kind(parts=(is_in, Not(part=is_in)))
    return cohorts_outside(found)


def _settle(tree: Filter, cohort: str, *, is_in: bool) -> Settled:
    """Return a condition about somebody of whom it is known whether the cohort has them."""
    if isinstance(tree, InCohort):
        return is_in if tree.cohort == cohort else tree
    if isinstance(tree, And | Or):
        parts = [_settle(each, cohort, is_in=is_in) for each in tree.parts]
        return _joined(And if isinstance(tree, And) else Or, parts)
    if isinstance(tree, Not):
        part = _settle(tree.part, cohort, is_in=is_in)
        return not part if isinstance(part, bool) else Not(part=part)
    if isinstance(tree, ChosenRow):
        return _settle_chosen(tree, cohort, is_in=is_in)
    if not isinstance(tree, Exists | CountOf | SummaryOf) or tree.condition is None:
        return tree
    condition = _settle(tree.condition, cohort, is_in=is_in)
    if condition is not False:
        return _with(tree, condition=condition)
    if isinstance(tree, CountOf):
        return COUNTS[tree.operator][1](0, tree.number)
    return isinstance(tree, SummaryOf) and tree.operator in NEGATIONS


def _settle_chosen(tree: ChosenRow, cohort: str, *, is_in: bool) -> Settled:
    among = True if tree.among is None else _settle(tree.among, cohort, is_in=is_in)
    condition = _settle(tree.condition, cohort, is_in=is_in)
    if among is False or condition is False:
        return False
    if condition is True:
        # A row that is chosen has what the rows are ordered by.
        condition = Comparison(
            entity=tree.entity, field=tree.by, row=tree.name, operator=Operator.IS_NOT_MISSING
        )
    return _with(tree, among=among, condition=condition)


def _with(tree: Filter, **conditions: Settled) -> Filter:
    """Return a condition with others inside; one that all rows fulfil is left out."""
    update: dict[str, Any] = {
        name: None if each is True else each for name, each in conditions.items()
    }
    return tree.model_copy(update=update)


def _joined(join: type[And | Or], parts: list[Settled]) -> Settled:
    decides = join is Or
    if decides in [each for each in parts if isinstance(each, bool)]:
        return decides
    found = tuple(each for each in parts if not isinstance(each, bool))
    if not found:
        return not decides
    return found[0] if len(found) == 1 else join(parts=found)
