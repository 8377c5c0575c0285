"""The current row at a condition of a filter, and how problems there are reported."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from apollo_spark.errors import Problem
from apollo_spark.model.filter import ChosenRow, CountOf, Rows, SummaryOf
from apollo_spark.query.filters.fields import Wrong
from apollo_spark.sources.filters.marks import Marks, Part, mark_of
from apollo_spark.sources.filters.tokens import problem_at

FindCohort = Callable[[str], str | None]
"""Returns why a cohort that a filter names cannot be asked about, None where it can."""
MOST_INSIDE = 6
"""Cohorts that one condition on rows may name inside: it is asked once for each case of them."""


@dataclass(frozen=True)
class CurrentRow:
    """The current row at a condition.

    Attributes:
        row: The entity of the row.
        names: The entity of each row with a name.
        is_inside: Whether it is a row that a condition asks for.
        ambiguous: Entities above the row of which it may have several, where one is counted once.
    """

    row: str
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ambiguous: frozenset[str] = frozenset()
    is_inside: bool = False


def as_problems(
    marks: Marks | None, path: str, wrong: Iterator[Wrong], part: Part | None = None
) -> Iterator[Problem]:
    """Yield what is wrong with a field as problems, each where it is.

    Args:
        marks: Where the condition and its parts are.
        path: The field.
        wrong: What is wrong.
        part: What of the condition that is about which nothing more is known.
    """
    for found in wrong:
        yield problem_at(
            mark_of(marks, found.part or part),
            f"{path} {found.text}",
            expected=found.expected,
            suggestions=found.suggestions,
        )


def keyword_of(tree: Rows) -> str:
    """Return the word by which a condition asks for rows."""
    if isinstance(tree, ChosenRow):
        return tree.choice.value
    if isinstance(tree, SummaryOf):
        return tree.summary.value
    return "count" if isinstance(tree, CountOf) else "exists"
