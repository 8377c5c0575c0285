"""Check numbers against the rules of their unit, and store them."""

from dataclasses import dataclass

import numpy as np

from apollo_spark.workers.expression.numbers import Numbers
from apollo_spark.workers.expression.spec import UnitRules
from apollo_spark.workers.expression.storage import (
    LIMITS,
    POWERS,
    LayerStorage,
    StorageNeed,
    encode,
    need_of,
)

NEGATIVE = "expression_negative"
FRACTION = "expression_fraction"


@dataclass(frozen=True)
class Stored:
    """Checked and stored values, flat.

    Attributes:
        values: As float64, NaN where missing or wrong.
        stored: As the storage has them; None where it is not enough.
        need: What the values need; known only where the storage is not enough.
        faults: Wrong cells by rule.
    """

    values: np.ndarray
    stored: np.ndarray | None
    need: StorageNeed
    faults: dict[str, np.ndarray]


def store_numbers(numbers: Numbers, storage: LayerStorage, unit: UnitRules) -> Stored:
    """Check and store the numbers of some cells; wrong ones count as missing."""
    values = numbers.values()
    faults = dict(numbers.faults)
    wrong = find_wrong(values, numbers, unit)
    faults.update(wrong)
    for cells in wrong.values():
        values[cells] = np.nan
    stored = store_digits(numbers, storage)
    if stored is None:
        return store_values(values, storage, faults)
    gone = [numbers.missing, *wrong.values()]
    stored[np.concatenate(gone)] = storage.missing
    return Stored(values, stored, StorageNeed(), faults)


def store_values(
    values: np.ndarray, storage: LayerStorage, faults: dict[str, np.ndarray]
) -> Stored:
    """Store values that are known as doubles."""
    stored, is_exact = encode(values, storage)
    if is_exact:
        return Stored(values, stored, StorageNeed(), faults)
    return Stored(values, None, need_of(values), faults)


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
