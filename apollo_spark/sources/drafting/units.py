"""Units in the headers of columns: `Weight (kg)`, `fev1 [L]`, `glucose_mg_dl`."""

import re
from typing import NamedTuple

_SPELLED = """
kg g mg ug µg μg ng pg lb lbs t l L ml mL dl dL ul µl fl fL m cm mm km um µm nm in inch ft
mmol mol umol µmol nmol pmol meq mEq u U iu IU miu mIU uiu s sec secs second seconds min mins
minute minutes h hr hrs hour hours d day days week weeks wk month months mo year years yr yrs
mmhg mmHg kpa kPa pa cmh2o bpm hz Hz kcal kj kJ j % percent pct celsius fahrenheit
k/ul cells/ul /min
"""
UNITS = frozenset(_SPELLED.split())
_ALSO_WORDS = """
t l g m s h d u in min pa j a mo day days week weeks month months year years
"""
AMBIGUOUS = frozenset(_ALSO_WORDS.split())
"""Words behind a name that are rather part of it: `visit_day`, `pack_years`."""
_BRACKETS = re.compile(r"^(?P<name>.*?\S)\s*[(\[](?P<unit>[^()\[\]]{1,20})[)\]]\s*$")
_RATIO = re.compile(r"^[\wµμ%°^*.+-]{1,8}(?:/[\wµμ%°^*.+-]{1,10})+$")


class HeaderUnit(NamedTuple):
    """A unit, and the name that is left of a header."""

    unit: str
    name: str
    is_marked: bool


def unit_of(header: str) -> HeaderUnit | None:
    """Return the unit that a header tells, or None.

    >>> unit_of("Weight (kg)"), unit_of("glucose_mg_dl"), unit_of("visit_day")
    (HeaderUnit(unit='kg', name='Weight', is_marked=True), \
HeaderUnit(unit='mg/dl', name='glucose', is_marked=False), None)
    """
    if match := _BRACKETS.match(header):
        unit = match["unit"].strip()
        is_unit = unit in UNITS or unit.lower() in UNITS or _RATIO.match(unit) is not None
        return HeaderUnit(unit, match["name"], is_marked=True) if is_unit else None
    words = re.split(r"[_\s.]+", header)
    if len(words) > 2 and _is_plain(words[-2]) and _is_plain(words[-1]):
        return HeaderUnit(f"{words[-2]}/{words[-1]}", "_".join(words[:-2]), is_marked=False)
    if len(words) > 1 and _is_plain(words[-1]):
        return HeaderUnit(words[-1], "_".join(words[:-1]), is_marked=False)
    return None


def _is_plain(word: str) -> bool:
    return word.lower() in UNITS and word.lower() not in AMBIGUOUS
