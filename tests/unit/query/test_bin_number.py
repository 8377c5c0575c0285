"""The bin that a statement finds is the one whose bounds hold the value, by a hair too."""

import math
import random
from datetime import date, timedelta

import duckdb
import pytest
from sqlglot import exp

from apollo_spark.query.aggregates.binning import bin_number
from apollo_spark.query.dialects import DuckDBDialect
from apollo_spark.workers.values.bins import bins_between

CHANCE = random.Random(11)
RANGES = [(0.0, 2.0), (0.0, 0.07), (-3.3, 1e6), (1e-9, 3e-8), (5.0, 5.0), (0.0, 1e17), (-7, 90)]


@pytest.mark.parametrize(("least", "greatest"), RANGES)
def test_a_number_is_in_the_bin_of_its_bounds(least: float, greatest: float) -> None:
    bins = bins_between(least, greatest)
    values = [least, greatest, *(each for each in bins.starts if least <= each <= greatest)]
    values += [CHANCE.uniform(least, greatest) for _ in range(200)]
    if isinstance(least, float):
        hairs = [math.nextafter(each, way) for each in values for way in (-math.inf, math.inf)]
        values += [each for each in hairs if least <= each <= greatest]
    else:
        values = [round(each) for each in values]

    statement = bin_number(exp.column("v"), bins).sql(dialect=DuckDBDialect)
    type_ = "BIGINT" if isinstance(least, int) else "DOUBLE"
    connection = duckdb.connect()
    found = connection.execute(
        f"SELECT v, {statement} FROM (SELECT UNNEST(CAST(? AS {type_}[])) AS v)", [values]
    ).fetchall()

    assert [(value, int(number)) for value, number in found] == [
        (value, bins.number_of(value)) for value in values
    ]


def test_a_date_is_in_the_bin_of_its_bounds() -> None:
    days = [date(2019, 12, 30) + timedelta(days=3 * each) for each in range(400)]
    bins = bins_between(days[0], days[-1])

    statement = bin_number(exp.column("v"), bins).sql(dialect=DuckDBDialect)
    found = (
        duckdb.connect()
        .execute(f"SELECT {statement} FROM (SELECT UNNEST(CAST(? AS DATE[])) AS v)", [days])
        .fetchall()
    )

    assert [int(number) for (number,) in found] == [bins.number_of(each) for each in days]
