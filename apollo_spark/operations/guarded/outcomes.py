"""How verbs end that change something guarded: with their versions, and without their numbers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apollo_spark.lake.lake import Lake
from apollo_spark.model.plan import WorkPlan
from apollo_spark.model.rebase import MovedReceipt, RebasePlan
from apollo_spark.model.request import VerbRequest
from apollo_spark.model.suppressed import Suppressed
from apollo_spark.operations.disclosing import limit_of
from apollo_spark.operations.guarded.hiding import HiddenReceipt
from apollo_spark.operations.outcome import Outcome

OF_NO_PEOPLE = frozenset({"guard", "gc", "retire", "grow"})
"""Verbs whose receipts count no people; of a growth each verb that it does was decided before."""
NOTE = "counts are not shown: something that is named is guarded"


def guarded_outcome(lake: Lake, request: VerbRequest, outcome: Outcome[Any]) -> Outcome[Any]:
    """Return an outcome without its numbers, where a name in it or in the request is guarded.

    Args:
        lake: Where it was done.
        request: What was asked for.
        outcome: How it ended.
    """
    if request.verb in OF_NO_PEOPLE:
        return outcome
    limit = limit_of(lake, *dict.fromkeys(_named(lake, request, outcome)))
    if limit is None:
        return outcome
    return without_counts(outcome, Suppressed(fewer_than=limit.least, why="rest"))


def without_counts(outcome: Outcome[Any], hidden: Suppressed) -> Outcome[Any]:
    """Return an outcome whose receipt, plan, notes and findings tell no number."""
    # Plans of moves have decided about their numbers before.
    is_decided = isinstance(outcome.receipt, MovedReceipt | RebasePlan)
    return replace(
        outcome,
        receipt=outcome.receipt if is_decided else HiddenReceipt.of(outcome.receipt, hidden),
        findings=(),
        notes=(*(each for each in outcome.notes if not any(map(str.isdigit, each))), NOTE),
        plan=None if outcome.plan is None else WorkPlan(does=outcome.plan.does),
        parts=tuple(without_counts(each, hidden) for each in outcome.parts),
    )


def _named(lake: Lake, request: VerbRequest, outcome: Outcome[Any]) -> Iterator[str]:
    """Yield every name of the lake that is in a request or an outcome."""
    snapshot = lake.registry.snapshot()
    for text in _texts([outcome.published, outcome.current, request.model_dump()]):
        for each in text.split(","):
            name = each.strip().partition("@")[0].partition(".")[0]
            if snapshot.versions_of(name):
                yield name


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
