"""Dates and numbers as people write them: `31.01.1960`, `1.234,5`, read by the format of a field.

A format of dates is made of yyyy, mm, dd, mon (Jan, feb ...), hh, mi and ss, and of what is between
them. A format of numbers is an example: `1,5` has a decimal comma, `1.234,5` and `1 234,5` have
thousands apart too, `1,234.5` and `1'234.5` with a decimal point.
"""

import re
from collections.abc import Mapping
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.spec import ColumnType

PARTS: Mapping[str, str] = {
    "yyyy": "(?P<yyyy>[0-9]{4})",
    "mon": "(?P<mon>[A-Za-z]{3})",
    "mm": "(?P<mm>[0-9]{1,2})",
    "dd": "(?P<dd>[0-9]{1,2})",
    "hh": "(?P<hh>[0-9]{1,2})",
    "mi": "(?P<mi>[0-9]{2})",
    "ss": "(?P<ss>[0-9]{2})",
}
_PART = re.compile("|".join(PARTS))
_FOUR_DIGITS = {"mm": "(?P<mm>[0-9]{2})", "dd": "(?P<dd>[0-9]{2})"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NUMBERS: Mapping[str, tuple[str, str]] = {
    "1,5": ("", ","),
    "1.234,5": (".", ","),
    "1 234,5": (" ", ","),
    "1'234,5": ("'", ","),
    "1,234.5": (",", "."),
    "1 234.5": (" ", "."),
    "1'234.5": ("'", "."),
}
"""Formats of numbers: what parts thousands, and the decimal mark."""
UNREAD = "\N{REPLACEMENT CHARACTER}"
"""Stands before a text that does not fit the format, so that nothing else reads it."""


def why_not_format(text: str, kind: ColumnType) -> str | None:
    """Say why a text is not a format of a type, or return None.

    >>> why_not_format("dd.mm.yyyy", "date")
    >>> why_not_format("dd.mm.yy", "date")
    "it has no 'yyyy'"
    """
    if kind in ("integer", "float"):
        return None if text in NUMBERS else f"it is not one of {', '.join(map(repr, NUMBERS))}"
    if kind not in ("date", "datetime"):
        return "texts have none"
    found = _PART.findall(text)
    if twice := next((each for each in found if found.count(each) > 1), None):
        return f"it has '{twice}' twice"
    if "yyyy" not in found:
        return "it has no 'yyyy'"
    if "mm" in found and "mon" in found:
        return "it has both 'mm' and 'mon'"
    if "dd" in found and not {"mm", "mon"} & set(found):
        return "it has 'dd' and no month"
    return _why_not_time(found, kind)


def _why_not_time(found: list[str], kind: ColumnType) -> str | None:
    times = [each for each in found if each in ("hh", "mi", "ss")]
    if times and kind == "date":
        return f"a date has no '{times[0]}'"
    if times and "dd" not in found:
        return "it has a time and no 'dd'"
    if times not in ([], ["hh"], ["hh", "mi"], ["hh", "mi", "ss"]):
        return "a time is hh, hh and mi, or hh, mi and ss"
    return None


def read_format(texts: pa.Array, format_: str, kind: ColumnType) -> pa.Array:
    """Return texts in the form that is read everywhere: dates year first, a decimal point.

    Dates that are year first already are taken too, as this package writes them.

    Args:
        texts: Strings without blanks around them; null where they are missing.
        format_: The format, which `why_not_format` has nothing against.
        kind: The type of the values.
    """
    if kind in ("integer", "float"):
        return _plain_numbers(texts, format_)
    pattern, names = _pattern(format_)
    found = pc.extract_regex(texts, pattern)
    part = {each: pc.struct_field(found, each) for each in names}
    month = _months(part["mon"]) if "mon" in part else part.get("mm")
    day = [each for each in (part["yyyy"], month, part.get("dd")) if each is not None]
    read = pc.binary_join_element_wise(*day, "-")
    if times := [part[each] for each in ("hh", "mi", "ss") if each in part]:
        read = pc.binary_join_element_wise(read, pc.binary_join_element_wise(*times, ":"), " ")
    is_usual = pc.match_substring_regex(texts, "^[0-9]{4}-[0-9]")
    return pc.coalesce(read, pc.if_else(is_usual, texts, _unread(texts)))


def _plain_numbers(texts: pa.Array, format_: str) -> pa.Array:
    thousands, decimal = NUMBERS[format_]
    apart = f"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|" if thousands else ""
    fits = pc.match_substring_regex(
        texts, f"^[+-]?(?:{apart}[0-9]+)(?:{re.escape(decimal)}[0-9]+)?$"
    )
    bare = pc.replace_substring(texts, thousands, "") if thousands else texts
    return pc.if_else(fits, pc.replace_substring(bare, decimal, "."), _unread(texts))


def _unread(texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(UNREAD, texts, "")


@cache
def _pattern(format_: str) -> tuple[str, tuple[str, ...]]:
    """Return the expression of a format of dates, and the names of its parts."""
    # Without anything between them days and months have both digits.
    is_dense = re.fullmatch("(?:yyyy|mm|dd)+", format_) is not None
    parts = {**PARTS, **(_FOUR_DIGITS if is_dense else {})}
    pattern, last = "", 0
    for match in _PART.finditer(format_):
        pattern += re.escape(format_[last : match.start()]) + parts[match[0]]
        last = match.end()
    return f"^{pattern}{re.escape(format_[last:])}$", tuple(_PART.findall(format_))


def _months(names: pa.Array) -> pa.Array:
    """Return the numbers of months as texts; null where a name is not one."""
    number = pc.index_in(pc.utf8_lower(names), pa.array(MONTHS))
    return pc.cast(pc.add(number, 1), pa.string())
