"""Dates and datetimes: what is accepted, one text at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
TIME = re.compile(
    r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[T ]"
    r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{1,6})0*)?)?"
    r"(?: ?([A-Za-z+-].*))?"
)
HOUR = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[T ]([0-9]{1,2})(?: ?([A-Za-z+-].*))?")
OFFSET = re.compile(r"([+-])([0-9]{2})(?::?([0-9]{2}))?")
NAMED_OFFSET = re.compile(r"(?:UTC|GMT)(?:([+-])([0-9]{1,2})(?::?([0-9]{2}))?)?")
REGION = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+")


@dataclass(frozen=True)
class ParsedDate:
    """A value, and whether month, day or minutes were left out and taken as the first."""

    value: date | datetime
    is_partial: bool = False


def parse_date(text: str) -> ParsedDate | None:
    """Read `yyyy`, `yyyy-[m]m` or `yyyy-[m]m-[d]d`; None where it is not a day of the calendar.

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

    A time may be an hour alone.

    >>> parse_datetime("2001-1-1 10:00 Europe/Paris").value.isoformat()
    '2001-01-01T09:00:00+00:00'
    """
    if (only_date := parse_date(text)) is not None:
        day = only_date.value
        midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        return ParsedDate(midnight, only_date.is_partial)
    if match := TIME.fullmatch(text):
        date_text, *clock, fraction, zone = match.groups()
        return _moment(date_text, [*clock, (fraction or "").ljust(6, "0")], zone)
    if match := HOUR.fullmatch(text):
        date_text, hour, zone = match.groups()
        return _moment(date_text, [hour], zone)
    return None


def _moment(day: str, clock: Sequence[str | None], zone_text: str | None) -> ParsedDate | None:
    """Put a day and the parts of a time together; None where there is no such moment."""
    parsed, zone = parse_date(day), parse_zone(zone_text)
    if parsed is None or zone is None:
        return None
    try:
        hour, minute, second, micros = (int(each or 0) for each in (*clock, 0, 0, 0)[:4])
        moment = datetime.combine(parsed.value, time(hour, minute, second, micros), zone)
        return ParsedDate(moment.astimezone(timezone.utc), is_partial=len(clock) == 1)
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
