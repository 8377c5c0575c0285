"""Check numbers against the rules of their unit, and store them."""

from dataclasses import dataclass

import numpy as np

from apollo_spark.assays.expression.tasks.files.numbers import Numbers
from apollo_spark.assays.expression.tasks.tiles.spec import UnitRules
from apollo_spark.assays.expression.tasks.tiles.storage import (
    LIMITS,
    POWERS,
    LayerStorage,
    StorageNeed,
    as_wholes,
    encode,
    is_inexact,
    need_of,
)

NEGATIVE = "expression_negative"
FRACTION = "expression_fraction"
INEXACT = "expression_inexact"


@dataclass(frozen=True)
class Stored:
    """Checked and stored values, flat.

    Attributes:
        values: NaN where missing or wrong; int64 where some are too long for doubles.
        stored: As the storage has them; None where it is not enough.
        need: What the values need; known only where the storage is not enough.
        faults: Wrong cells by rule.
    """

    values: np.ndarray
    stored: np.ndarray | None
    need: StorageNeed
    faults: dict[str, np.ndarray]


def store_numbers(
    numbers: Numbers, storage: LayerStorage, unit: UnitRules, *, keeps_long: bool = False
) -> Stored:
    """Check and store the numbers of some cells; wrong ones count as missing.

    A whole number that the storage cannot hold and no other could is wrong. With `keeps_long` such
    numbers are kept although the storage is one of doubles, because it is not the last one.
    """
    values = numbers.values()
    faults = dict(numbers.faults)
    wrong = find_wrong(values, numbers, unit)
    faults.update(wrong)
    is_wrong = np.zeros(len(values), bool)
    for cells in wrong.values():
        is_wrong[cells] = True
    keep = ~is_wrong[numbers.long_cells]
    if not unit.is_count:
        # A measured value with an exponent is a double, and never claimed all its digits.
        keep &= ~np.isin(numbers.long_cells, numbers.exponent_cells)
    long, long_values = numbers.long_cells[keep], numbers.long_values[keep]
    lost = numbers.beyond_cells[~is_wrong[numbers.beyond_cells]]
    if storage.kind == "double" and not keeps_long:
        lost = np.concatenate([lost, long[is_inexact(long_values)]])
        long = long[:0]
    if len(lost):
        faults[INEXACT] = lost
        is_wrong[lost] = True
    values[is_wrong] = np.nan
    if len(long) and (wholes := with_wholes(values, long, long_values)) is not None:
        return store_values(wholes, storage, faults)
    if len(long) and keeps_long:
        lost = long[is_inexact(long_values)]
        faults[INEXACT] = np.concatenate([faults.get(INEXACT, lost[:0]), lost])
        values[lost] = np.nan
    stored = store_digits(numbers, storage)
    if stored is None:
        return store_values(values, storage, faults)
    stored[numbers.missing] = storage.missing
    stored[is_wrong] = storage.missing
    return Stored(values, stored, StorageNeed(), faults)


def store_values(
    values: np.ndarray, storage: LayerStorage, faults: dict[str, np.ndarray]
) -> Stored:
    """Store values that are in no digits."""
    stored, is_exact = encode(values, storage)
    if is_exact:
        return Stored(values, stored, StorageNeed(), faults)
    return Stored(values, None, need_of(values), faults)


def with_wholes(values: np.ndarray, cells: np.ndarray, wholes: np.ndarray) -> np.ndarray | None:
    """Give values as int64, some of them exactly; None where one is not a whole number."""
    others = values.copy()
    others[cells] = np.nan
    found = as_wholes(others)
    if found is not None:
        found[cells] = wholes
    return found


def find_wrong(values: np.ndarray, numbers: Numbers, unit: UnitRules) -> dict[str, np.ndarray]:
    """Find the cells that a unit does not allow, by rule; a cell breaks one rule at most."""
    faults: dict[str, np.ndarray] = {}
    is_negative = np.zeros(0, bool)
    with np.errstate(invalid="ignore"):
        if not unit.allows_negative:
            is_negative = values < 0
            faults[NEGATIVE] = np.flatnonzero(is_negative)
        if unit.is_count and (numbers.decimals is not None or len(numbers.odd_cells)):
            is_fraction = ~np.isnan(values) & (values != np.rint(values))
            is_fraction[numbers.fraction_cells] = True
            if len(is_negative):
                is_fraction &= ~is_negative
            faults[FRACTION] = np.flatnonzero(is_fraction)
    return {rule: cells for rule, cells in faults.items() if len(cells)}


def store_digits(numbers: Numbers, storage: LayerStorage) -> np.ndarray | None:
    """Store usual numbers by integer arithmetic alone; None where that is not possible."""
    if storage.kind == "double":
        return numbers.values()
    if len(numbers.odd_cells):
        return None
    digits, limit = numbers.digits, LIMITS[storage.bits]
    if numbers.decimals is not None or storage.scale:
        decimals = numbers.decimals
        shift = storage.scale - (np.int8(0) if decimals is None else decimals.astype(np.int8))
        # A zero too many after the point is rare enough to go by way of doubles.
        if np.min(shift, initial=0) < 0:
            return None
        largest = int(np.abs(digits).max(initial=0))
        if largest * 10 ** int(np.max(shift, initial=0)) >= 2**63:
            return None
        digits = digits * POWERS[shift]
    if digits.size and (digits.max() >= limit or digits.min() <= -limit):
        return None
    return digits.astype(storage.dtype)
