"""Whole numbers of 64 bits: what is stored comes back to the last digit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.assays.expression.query import whole_bound
from apollo_spark.assays.expression.tasks.tiles.content import (
    feature_factors,
    hash_values,
    sample_factors,
)
from apollo_spark.assays.expression.tasks.tiles.storage import (
    DOUBLE,
    MISSING_WHOLE,
    as_floats,
    as_wholes,
    decode,
    encode,
    is_inexact,
    is_missing,
    need_of,
    united,
)

WHOLES = st.integers(-(2**63) + 1, 2**63 - 1)
EDGES = st.sampled_from([0, 1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, -(2**53) - 1])
SOME = st.lists(st.none() | WHOLES | EDGES, min_size=1, max_size=12)


def array(numbers: list[int | None]) -> np.ndarray:
    return np.array([MISSING_WHOLE if each is None else each for each in numbers], np.int64)


def listed(values: np.ndarray) -> list[int | None]:
    holes = is_missing(values)
    return [None if hole else int(each) for each, hole in zip(values, holes, strict=True)]


@given(SOME)
def test_what_is_stored_comes_back_to_the_last_digit(numbers: list[int | None]) -> None:
    values = array(numbers)
    storage = need_of(values).storage()

    stored, is_exact = encode(values, storage)

    assert (is_exact, storage.kind) == (True, "integer")
    assert listed(decode(stored, storage)) == numbers


@given(SOME)
def test_a_storage_of_doubles_says_what_it_cannot_hold(numbers: list[int | None]) -> None:
    values = array(numbers)
    lost = [each is not None and int(float(each)) != each for each in numbers]

    assert is_inexact(values).tolist() == lost
    assert encode(values, DOUBLE)[1] == (not any(lost))


@given(SOME)
def test_the_hash_is_that_of_the_values_whatever_holds_them(numbers: list[int | None]) -> None:
    values = array(numbers)[:, None]
    features = feature_factors([str(each) for each in range(len(numbers))])
    samples = sample_factors(["S1"])
    whole = hash_values(values, features, samples)
    is_same = whole == hash_values(as_floats(values), features, samples)

    assert is_same == (not is_inexact(values).any())


@given(SOME, st.lists(st.integers(-(2**40), 2**40).map(float) | st.just(float("nan")), max_size=5))
def test_parts_of_either_kind_are_put_together_without_loss(
    numbers: list[int | None], others: list[float]
) -> None:
    floats = np.array(others, np.float64)
    told = as_wholes(floats)
    assert told is not None

    found = united([array(numbers), floats])

    assert listed(found) == [*numbers, *listed(told)]


@given(
    WHOLES | EDGES,
    st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1e300, -1e300, 2.0**63]),
)
def test_whole_numbers_are_compared_as_such(number: int, bound: float) -> None:
    assert (number >= whole_bound(bound, is_least=True)) == (number >= bound)
    assert (number <= whole_bound(bound, is_least=False)) == (number <= bound)
