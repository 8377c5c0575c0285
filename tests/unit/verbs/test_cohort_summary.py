"""What a field says about the people of a cohort: numbers against numpy, shares by hand."""

import math
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.verbs.cohort.summary import (
    Summary,
    ValueCount,
    standardised_difference,
    summarise,
)

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


def test_dates_have_quartiles_and_no_list() -> None:
    days = [date(2020, 1, each) for each in range(1, 6)]
    found = summarise(column(*days, None), FieldSpec(name="x", type=FieldType.DATE), None)

    assert found.dates == tuple(f"2020-01-0{each}" for each in range(1, 6))
    assert (found.values, found.missing, found.different) == ((), 1, 5)


def numbers(mean: float, sd: float) -> Summary:
    return Summary(rows=9, n=9, missing=0, mean=mean, sd=sd)


def shares(**found: float) -> Summary:
    values = tuple(ValueCount(value=key, count=1, share=each) for key, each in found.items())
    return Summary(rows=9, n=9, missing=0, values=values, different=len(values))


def test_the_standardised_difference_of_numbers_is_in_standard_deviations() -> None:
    assert standardised_difference(numbers(5, 3), numbers(1, 4)) == 4 / math.sqrt(12.5)
    assert standardised_difference(numbers(5, 0), numbers(5, 0)) == 0
    assert standardised_difference(numbers(5, 0), numbers(4, 0)) is None
    assert standardised_difference(numbers(5, 1), Summary(rows=0, n=0, missing=0)) is None


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
