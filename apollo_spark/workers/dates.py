"""Dates and datetimes: what is accepted, one text at a time."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
TIME = re.compile(
    r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[T ]"
    r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{1,6})0*)?)?"
    r"(?: ?([A-Za-z+-].*))?"
)
OFFSET = re.compile(r"([+-])([0-9]{2})(?::?([0-9]{2}))?")
NAMED_OFFSET = re.compile(r"(?:UTC|GMT)(?:([+-])([0-9]{1,2})(?::?([0-9]{2}))?)?")
REGION = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+")


@dataclass(frozen=True)
class ParsedDate:
    """A value, and whether day or month were left out and taken as the first."""

    value: date | datetime
    is_partial: bool = False


def parse_date(text: str) -> ParsedDate | None:
    """Read `yyyy`, `yyyy-[m]m` or `yyyy-[m]m-[d]d`; None where it is no day of the calendar.

    >>> parse_date("1999-2")
    ParsedDate(value=datetime.date(1999, 2, 1), is_partial=True)
    """
    match = DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        return ParsedDate(date(int(year), int(month or 1), int(day or 1)), day is None)
    except ValueError:
        return None


def parse_datetime(text: str) -> ParsedDate | None:
    """Read a date, or a date and a time with an optional zone; no zone is UTC.

    >>> parse_datetime("2001-1-1 10:00 Europe/Paris").value.isoformat()
    '2001-01-01T09:00:00+00:00'
    """
    if (only_date := parse_date(text)) is not None:
        day = only_date.value
        midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        return ParsedDate(midnight, only_date.is_partial)
    match = TIME.fullmatch(text)
    parsed = parse_date(match[1]) if match else None
    zone = parse_zone(match[6]) if match else None
    if match is None or parsed is None or zone is None:
        return None
    day = parsed.value
    micros = int((match[5] or "").ljust(6, "0"))
    try:
        clock = time(int(match[2]), int(match[3]), int(match[4] or 0), micros)
        return ParsedDate(datetime.combine(day, clock, zone).astimezone(timezone.utc))
    except (ValueError, OverflowError):
        return None


def parse_zone(text: str | None) -> tzinfo | None:
    """Read a zone: none, `Z`, an offset, `UTC` or `GMT` with or without one, or a region."""
    if text is None or text == "Z":
        return timezone.utc
    if match := OFFSET.fullmatch(text) or NAMED_OFFSET.fullmatch(text):
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if int(hours or 0) > 23 or int(minutes or 0) > 59:
            return None
        return timezone(-offset if sign == "-" else offset)
    return find_region(text) if REGION.fullmatch(text) else None


def find_region(name: str) -> tzinfo | None:
    """Look a region up in the time zone database of this machine."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
