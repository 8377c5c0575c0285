"""What a field says about the people of a cohort: numbers against numpy, shares by hand."""

import math
from datetime import date, datetime, timezone

import numpy as np
import pyarrow as pa
import pytest

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.verbs.cohort.difference import differences_of_shares, standardised_difference
from apollo_spark.verbs.cohort.summary import ValueCount, ValueSummary, summarise

NUMBER = FieldSpec(name="x", type=FieldType.FLOAT)
SPARSE = FieldSpec(name="x", type=FieldType.INTEGER, coding_name="odd", is_sparse=True)
ODD = Coding(name="odd", rows=(CodePlace(code="-1", meaning="Refused", display_order=1),))
CODED = FieldSpec(name="x", type=FieldType.STRING, coding_name="sex")
SEX = Coding(
    name="sex",
    rows=(
        CodePlace(code="M", meaning="Male", display_order=1),
        CodePlace(code="F", meaning="Female", display_order=2),
    ),
)


def column(*values: object) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


def test_numbers_are_those_of_numpy() -> None:
    values = [3.5, 1.0, 8.25, 2.0, 13.0, 0.5]

    found = summarise(column(*values, None), NUMBER, None)

    assert (found.rows, found.n, found.missing, found.sparse) == (7, 6, 1, 0)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.sd == pytest.approx(np.std(values, ddof=1))
    quartiles = (found.min, found.q1, found.median, found.q3, found.max)
    assert quartiles == pytest.approx(tuple(np.percentile(values, [0, 25, 50, 75, 100])))


def test_a_sparse_code_is_no_number() -> None:
    found = summarise(column(-1, 4, None, 6, -1), SPARSE, ODD)

    assert (found.n, found.missing, found.sparse) == (2, 1, 2)
    assert (found.mean, found.min, found.max) == (5.0, 4.0, 6.0)
    nobody = summarise(column(-1, None), SPARSE, ODD)
    assert (nobody.n, nobody.mean, nobody.sd) == (0, None, None)


def test_codes_are_counted_in_the_order_of_the_coding() -> None:
    found = summarise(column("F", "M", None, "F"), CODED, SEX)

    assert found.values == (
        ValueCount(value="M", label="Male", count=1, share=1 / 3),
        ValueCount(value="F", label="Female", count=2, share=2 / 3),
    )
    assert (found.n, found.missing, found.different) == (3, 1, 2)


DAYS = [date(2020, 1, 1), date(2020, 1, 3), date(2020, 1, 4), date(2020, 3, 1), date(2020, 12, 31)]
DAY = FieldSpec(name="x", type=FieldType.DATE)


def test_dates_have_quartiles_and_are_days() -> None:
    found = summarise(column(*DAYS, None), DAY, None)

    numbers = np.array([(each - date(1970, 1, 1)).days for each in DAYS])
    assert (found.mean, found.sd) == pytest.approx((numbers.mean(), numbers.std(ddof=1)))
    assert found.mean_date == "2020-03-27"
    assert found.dates == tuple(each.isoformat() for each in DAYS)
    assert (found.values, found.missing, found.different) == ((), 1, 5)
    assert summarise(column(DAYS[0], None).slice(1), DAY, None).dates == ()


def test_datetimes_are_days_and_parts_of_days() -> None:
    noon, night = (datetime(2020, 1, 1, each, tzinfo=timezone.utc) for each in (12, 0))
    found = summarise(column(noon, night), FieldSpec(name="x", type=FieldType.DATETIME), None)

    assert (found.mean, found.mean_date) == (18262.25, "2020-01-01T06:00:00Z")
    assert found.sd == pytest.approx(np.std([0.0, 0.5], ddof=1))


def test_a_sparse_code_is_no_date() -> None:
    coding = Coding(name="odd", rows=(CodePlace(code="1900-01-01", meaning="?", display_order=1),))
    spec = FieldSpec(name="x", type=FieldType.DATE, coding_name="odd", is_sparse=True)

    found = summarise(column(date(1900, 1, 1), *DAYS, None), spec, coding)

    assert (found.n, found.sparse, found.missing, found.dates[0]) == (5, 1, 1, "2020-01-01")


def test_of_several_values_sparse_codes_are_none() -> None:
    spec = FieldSpec(
        name="x", type=FieldType.INTEGER, coding_name="odd", is_sparse=True, is_multi_select=True
    )

    found = summarise(column([-1], [-1, 4, 4], [], None, [4, 6]), spec, ODD)

    assert (found.rows, found.n, found.sparse, found.missing) == (5, 2, 1, 2)
    assert [(each.value, each.count, each.share) for each in found.values] == [
        ("4", 2, 1.0), ("6", 1, 0.5),
    ]  # fmt: skip


