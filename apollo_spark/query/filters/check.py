"""Whether a filter can be asked: its names and values against a data dictionary."""

from collections.abc import Sequence

from apollo_spark.errors import NotFoundError, Problem, UsageError
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import (
    Filter,
    comparisons_of,
    with_deep_recursion,
)
from apollo_spark.query.filters.checker import Checker
from apollo_spark.query.filters.current_row import FindCohort
from apollo_spark.query.filters.fields import unknown_codes
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.query.filters.unknown import UnknownName
from apollo_spark.query.filters.values import codes_of
from apollo_spark.sources.filters.marks import Marks
from apollo_spark.sources.filters.problems import list_problems, refuse_filter
from apollo_spark.sources.filters.text import parse_as_far_as_possible

MOST_CONDITIONS = 10_000
"""What may ask something in a filter that is typed; one that is stored may have more."""


def read_filter(
    text: str,
    dictionary: DataDictionary,
    measured: MeasuredValues | None = None,
    find_cohort: FindCohort | None = None,
) -> Filter:
    """Read a filter, and check it against a dictionary.

    Raises:
        UsageError: The text is not a filter, or a condition has no meaning.
        NotFoundError: Nothing but unknown names is wrong.
    """
    parsed = parse_as_far_as_possible(text)
    if not parsed.problems:
        check_filter(parsed.tree, dictionary, parsed.marks, measured, find_cohort)
        return parsed.tree
    checked = find_problems(parsed.tree, dictionary, parsed.marks, measured, find_cohort)
    raise refuse_filter(
        sorted((*parsed.problems, *checked), key=lambda each: (each.line or 0, each.column or 0))
    )


def require_few_conditions(text: str) -> None:
    """Refuse a filter that is typed and too long; one that is stored may be of any length.

    Raises:
        UsageError: It has more than `MOST_CONDITIONS`.
    """
    count = len(parse_as_far_as_possible(text).marks)
    if count > MOST_CONDITIONS:
        raise UsageError(
            f"The filter has {count:,} conditions; at most {MOST_CONDITIONS:,} are allowed.",
            fix="ENTITY.FIELD in (..) is one condition, and may name any number of values.",
        )


def check_filter(
    tree: Filter,
    dictionary: DataDictionary,
    marks: Sequence[Marks] = (),
    measured: MeasuredValues | None = None,
    find_cohort: FindCohort | None = None,
) -> None:
    """Check names, operators and values; everything wrong is listed, and no value.

    Args:
        tree: The filter, on rows of the main entity.
        dictionary: The fields that may be named.
        marks: Where comparisons, exists and counts are, in the order of the text.
        measured: What assays measured; None where nothing can be asked of them.
        find_cohort: Says why a cohort cannot be named; None where none can.

    Raises:
        UsageError: A condition has no meaning.
        NotFoundError: Nothing but unknown names is wrong.
    """
    problems = find_problems(tree, dictionary, marks, measured, find_cohort)
    if not problems:
        return
    what = list_problems("The filter cannot be used", problems)
    if all(isinstance(each, UnknownName) for each in problems):
        raise NotFoundError(what, problems=problems)
    raise UsageError(what, problems=problems)


@with_deep_recursion
def find_problems(
    tree: Filter,
    dictionary: DataDictionary,
    marks: Sequence[Marks] = (),
    measured: MeasuredValues | None = None,
    find_cohort: FindCohort | None = None,
) -> tuple[Problem, ...]:
    """Return what is wrong with a filter; see `check_filter`."""
    return tuple(Checker(dictionary, marks, measured, find_cohort).find(tree))


def notes_of_filter(tree: Filter, dictionary: DataDictionary) -> tuple[str, ...]:
    """Return what somebody should know of a filter that can be asked: codes that may come yet."""
    counts: dict[tuple[str, str], int] = {}
    for each in comparisons_of(tree):
        entity = dictionary.find_entity(each.entity)
        spec = entity.find_field(each.field) if entity else None
        if spec is None or not spec.has_open_coding:
            continue
        codes = codes_of(spec, dictionary.find_coding(spec.coding_name))
        if unknown := unknown_codes(each, spec, codes):
            path = f"{each.entity}.{each.field}", str(spec.coding_name)
            counts[path] = counts.get(path, 0) + len(unknown)
    return tuple(
        f"{path} is compared with {count:,} {'code' if count == 1 else 'codes'} that the coding "
        f"{coding!r} does not have yet"
        for (path, coding), count in counts.items()
    )
