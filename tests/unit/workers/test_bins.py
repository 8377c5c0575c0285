"""Bins of histograms: their bounds are whole steps, and every value is in exactly one."""

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.workers.values.bins import MOST_BINS, bins_between

FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.decimals(-99, 99, places=2).map(
    float
)
WHOLES = st.integers(-(2**63), 2**63 - 1) | st.integers(-50, 50)
MOMENTS = st.datetimes().map(lambda each: each.replace(tzinfo=timezone.utc))
VALUES = st.one_of(*(st.lists(each, min_size=1) for each in (FLOATS, WHOLES, st.dates(), MOMENTS)))


@given(VALUES, st.integers(2, 100))
def test_every_value_is_in_the_bin_that_begins_before_it_and_ends_after_it(
    values: list[float], most: int
) -> None:
    found = bins_between(min(values), max(values), most=most)
    assert 1 <= len(found.starts) <= most
    assert list(found.starts) == sorted(set(found.starts))
    for each in values:
        start, end = found.ranges[found.number_of(each)]
        last = max(found.starts) == start
        assert start <= each < end or (last and start <= each)


@given(FLOATS, FLOATS)
def test_steps_are_one_two_or_five_times_a_power_of_ten(one: float, other: float) -> None:
    step = bins_between(min(one, other), max(one, other)).step
    digits = repr(float(step))
    assert digits.strip("0").lstrip("-.0")[0] in "125"


@pytest.mark.parametrize(
    ("span", "starts", "rest"),
    [
        ((3, 8), range(3, 9), (9, "number", 1)),
        ((0, 41), range(0, 42, 2), (42, "number", 2)),
        ((18, 104), range(15, 105, 5), (105, "number", 5)),
        ((0.29, 0.32), [round(0.29 + n / 1000, 3) for n in range(31)], (0.321, "number", 0.001)),
        ((7.5, 7.5), [7.0], (8.0, "number", 1.0)),
        ((date(2020, 1, 30), date(2020, 2, 1)), None, (date(2020, 2, 2), "day", 1)),
        ((date(2020, 1, 1), date(2020, 3, 1)), None, (date(2020, 3, 2), "week", 1)),
        ((date(2020, 1, 15), date(2021, 2, 3)), None, (date(2021, 3, 1), "month", 1)),
        ((date(2020, 2, 15), date(2025, 2, 3)), None, (date(2025, 4, 1), "month", 3)),
        ((date(1920, 5, 1), date(2020, 2, 3)), range(1920, 2021, 5), (date(2025, 1, 1), "year", 5)),
        ((date.min, date.max), None, (date.max, "year", 500)),
    ],
)
def test_bins_by_hand(span: Any, starts: Any, rest: tuple[Any, str, float]) -> None:
    found = bins_between(*span)
    assert (found.end, found.unit, found.step) == rest
    if rest[1] == "year" and starts is not None:
        starts = [date(each, 1, 1) for each in starts]
    if starts is not None:
        assert list(found.starts) == list(starts)


def test_bounds_are_the_doubles_that_people_write() -> None:
    found = bins_between(0.0, 1.0)
    assert found.starts == tuple(float(f"{n * 0.05:.2f}") for n in range(21))
    assert found.number_of(0.15) == 3
    assert found.number_of(math.nextafter(0.15, 0)) == 2


def test_times_are_counted_by_days_in_utc() -> None:
    noon = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
    found = bins_between(noon, noon + timedelta(days=1))
    assert found.starts == (
        datetime(2020, 1, 1, tzinfo=timezone.utc),
        datetime(2020, 1, 2, tzinfo=timezone.utc),
    )
    assert len(bins_between(noon, noon + timedelta(days=10_000)).starts) <= MOST_BINS