def test_large_numbers_are_not_taken_for_a_sparse_code_beside_them() -> None:
    coding = Coding(
        name="odd", rows=(CodePlace(code="9007199254740993", meaning="?", display_order=1),)
    )

    found = summarise(column(9007199254740993, 9007199254740992), SPARSE, coding)

    assert (found.n, found.sparse) == (1, 1)


def numbers(mean: float, sd: float) -> ValueSummary:
    return ValueSummary(rows=9, n=9, missing=0, mean=mean, sd=sd)


def shares(**found: float) -> ValueSummary:
    values = tuple(ValueCount(value=key, count=1, share=each) for key, each in found.items())
    return ValueSummary(rows=9, n=9, missing=0, values=values, different=len(values))


def test_the_standardised_difference_of_numbers_is_in_standard_deviations() -> None:
    assert standardised_difference(numbers(5, 3), numbers(1, 4)) == 4 / math.sqrt(12.5)
    assert standardised_difference(numbers(5, 0), numbers(5, 0)) == 0
    assert standardised_difference(numbers(5, 0), numbers(4, 0)) is None
    assert standardised_difference(numbers(5, 1), ValueSummary(rows=0, n=0, missing=0)) is None


def test_the_standardised_difference_of_shares_is_that_of_all_together() -> None:
    # Of two values it is the known one of a share.
    spread = math.sqrt((0.3 * 0.7 + 0.5 * 0.5) / 2)
    two = standardised_difference(shares(a=0.3, b=0.7), shares(a=0.5, b=0.5))
    assert two == pytest.approx(0.2 / spread)
    three = standardised_difference(shares(a=0.2, b=0.3, c=0.5), shares(a=0.3, b=0.3, c=0.4))
    gap = np.array([0.2, 0.3]) - np.array([0.3, 0.3])
    spreads = [np.diag(p) - np.outer(p, p) for p in (np.array([0.2, 0.3]), np.array([0.3, 0.3]))]
    assert three == pytest.approx(math.sqrt(gap @ np.linalg.inv(sum(spreads) / 2) @ gap))
    assert standardised_difference(shares(a=1.0), shares(a=1.0)) == 0


def test_shares_that_have_nothing_in_common_have_no_distance() -> None:
    assert standardised_difference(shares(a=1.0), shares(b=1.0)) is None
    assert standardised_difference(shares(a=0.5, b=0.5), shares(c=1.0)) is None
    # One side has one value alone, which the other side has too.
    near = standardised_difference(shares(a=1.0), shares(a=0.5, b=0.5))
    assert near == pytest.approx(0.5 / math.sqrt(0.25 / 2))


def test_the_distance_of_many_shares_is_that_of_the_whole_matrix() -> None:
    random = np.random.default_rng(3)
    near, far = random.dirichlet(np.ones(40), 2)
    near[:5] = 0
    near = near / near.sum()
    spread = sum(np.diag(each[:-1]) - np.outer(each[:-1], each[:-1]) for each in (near, far)) / 2
    gap = (near - far)[:-1]

    found = standardised_difference(
        *(shares(**{f"c{at}": p for at, p in enumerate(each) if p}) for each in (near, far))
    )

    assert found == pytest.approx(math.sqrt(gap @ np.linalg.inv(spread) @ gap))


def test_dates_differ_in_days_and_not_from_numbers() -> None:
    later = [date(each.year, each.month, min(each.day + 1, 31)) for each in DAYS]
    first, second = (summarise(column(*each), DAY, None) for each in (DAYS, later))

    found = standardised_difference(first, second)

    days = [[each.toordinal() for each in one] for one in (DAYS, later)]
    spread = math.sqrt(sum(np.var(each, ddof=1) for each in days) / 2)
    assert found == pytest.approx((np.mean(days[0]) - np.mean(days[1])) / spread)
    assert standardised_difference(first, numbers(5, 1)) is None


def test_each_of_several_values_differs_as_a_share() -> None:
    found = differences_of_shares(shares(a=0.3, b=1.0, c=1.0), shares(a=0.5, b=1.0))

    spread = math.sqrt((0.3 * 0.7 + 0.5 * 0.5) / 2)
    assert found == {"a": pytest.approx(-0.2 / spread), "b": 0.0, "c": None}
    assert differences_of_shares(shares(a=1.0), ValueSummary(rows=0, n=0, missing=0)) == {}
