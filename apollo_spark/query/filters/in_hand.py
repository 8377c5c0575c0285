"""The row in hand at a condition of a filter, and how problems there are reported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from apollo_spark.errors import Problem
from apollo_spark.model.filter import ChosenRow, CountOf, Rows, SummaryOf
from apollo_spark.query.filters.fields import Wrong
from apollo_spark.sources.filters.tokens import Place, problem_at


@dataclass(frozen=True)
class Hand:
    """The row in hand at a condition.

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


def told(place: Place | None, path: str, wrong: Iterator[Wrong]) -> Iterator[Problem]:
    """Yield what is wrong with a field as problems at a place."""
    for found in wrong:
        yield problem_at(
            place, f"{path} {found.text}", expected=found.expected, suggestions=found.suggestions
        )


def word_of(tree: Rows) -> str:
    """Return the word by which a condition asks for rows."""
    if isinstance(tree, ChosenRow):
        return tree.choice.value
    if isinstance(tree, SummaryOf):
        return tree.summary.value
    return "count" if isinstance(tree, CountOf) else "exists"
