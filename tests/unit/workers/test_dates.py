from datetime import date, datetime, timezone

import pytest

from apollo_spark.workers.values.dates import ParsedDate, parse_date, parse_datetime
from apollo_spark.workers.values.numerals import parse_float, parse_integer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1999", ParsedDate(date(1999, 1, 1), is_partial=True)),
        ("1999-7", ParsedDate(date(1999, 7, 1), is_partial=True)),
        ("1999-07", ParsedDate(date(1999, 7, 1), is_partial=True)),
        ("1999-7-4", ParsedDate(date(1999, 7, 4))),
        ("0001-01-01", ParsedDate(date(1, 1, 1))),
        ("9999-12-31", ParsedDate(date(9999, 12, 31))),
        ("2000-02-29", ParsedDate(date(2000, 2, 29))),
    ],
)
def test_a_date_is_read(text: str, expected: ParsedDate) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "0000-01-01", "1900-02-29", "1999-13", "1999-00", "99-01-01", "19990101", "1999-1-1 ",
     "1999-", "1999/01/01", "01.02.1999", "+1999", "10000-01-01", "1999-01-01T00:00", "١٩٩٩"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2001", "2001-01-01T00:00:00+00:00"),
        ("2001-2-3", "2001-02-03T00:00:00+00:00"),
        ("2001-2-3 4:5", "2001-02-03T04:05:00+00:00"),
        ("2001-2-3 4", "2001-02-03T04:00:00+00:00"),
        ("2001-02-03T04-08", "2001-02-03T12:00:00+00:00"),
        ("2001-02-03T04:05:06", "2001-02-03T04:05:06+00:00"),
        ("2001-02-03 04:05:06.7", "2001-02-03T04:05:06.700000+00:00"),
        ("2001-02-03 04:05:06.123456000", "2001-02-03T04:05:06.123456+00:00"),
        ("2001-02-03 04:05:06Z", "2001-02-03T04:05:06+00:00"),
        ("2001-02-03 04:05:06 UTC", "2001-02-03T04:05:06+00:00"),
        ("2001-02-03 04:05 GMT+1", "2001-02-03T03:05:00+00:00"),
        ("2001-02-03 04:05:06+01:30", "2001-02-03T02:35:06+00:00"),
        ("2001-02-03 04:05:06-0130", "2001-02-03T05:35:06+00:00"),
        ("2001-02-03 04:05:06-08", "2001-02-03T12:05:06+00:00"),
        ("2001-07-03 04:05 Europe/Paris", "2001-07-03T02:05:00+00:00"),
        ("2001-01-03T04:05America/Argentina/Salta", "2001-01-03T07:05:00+00:00"),
    ],
)
def test_a_datetime_is_read_as_utc(text: str, expected: str) -> None:
    parsed = parse_datetime(text)

    assert parsed is not None
    assert isinstance(parsed.value, datetime)
    assert (parsed.value.isoformat(), parsed.value.tzinfo) == (expected, timezone.utc)


@pytest.mark.parametrize(
    "text",
    ["2001-02 04:05", "2001-02-03T", "2001-02-03 24", "2001-02-03 24:00", "2001-02-03 04:60",
     "2001-02-03 04:05:60", "2001-02-03 04:05:06.", "2001-02-03 04:05:06.1234567",
     "2001-02-03 04:05:06,5", "2001-02-03  04:05", "2001-02-03Z", "2001-02-03 04:05z",
     "2001-02-03 04:05+24:00", "2001-02-03 04:05+1", "2001-02-03 04:05+01:60",
     "2001-02-30 04:05", "2001-02-03 04:05 Europe/Nowhere", "2001-02-03 04:05 ../etc/passwd",
     "2001-02-03 04:05 Europe", "0001-01-01 00:00+01", "9999-12-31 23:59-01"],
)  # fmt: skip
def test_what_is_no_datetime_is_refused(text: str) -> None:
    assert parse_datetime(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("+5", 5), ("-007", -7), ("9223372036854775807", 2**63 - 1), ("-" + "0" * 9999 + "1", -1),
     ("-9223372036854775808", -(2**63)), ("9223372036854775808", None), ("1_000", None),
     ("0x1F", None), ("1.0", None), ("", None), ("-", None), ("٣", None), ("1 ", None)],
)  # fmt: skip
def test_integers_are_decimal_and_of_64_bits(text: str, expected: int | None) -> None:
    assert parse_integer(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("+1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e5", 1e5), ("-1E-5", -1e-5), ("1e999", None),
     ("nan", None), ("inf", None), ("0x1", None), ("1_0", None), (".", None), ("1,5", None),
     ("1e", None), ("", None), ("٣", None)],
)  # fmt: skip
def test_floats_are_decimal_and_finite(text: str, expected: float | None) -> None:
    assert parse_float(text) == expected
