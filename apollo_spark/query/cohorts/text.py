"""What a cohort means, as the text of a filter: other cohorts are named in it."""

from collections.abc import Sequence

from apollo_spark.model.cohort import CohortOperation, CohortStep
from apollo_spark.model.filter import Or
from apollo_spark.sources.filters.literals import write_literal
from apollo_spark.sources.filters.text import parse_filter

WRITTEN_OUT = 8
"""Cohorts of which exactly one is meant that are written out: their text grows with the square."""


def describe_step(step: CohortStep, cohorts: Sequence[str]) -> str:
    """Return a step as the text of a filter.

    A list of ids is not to be shown, and is `in the list of ids` there.

    Args:
        step: How the cohort is made.
        cohorts: The versions of the cohorts that it is made of.
    """
    of = [in_cohort(cohorts[each]) for each in step.of]
    if step.text is not None:
        return " and ".join([*of, _bracketed(step.text) if of else step.text])
    if step.keys is not None:
        return " and ".join([*of, "in the list of ids"])
    if step.operation is CohortOperation.UNION:
        return " or ".join(of)
    if step.operation is CohortOperation.INTERSECT:
        return " and ".join(of)
    if step.operation is CohortOperation.SUBTRACT:
        return " and ".join([of[0], *(f"not {each}" for each in of[1:])])
    if step.operation is CohortOperation.COMPLEMENT:
        return f"not {of[0]}"
    if len(of) > WRITTEN_OUT:
        return f"exactly one of: {', '.join(of)}"
    return " or ".join(_only(of, place) for place in range(len(of)))


def in_cohort(version: str) -> str:
    """Return the condition that somebody is in a cohort."""
    return f"in cohort {write_literal(version)}"


def _only(of: Sequence[str], place: int) -> str:
    """Return that one holds and the others do not."""
    parts = [each if at == place else f"not {each}" for at, each in enumerate(of)]
    return f"({' and '.join(parts)})"


def _bracketed(text: str) -> str:
    return f"({text})" if isinstance(parse_filter(text), Or) else text
