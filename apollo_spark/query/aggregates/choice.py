"""Which values of a field are shown one by one, the same for every cohort of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.query.aggregates.fields import TileField, is_one_of
from apollo_spark.query.aggregates.statement import Parts
from apollo_spark.query.sql import cast
from apollo_spark.workers.values.code_values import CodeValue, parse_code


@dataclass(frozen=True)
class ChosenValues:
    """Values that are shown one by one.

    Attributes:
        field: Whose values.
        texts: They, as texts of the statement, in the order in which they are shown.
        is_all: Whether there are no others, in any cohort.
        is_known: Whether every cohort has said how often it has each of them.
    """

    field: TileField
    texts: tuple[str, ...]
    is_all: bool
    is_known: bool

    def mapped(self, value: exp.Expr) -> exp.Expr:
        """Return a value where it is shown, and nothing for the others."""
        if self.is_all:
            return value.copy()
        values: tuple[CodeValue, ...] = tuple(
            parsed
            for each in self.texts
            if (parsed := parse_code(each, self.field.spec.type)) is not None
        )
        if not values:
            return cast(exp.Null(), self.field.spec.type)
        shown = is_one_of(value, values, self.field)
        return exp.Case(ifs=[exp.If(this=shown, true=value.copy())])


def choose_values(field: TileField, found: Sequence[Parts], part: str, limit: int) -> ChosenValues:
    """Return the values that are commonest in a cohort; those of a coding in its order if all fit.

    What is among the commonest by its greatest count is among the commonest of that cohort, so
    that the first lists of all cohorts have it.

    Args:
        field: Whose values.
        found: What each cohort has most often.
        part: The part that says it.
        limit: How many are shown.
    """
    counts: dict[str, int] = {}
    for each in found:
        for row in each.get(part, ()):
            counts[str(row.first)] = max(counts.get(str(row.first), 0), row.count)
    ordered = sorted(counts, key=lambda each: (-counts[each], each))
    texts = ordered[:limit]
    is_all = len(ordered) <= limit and all(
        different_values(each, part) == len(each.get(part, ())) for each in found
    )
    if is_all and field.codes:
        places = {code: place for place, code in enumerate(field.codes.values())}
        texts.sort(key=lambda each: places.get(field.code_of(each), len(places)))
    listed = [{row.first for row in each.get(part, ())} for each in found]
    known = all(
        different_values(each, part) == len(own) or own >= set(texts)
        for each, own in zip(found, listed, strict=True)
    )
    return ChosenValues(field, tuple(texts), is_all, known)


def different_values(found: Parts, part: str) -> int:
    """Return how many different values a cohort has."""
    rows = found.get(part, ())
    return int(rows[0].numbers[0] or 0) if rows else 0


def rows_with_values(found: Parts, part: str) -> int:
    """Return the sum of the counts of all values of a cohort, those that are not listed too."""
    rows = found.get(part, ())
    return int(rows[0].numbers[1] or 0) if rows else 0
