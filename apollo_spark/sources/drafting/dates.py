"""Dates that are not written year first: which of the usual ways of writing fits all cells."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

FORMATS: Mapping[str, tuple[str, str]] = {
    "dd.mm.yyyy": (r"^[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}$", "%d.%m.%Y"),
    "dd/mm/yyyy": (r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$", "%d/%m/%Y"),
    "mm/dd/yyyy": (r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$", "%m/%d/%Y"),
    "dd-mm-yyyy": (r"^[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}$", "%d-%m-%Y"),
    "mm-dd-yyyy": (r"^[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}$", "%m-%d-%Y"),
    "yyyy/mm/dd": (r"^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}$", "%Y/%m/%d"),
    "yyyy.mm.dd": (r"^[0-9]{4}[.][0-9]{1,2}[.][0-9]{1,2}$", "%Y.%m.%d"),
    "yyyymmdd": (r"^(?:19|20)[0-9]{6}$", "%Y%m%d"),
    "dd-mon-yyyy": (r"^[0-9]{1,2}-[A-Za-z]{3}-[0-9]{4}$", "%d-%b-%Y"),
    "ddmonyyyy": (r"^[0-9]{1,2}[A-Za-z]{3}[0-9]{4}$", "%d%b%Y"),
    "dd mon yyyy": (r"^[0-9]{1,2} [A-Za-z]{3} [0-9]{4}$", "%d %b %Y"),
    "dd.mm.yy": (r"^[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{2}$", "%d.%m.%y"),
    "dd/mm/yy": (r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}$", "%d/%m/%y"),
    "mm/dd/yy": (r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}$", "%m/%d/%y"),
}
"""Ways of writing a date: how it looks, and how it is read."""
FIRST_LOOK = 16
_LOOKS = r"^[0-9]{1,4}[./ -]?(?:[0-9]{1,2}|[A-Za-z]{3})[./ -]?[0-9]{2,4}$"
"""What all of them look like."""


@dataclass(frozen=True)
class DateFacts:
    """The ways of writing that fit all cells so far."""

    fitting: frozenset[str] = frozenset(FORMATS)

    def __add__(self, other: "DateFacts") -> "DateFacts":
        """Return the facts of the cells of both."""
        return DateFacts(self.fitting & other.fitting)


NO_DATES = DateFacts()
"""The facts of no cells."""
NOT_DATES = DateFacts(frozenset())
"""The facts of cells that are no dates."""


def date_facts(bare: pa.Array) -> DateFacts:
    """Return the facts of some different texts, without blanks around them."""
    first = bare.slice(0, FIRST_LOOK)
    if len(bare) and not pc.all(pc.match_substring_regex(first, _LOOKS)).as_py():
        return NOT_DATES
    likely = [each for each in FORMATS if _fits(first, each)]
    return DateFacts(frozenset(each for each in likely if _fits(bare, each)))


def _fits(texts: pa.Array, name: str) -> bool:
    looks, read = FORMATS[name]
    if not pc.all(pc.match_substring_regex(texts, looks)).as_py():
        return len(texts) == 0
    days = pc.strptime(texts, format=read, unit="s", error_is_null=True)
    if days.null_count:
        return False
    # The 31st of February would be read as a day of March.
    day = pc.strftime(days, format=read)
    return bool(pc.all(pc.equal(_plain(day), _plain(texts))).as_py())


def _plain(texts: pa.Array) -> pa.Array:
    """Return dates without zeros in front of days and months, in small letters."""
    return pc.utf8_lower(pc.replace_substring_regex(texts, r"(^|[^0-9])0+([1-9])", r"\1\2"))
