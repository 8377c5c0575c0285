"""What values of one field say about some people: numbers, or counts of codes."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.model.base import Record
from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.query.values import type_codes

NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})
DATES = frozenset({FieldType.DATE, FieldType.DATETIME})
MOST_VALUES = 100
"""Different texts without a coding that are listed; of more only how many there are is told."""


class ValueCount(Record):
    """How many rows have a value, and their share of those that have any."""

    value: str
    label: str | None = None
    count: int
    share: float


class Summary(Record):
    """The values of a field.

    Attributes:
        rows: Rows of the people.
        n: Rows with a value; sparse codes are none.
        missing: Rows without any.
        sparse: Rows with a sparse code.
        mean, sd: Of numbers; the standard deviation is that of a sample.
        min, q1, median, q3, max: Of numbers.
        dates: Of dates, the first, the quartiles and the last.
        values: Of codes and texts, each with how often it stands.
        different: How many different values there are.
    """

    rows: int
    n: int
    missing: int
    sparse: int = 0
    mean: float | None = None
    sd: float | None = None
    min: float | None = None
    q1: float | None = None
    median: float | None = None
    q3: float | None = None
    max: float | None = None
    dates: tuple[str, ...] = ()
    values: tuple[ValueCount, ...] = ()
    different: int | None = None

    @property
    def is_of_numbers(self) -> bool:
        """Whether it tells of numbers."""
        return self.different is None


def summarise(values: pa.ChunkedArray, spec: FieldSpec, coding: Coding | None) -> Summary:
    """Summarise the stored values of a field."""
    meanings = {} if coding is None else type_codes(coding, spec.type).meanings
    if spec.type in NUMBERS and not spec.is_multi_select and not spec.must_be_coded:
        return _of_numbers(values, frozenset(meanings) if spec.is_sparse else frozenset())
    if spec.type in DATES and not spec.is_multi_select and not meanings:
        return _of_dates(values)
    return _of_values(values, spec, meanings)


def standardised_difference(first: Summary, second: Summary) -> float | None:
    """Return how far two summaries are apart, in standard deviations; None where nothing tells.

    Of numbers it is the difference of the means over the root of the mean variance. Of values it
    is the distance of their shares, all of them together (Yang and Dalton 2012).
    """
    if not first.n or not second.n:
        return None
    if first.is_of_numbers and second.is_of_numbers:
        if first.sd is None or second.sd is None:
            return None
        assert first.mean is not None, "numbers have a mean"
        assert second.mean is not None, "numbers have a mean"
        return _ratio(first.mean - second.mean, math.sqrt((first.sd**2 + second.sd**2) / 2))
    return _distance(first, second)


def _of_numbers(values: pa.ChunkedArray, sparse: frozenset[Any]) -> Summary:
    there = values.drop_null()
    numbers = there.to_numpy().astype(float)
    if sparse:
        numbers = numbers[~np.isin(numbers, np.array(sorted(sparse), float))]
    counts = {
        "rows": len(values),
        "n": len(numbers),
        "missing": values.null_count,
        "sparse": len(there) - len(numbers),
    }
    if not len(numbers):
        return Summary(**counts)
    least, q1, median, q3, most = np.percentile(numbers, [0, 25, 50, 75, 100]).tolist()
    return Summary(
        **counts,
        mean=float(numbers.mean()),
        sd=float(numbers.std(ddof=1)) if len(numbers) > 1 else None,
        min=least, q1=q1, median=median, q3=q3, max=most,
    )  # fmt: skip


def _of_dates(values: pa.ChunkedArray) -> Summary:
    there = sorted(values.drop_null().to_pylist())
    places = [round(share * (len(there) - 1)) for share in (0, 0.25, 0.5, 0.75, 1)]
    return Summary(
        rows=len(values),
        n=len(there),
        missing=values.null_count,
        dates=tuple(there[each].isoformat() for each in places) if there else (),
        different=len(set(there)),
    )


def _of_values(values: pa.ChunkedArray, spec: FieldSpec, meanings: Mapping[Any, str]) -> Summary:
    items = values.to_pylist()
    there = [each for each in items if each is not None and each != []]
    sparse = sum(each in meanings for each in there) if spec.is_sparse else 0
    if spec.is_sparse:
        there = [each for each in there if each not in meanings]
    each_once = [item for each in there for item in (set(each) if spec.is_multi_select else [each])]
    found = Counter(each_once)
    is_listed = len(found) <= MOST_VALUES or bool(meanings)
    order = {code: place for place, code in enumerate(meanings)}
    ordered = sorted(found, key=lambda each: (order.get(each, len(order)), str(each)))
    return Summary(
        rows=len(items),
        n=len(there),
        missing=len(items) - len(there) - sparse,
        sparse=sparse,
        values=tuple(
            ValueCount(
                value=str(each),
                label=meanings.get(each),
                count=found[each],
                share=found[each] / len(there),
            )
            for each in (ordered if is_listed else ())
        ),
        different=len(found),
    )


def _distance(first: Summary, second: Summary) -> float | None:
    if not first.values or not second.values:
        return None
    names = list(dict.fromkeys(each.value for one in (first, second) for each in one.values))
    shares = [_shares(each, names) for each in (first, second)]
    # The last share follows from the others.
    near, far = (each[:-1] if len(names) > 1 else each for each in shares)
    spread = [np.diag(each) - np.outer(each, each) for each in (near, far)]
    gap = near - far
    squared = float(gap @ np.linalg.pinv((spread[0] + spread[1]) / 2) @ gap)
    return math.sqrt(max(squared, 0.0))


def _shares(summary: Summary, names: Sequence[str]) -> np.ndarray:
    known = {each.value: each.share for each in summary.values}
    return np.array([known.get(each, 0.0) for each in names])


def _ratio(gap: float, spread: float) -> float | None:
    if spread == 0:
        return 0.0 if gap == 0 else None
    return gap / spread
