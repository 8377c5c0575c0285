"""Dates and numbers that are read by the format of a field."""

from datetime import date, datetime, time, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.workers.values.cells import check_column, prepare_check
from apollo_spark.workers.values.formats import NUMBERS, why_not_format
from apollo_spark.workers.values.spec import ColumnSpec, ColumnType

DATES = {
    "dd.mm.yyyy": "%d.%m.%Y",
    "mm/dd/yyyy": "%m/%d/%Y",
    "yyyymmdd": "%Y%m%d",
    "dd-mon-yyyy": "%d-%b-%Y",
    "ddmonyyyy": "%d%b%Y",
    "yyyy/mm/dd": "%Y/%m/%d",
}
TIMES = {"dd.mm.yyyy hh:mi": "%d.%m.%Y %H:%M", "ddmonyyyy:hh:mi:ss": "%d%b%Y:%H:%M:%S"}


def read(format_: str, kind: ColumnType, *cells: str | None) -> list[object]:
    """Return the values of cells; wrong ones are their rule."""
    column = ColumnSpec("x", "x", kind, format=format_)
    found = check_column(pa.array(cells, pa.string()), prepare_check(column, ("", "NA")))
    values = found.values.to_pylist()
    for rule, mask in found.faults.items():
        values = [rule if bad else each for bad, each in zip(mask, values, strict=True)]
    return values


@given(st.dates(date(1000, 1, 1)), st.sampled_from(sorted(DATES)))
def test_a_date_is_read_as_python_writes_it(day: date, format_: str) -> None:
    assert read(format_, "date", day.strftime(DATES[format_])) == [day]


@given(st.dates(date(1000, 1, 1)), st.times(), st.sampled_from(sorted(TIMES)))
def test_a_time_is_read_as_python_writes_it(day: date, clock: time, format_: str) -> None:
    second = clock.second if "ss" in format_ else 0
    moment = datetime.combine(day, time(clock.hour, clock.minute, second), timezone.utc)

    assert read(format_, "datetime", moment.strftime(TIMES[format_])) == [moment]


@given(st.integers(-(10**12), 10**12), st.integers(0, 999), st.sampled_from(sorted(NUMBERS)))
def test_a_number_is_read_as_its_format_writes_it(whole: int, decimals: int, format_: str) -> None:
    thousands, mark = NUMBERS[format_]
    text = f"{whole:,}".replace(",", thousands) + f"{mark}{decimals:03}"

    assert read(format_, "float", text) == [float(f"{whole}.{decimals:03}")]


@pytest.mark.parametrize(
    ("format_", "kind", "cell", "value"),
    [
        ("dd.mm.yyyy", "date", "1.2.1999", date(1999, 2, 1)),
        ("dd.mm.yyyy", "date", " 01.02.1999 ", date(1999, 2, 1)),
        ("dd.mm.yyyy", "date", "1999-02-01", date(1999, 2, 1)),  # as it is extracted
        ("dd.mm.yyyy", "date", "31.02.1999", "cell_date"),
        ("dd.mm.yyyy", "date", "02/01/1999", "cell_date"),
        ("dd.mm.yyyy", "date", "1.2.99", "cell_date"),
        ("dd.mm.yyyy", "date", "NA", None),
        ("dd.mm.yyyy", "date", None, None),
        ("dd-mon-yyyy", "date", "01-MAI-1999", "cell_date"),
        ("1,5", "float", "2,5", 2.5),
        ("1,5", "float", "2.5", "cell_float"),
        ("1,5", "float", "-9", -9.0),
        ("1.234,5", "float", "1.5", "cell_float"),
        ("1.234,5", "float", "1.234.567,5", 1234567.5),
        ("1.234,5", "float", "12.34,5", "cell_float"),
        ("1,234.5", "integer", "1,234,567", 1234567),
    ],
)
def test_a_cell_is_read_or_wrong(
    format_: str, kind: ColumnType, cell: str | None, value: object
) -> None:
    assert read(format_, kind, cell) == [value]


def test_months_alone_are_partial_dates() -> None:
    assert read("mm/yyyy", "date", "2/1999") == ["cell_partial_date"]


@pytest.mark.parametrize(
    ("format_", "kind", "why"),
    [
        ("dd.mm.yy", "date", "it has no 'yyyy'"),
        ("yyyy-yyyy", "date", "it has 'yyyy' twice"),
        ("dd.mm.mon.yyyy", "date", "it has both 'mm' and 'mon'"),
        ("dd.yyyy", "date", "it has 'dd' and no month"),
        ("dd.mm.yyyy hh:mi", "date", "a date has no 'hh'"),
        ("mm.yyyy hh", "datetime", "it has a time and no 'dd'"),
        ("dd.mm.yyyy hh:ss", "datetime", "a time is hh, hh and mi, or hh, mi and ss"),
        ("dd.mm.yyyy", "string", "texts have none"),
        ("#,##0", "float", "it is not one of '1,5', "),
    ],
)
def test_a_format_without_meaning_is_refused(format_: str, kind: ColumnType, why: str) -> None:
    assert str(why_not_format(format_, kind)).startswith(why)
