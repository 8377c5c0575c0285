"""The plans of cohorts: those that move from one dataset to another are counted together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.coding import Coding
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.rebase import AssayMove, Move, RebasePlan
from apollo_spark.operations.cohorts.opening import open_cohort
from apollo_spark.verbs.rebase.assays import compare_assays
from apollo_spark.verbs.rebase.cohort import CohortMove
from apollo_spark.verbs.rebase.cohort_people import (
    CohortCount,
    CohortCounter,
    MovedCohort,
    scope_with_codings,
)
from apollo_spark.verbs.rebase.meaning import MeaningComparison, relation_of


@dataclass(frozen=True)
class CohortToCount:
    """A cohort that can be moved.

    Attributes:
        record: The cohort.
        made: What it becomes: the version that is planned, or the one that was moved so before.
        move: What it means there.
        found: What becomes of what it asks for.
    """

    record: CohortRecord
    made: CohortRecord
    move: CohortMove
    found: MeaningComparison

    @property
    def is_new(self) -> bool:
        """Whether it was not moved so before."""
        return not self.made.receipt


def count_cohorts(lake: Lake, cohorts: Iterable[CohortToCount]) -> list[RebasePlan]:
    """Return the plans of cohorts, in their order.

    Args:
        lake: The lake, with what is planned by the same call.
        cohorts: The cohorts.
    """
    asked = list(cohorts)
    groups: dict[tuple[str, str], list[int]] = {}
    for number, each in enumerate(asked):
        groups.setdefault((each.move.before.id, each.move.after.id), []).append(number)
    plans: dict[int, RebasePlan] = {}
    for numbers in groups.values():
        some = [asked[each] for each in numbers]
        plans |= zip(numbers, _count_group(lake, some), strict=True)
    return [plans[number] for number in range(len(asked))]


def _count_group(lake: Lake, cohorts: list[CohortToCount]) -> list[RebasePlan]:
    first = cohorts[0].move
    before, after = lake.open_record(first.before), lake.open_record(first.after)
    codings = dict(pair for each in cohorts for pair in each.move.codings.items())
    recoded = scope_with_codings(after, codings)
    counter = CohortCounter(lake, before, after, recoded, EmbeddedEngine(lake.tables))
    changed = _changed_codings(after, codings)
    questions = [
        MovedCohort(
            each.record, each.made, each.move.entities, bool(changed & set(each.move.codings))
        )
        for each in cohorts
    ]
    counts = counter.count(questions)
    related = relation_of(before.record, after.record, shares=counter.shares_people)
    return [_plan(lake, each, count, related) for each, count in zip(cohorts, counts, strict=True)]


def _plan(lake: Lake, cohort: CohortToCount, count: CohortCount, related: str) -> RebasePlan:
    move = cohort.move
    return RebasePlan(
        record=str(cohort.record),
        kind=cohort.record.kind,
        moves=(Move(before=str(move.before), after=str(move.after)),),
        people_before=count.before,
        people_after=count.after,
        people_kept=count.kept,
        people_added=count.after - count.kept,
        people_lost=count.before - count.kept,
        causes=count.causes,
        assays=_assays(lake, cohort),
        related=related,
        problems=tuple(cohort.found.problems),
        repairs=tuple(cohort.found.repairs),
    )


def _assays(lake: Lake, cohort: CohortToCount) -> tuple[AssayMove, ...]:
    """Return what becomes of the samples of its people."""
    if not (cohort.move.before.assays or cohort.move.after.assays):
        return ()
    now, then = open_cohort(lake, cohort.record), open_cohort(lake, cohort.made)
    return compare_assays(lake, now.only, then.only)


def _changed_codings(after: OpenDataset, codings: Mapping[str, Coding]) -> frozenset[str]:
    """Return the codings that place their codes otherwise than they did before."""
    return frozenset(
        name for name, old in codings.items() if _places(old) != _places(_coding(after, name))
    )


def _coding(opened: OpenDataset, name: str) -> Coding:
    found = opened.dictionary.find_coding(name)
    assert found is not None, "a field names it"
    return found


def _places(coding: Coding) -> set[tuple[str, str]]:
    return {(row.code, row.parent_code) for row in coding.rows}
