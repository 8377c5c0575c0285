"""Whether a list of ids may narrow a cohort: by the rules of the product whose cohorts these are.

A filter of a cohort that compares the key itself may do so only by lists of ids, each joined to the
rest by `and`: then the ids that are left are those of both. A range of keys, or keys in an `or`,
are refused; as a combination of two cohorts the same is possible, and means what it says.
"""

from collections.abc import Iterator, Sequence

from apollo_spark.errors import UsageError
from apollo_spark.model.cohort import CohortRecord, CohortStep
from apollo_spark.model.filter import And, Comparison, Filter, Not, Operator, comparisons_of
from apollo_spark.sources.filters.text import parse_filter

LISTING = frozenset({Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN, Operator.IS_NOT_MISSING})
OPPOSITES = frozenset({Operator.EQUAL, Operator.IN})


def require_narrow_by_ids(
    record: CohortRecord, steps: Sequence[CohortStep], key: tuple[str, str]
) -> None:
    """Require that the ids of a list may narrow a cohort.

    Args:
        record: The cohort that is narrowed.
        steps: How it is made.
        key: The main entity and its key.

    Raises:
        UsageError: A filter of it compares the key by more than lists of ids.
    """
    if all(_only_lists(parse_filter(each), key) for each in _narrowing(steps)):
        return
    raise UsageError(
        f"A list of ids cannot narrow {record}.",
        why=f"Its filter compares {'.'.join(key)} by more than = and in, or not beside 'and'.",
        fix="Make a cohort of the ids, and type: apollo cohort combine NAME --operation intersect "
        f"{record} COHORT.",
    )


def _narrowing(steps: Sequence[CohortStep]) -> Iterator[str]:
    """Yield the filters by which a cohort is narrowed, from the last one on."""
    at = len(steps) - 1
    while True:
        step = steps[at]
        if step.text is not None:
            yield step.text
        elif step.keys is None:
            return
        if not step.of:
            return
        at = step.of[0]


def _only_lists(tree: Filter, key: tuple[str, str]) -> bool:
    """Whether a filter compares the key by lists alone, each joined to the rest by `and`."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    return all(_is_list(each) or not _compares(each, key) for each in parts)


def _is_list(part: Filter) -> bool:
    if isinstance(part, Not):
        return isinstance(part.part, Comparison) and part.part.operator in OPPOSITES
    return isinstance(part, Comparison) and part.operator in LISTING


def _compares(tree: Filter, key: tuple[str, str]) -> bool:
    return any((each.entity, each.field) == key for each in comparisons_of(tree))
