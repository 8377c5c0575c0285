"""What values of one field say about some people: numbers, or counts of codes."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.model.base import Record
from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.profile import FieldProfile
from apollo_spark.model.suppressed import Count
from apollo_spark.query.values import type_codes
from apollo_spark.workers.profiles.cells import raw
from apollo_spark.workers.profiles.numbers import describe_numbers

NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})
DATES = frozenset({FieldType.DATE, FieldType.DATETIME})
_TICKS_A_DAY = {None: 1, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000,
                "ns": 86_400_000_000_000}  # fmt: skip
OF_NUMBERS = ("mean", "sd", "min", "q1", "median", "q3", "max")
"""What is said of numbers, by the names that profiles use."""
MOST_VALUES = 100
"""Different texts without a coding that are listed; of more only their number is given."""


class ValueCount(Record):
    """How many rows have a value, and their share of those that have any."""

    value: str
    label: str | None = None
    count: Count
    share: float | None


class ValueSummary(Record):
    """The values of a field.

    Attributes:
        rows: Rows of the people.
        n: Rows with a value; sparse codes are none.
        missing: Rows without any.
        sparse: Rows with a sparse code; of several values, rows with nothing else.
        mean, sd: Of numbers; the standard deviation is that of a sample. Of dates in days, the
            mean since 1970-01-01.
        min, q1, median, q3, max: Of numbers.
        mean_date: The mean of dates as a date.
        dates: Of dates, the first, the quartiles and the last; each is one that a row has.
        values: Of codes and texts, each with how often it occurs.
        different: How many different values there are.
    """

    rows: Count
    n: Count
    missing: Count
    sparse: Count = 0
    mean: float | None = None
    sd: float | None = None
    min: float | None = None
    q1: float | None = None
    median: float | None = None
    q3: float | None = None
    max: float | None = None
    mean_date: str | None = None
    dates: tuple[str, ...] = ()
    values: tuple[ValueCount, ...] = ()
    different: Count | None = None

    @property
    def is_of_numbers(self) -> bool:
        """Whether it tells of numbers."""
        return self.different is None


def summarise(values: pa.ChunkedArray, spec: FieldSpec, coding: Coding | None) -> ValueSummary:
    """Summarise the stored values of a field."""
    meanings = {} if coding is None else type_codes(coding, spec.type).meanings
    sparse = frozenset(meanings) if spec.is_sparse else frozenset()
    if not spec.is_multi_select and not spec.must_be_coded:
        if spec.type in NUMBERS:
            return _of_numbers(values, sparse)
        if spec.type in DATES and (spec.is_sparse or not meanings):
            return _of_dates(values, sparse)
    return _of_values(values, spec, meanings, sparse)


def summary_of_profile(profile: FieldProfile) -> ValueSummary:
    """Return a summary of what is given of a field: `min` and `max` are 5 % and 95 %."""
    is_of_numbers = profile.kind == "number" and not profile.is_multi_select
    numbers = {name: getattr(profile, name) for name in OF_NUMBERS} if is_of_numbers else {}
    n = profile.present if isinstance(profile.present, int) else None
    return ValueSummary(
        rows=profile.rows,
        n=profile.present,
        missing=profile.missing,
        sparse=profile.sparse,
        values=tuple(
            ValueCount(
                value=each.value,
                label=each.label,
                count=each.rows,
                share=each.rows / n if n and isinstance(each.rows, int) else None,
            )
            for each in profile.values
        ),
        different=None if is_of_numbers else profile.distinct,
        **numbers,
    )


def _without(values: pa.ChunkedArray, sparse: Collection[Any]) -> tuple[pa.Array, dict[str, Any]]:
    """Return the values that are there and no sparse codes, and how many rows have which."""
    kept = there = values.combine_chunks().drop_null()
    if sparse:
        kept = there.filter(pc.invert(pc.is_in(there, pa.array(sparse, there.type))))
    counts = {
        "rows": len(values),
        "n": len(kept),
        "missing": values.null_count,
        "sparse": len(there) - len(kept),
    }
    return kept, counts


def _of_numbers(values: pa.ChunkedArray, sparse: Collection[Any]) -> ValueSummary:
    kept, counts = _without(values, sparse)
    found = describe_numbers(raw(kept))
    numbers: dict[str, Any] = {each: found.get(each) for each in OF_NUMBERS}
    return ValueSummary(**counts, **numbers)


def _of_dates(values: pa.ChunkedArray, sparse: Collection[Any]) -> ValueSummary:
    kept, counts = _without(values, sparse)
    if not len(kept):
        return ValueSummary(**counts, different=0)
    # Days, or parts of a second: the whole numbers that Arrow stores.
    whole = pa.int32() if pa.types.is_date32(kept.type) else pa.int64()
    ticks = np.sort(kept.cast(whole).to_numpy(zero_copy_only=False).astype(np.int64))
    a_day = _TICKS_A_DAY[getattr(kept.type, "unit", None)]
    days = ticks / a_day
    # A mean is given to the second.
    step = max(a_day // 86_400, 1)
    mean = round(float(ticks.mean()) / step) * step
    chosen = np.percentile(ticks, [0, 25, 50, 75, 100], method="nearest").tolist()
    shown = pa.array([mean, *chosen], whole).cast(kept.type).to_pylist()
    return ValueSummary(
        **counts, mean=float(days.mean()), sd=_deviation(days),
        mean_date=_written(shown[0]), dates=tuple(_written(each) for each in shown[1:]),
        different=len(np.unique(ticks)),
    )  # fmt: skip


def _written(moment: date) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _deviation(numbers: np.ndarray) -> float | None:
    return float(numbers.std(ddof=1)) if len(numbers) > 1 else None


def _of_values(
    values: pa.ChunkedArray,
    spec: FieldSpec,
    meanings: Mapping[Any, str],
    sparse: Collection[Any],
) -> ValueSummary:
    cells = [each for each in values.to_pylist() if each is not None and each != []]
    items = [set(each) if spec.is_multi_select else {each} for each in cells]
    kept = [each for each in (each.difference(sparse) for each in items) if each]
    found = Counter(item for each in kept for item in each)
    is_listed = len(found) <= MOST_VALUES or bool(meanings)
    order = {code: place for place, code in enumerate(meanings)}
    ordered = sorted(found, key=lambda each: (order.get(each, len(order)), str(each)))
    return ValueSummary(
        rows=len(values),
        n=len(kept),
        missing=len(values) - len(cells),
        sparse=len(cells) - len(kept),
        values=tuple(
            ValueCount(
                value=str(each),
                label=meanings.get(each),
                count=found[each],
                share=found[each] / len(kept),
            )
            for each in (ordered if is_listed else ())
        ),
        different=len(found),
    )
