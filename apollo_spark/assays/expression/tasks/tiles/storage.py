"""Store decimal values as integers where every value comes back equal.

Values are float64, NaN where missing. Where some are whole numbers that a double may not hold, they
are int64 instead, all of them, with `MISSING_WHOLE` for a missing one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

StorageKind = Literal["integer", "scaled", "double"]
MAX_SCALE = 9
# Magnitudes below these are stored; the least integer of a type stands for "missing". With decimals
# a value is a double when it is read, and an integer above 2**53 would not be one.
LIMITS = {32: 2**31, 64: 2**53}
WHOLE_LIMITS = {32: 2**31, 64: 2**63}
MISSING = {32: -(2**31), 64: -(2**63)}
MISSING_WHOLE = MISSING[64]
POWERS = 10 ** np.arange(19, dtype=np.int64)
FLOAT_POWERS = 10.0 ** np.arange(23)


@dataclass(frozen=True)
class LayerStorage:
    """How the values of a layer are stored: a value is n / 10**scale, or a double.

    Attributes:
        kind: `integer` (scale 0), `scaled` or `double`.
        scale: The power of ten.
        bits: Of one stored value.
    """

    kind: StorageKind
    scale: int = 0
    bits: int = 32

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of a stored value."""
        if self.kind == "double":
            return np.dtype(np.float64)
        return np.dtype(np.int32 if self.bits == 32 else np.int64)

    @property
    def missing(self) -> float:
        """What takes the place of a missing value in arrays of stored values, never in files."""
        return np.nan if self.kind == "double" else MISSING[self.bits]


DOUBLE = LayerStorage("double", bits=64)
COUNTS = LayerStorage("integer")
LONG_WHOLES = LayerStorage("integer", bits=64)


@dataclass(frozen=True)
class StorageNeed:
    """What some values need; `+` gives what both need.

    Attributes:
        scale: Decimals; None where only a double is exact.
        largest: Greatest magnitude; an int is compared exactly.
    """

    scale: int | None = 0
    largest: float | int = 0.0

    def __add__(self, other: "StorageNeed") -> "StorageNeed":
        """What is enough for both."""
        known = self.scale is not None and other.scale is not None
        scale = max(self.scale or 0, other.scale or 0) if known else None
        return StorageNeed(scale, max(self.largest, other.largest))

    def storage(self) -> LayerStorage:
        """Give the smallest storage that is enough."""
        if self.scale is None:
            return DOUBLE
        has_no_decimals = self.scale == 0
        largest = self.largest if has_no_decimals else self.largest * FLOAT_POWERS[self.scale]
        kind: StorageKind = "integer" if has_no_decimals else "scaled"
        for bits, limit in (WHOLE_LIMITS if has_no_decimals else LIMITS).items():
            if largest < limit:
                return LayerStorage(kind, self.scale, bits)
        return DOUBLE


def need_of(values: np.ndarray) -> StorageNeed:
    """Find what values need; a missing one needs nothing."""
    if is_whole(values):
        known = values[values != MISSING_WHOLE]
        return StorageNeed(0, int(np.abs(known).max(initial=0)))
    left = values[~np.isnan(values)]
    largest = float(np.abs(left).max(initial=0.0))
    for scale in range(MAX_SCALE + 1):
        left = left[~fits_scale(left, scale)]
        if len(left) == 0:
            return StorageNeed(scale, largest)
    return StorageNeed(None, largest)


def choose_storage(values: np.ndarray) -> LayerStorage:
    """Choose the smallest storage for values."""
    return need_of(values).storage()


def first_storage(values: np.ndarray) -> LayerStorage:
    """Choose the storage to begin with, from the first values (float64, NaN is missing).

    Whole numbers begin as whole numbers, however long: what a task then says that it needs is
    exact, while doubles would be the last resort.
    """
    storage = need_of(values).storage()
    known = values[~np.isnan(values)]
    return LONG_WHOLES if storage == DOUBLE and (known == np.rint(known)).all() else storage


def fits_scale(values: np.ndarray, scale: int, bits: int = 64) -> np.ndarray:
    """Mark the values that an integer / 10**scale gives back."""
    with np.errstate(over="ignore"):
        scaled = np.rint(values * FLOAT_POWERS[scale])
    exact = scaled / FLOAT_POWERS[scale] == values
    limits = LIMITS if scale else WHOLE_LIMITS
    return np.asarray(exact & (np.abs(scaled) < limits[bits]))


def encode(values: np.ndarray, storage: LayerStorage) -> tuple[np.ndarray, bool]:
    """Give the stored numbers of values, and whether all are exact.

    Where the answer is False the numbers mean nothing.
    """
    if is_whole(values):
        return _encode_whole(values, storage)
    if storage.kind == "double":
        return values.astype(np.float64), True
    holes = np.isnan(values)
    if not (fits_scale(values, storage.scale, storage.bits) | holes).all():
        return np.full(values.shape, storage.missing, storage.dtype), False
    scaled = np.rint(np.where(holes, 0.0, values) * FLOAT_POWERS[storage.scale])
    stored = scaled.astype(storage.dtype)
    stored[holes] = storage.missing
    return stored, True


def _encode_whole(values: np.ndarray, storage: LayerStorage) -> tuple[np.ndarray, bool]:
    if storage.kind == "double":
        return as_floats(values), not is_inexact(values).any()
    holes = values == MISSING_WHOLE
    known = np.where(holes, 0, values)
    limit = (LIMITS if storage.scale else WHOLE_LIMITS)[storage.bits]
    if known.size and max(int(known.max()), -int(known.min())) * 10**storage.scale >= limit:
        return np.full(values.shape, storage.missing, storage.dtype), False
    stored = (known * POWERS[storage.scale]).astype(storage.dtype)
    stored[holes] = storage.missing
    return stored, True


def decode(stored: np.ndarray, storage: LayerStorage) -> np.ndarray:
    """Give the values of stored numbers."""
    if storage.kind == "double" or (storage.scale == 0 and has_long(stored)):
        return stored
    values = stored.astype(np.float64)
    if storage.scale:
        values /= FLOAT_POWERS[storage.scale]
    if stored.min(initial=0) == storage.missing:
        values[stored == storage.missing] = np.nan
    return values


def is_whole(values: np.ndarray) -> bool:
    """Whether values are int64 and may be too long for doubles."""
    return bool(values.dtype == np.int64)


def has_long(wholes: np.ndarray) -> bool:
    """Whether there are whole numbers that a double may not hold."""
    if wholes.dtype != np.int64:
        return False
    return bool(((wholes >= LIMITS[64]) | (wholes <= -LIMITS[64]))[wholes != MISSING_WHOLE].any())


def is_missing(values: np.ndarray) -> np.ndarray:
    """Mark the missing ones."""
    return np.asarray(values == MISSING_WHOLE if is_whole(values) else np.isnan(values))


def is_inexact(wholes: np.ndarray) -> np.ndarray:
    """Mark the whole numbers that no double holds."""
    long = (np.abs(wholes) >= LIMITS[64]) & (wholes != MISSING_WHOLE)
    places = np.nonzero(long)
    some = wholes[places]
    floats = some.astype(np.float64)
    # 2**63 is not an int64, and the double nearest to the largest ones.
    is_lost = np.abs(floats) >= 2.0**63
    is_lost[~is_lost] = floats[~is_lost].astype(np.int64) != some[~is_lost]
    long[places] = is_lost
    return np.asarray(long)


def as_floats(values: np.ndarray) -> np.ndarray:
    """Give values as float64, NaN where missing; long whole numbers lose their last digits."""
    if not is_whole(values):
        return values
    floats = values.astype(np.float64)
    floats[values == MISSING_WHOLE] = np.nan
    return floats


def as_wholes(values: np.ndarray) -> np.ndarray | None:
    """Give values as int64; None where one of them is not a whole number of 64 bits."""
    if is_whole(values):
        return values
    holes = np.isnan(values)
    known = np.where(holes, 0.0, values)
    if ((known != np.rint(known)) | (np.abs(known) >= 2.0**63)).any():
        return None
    wholes = known.astype(np.int64)
    wholes[holes] = MISSING_WHOLE
    return wholes


def put(values: np.ndarray, places: Any, part: np.ndarray) -> np.ndarray:
    """Put a part into values, and give these: as int64 where that is what holds both.

    A fraction beside a long whole number makes floats of all; no storage is enough for both then,
    and who stores them says so.
    """
    if values.dtype != part.dtype:
        wholes = as_wholes(values), as_wholes(part)
        if wholes[0] is None or wholes[1] is None:
            values, part = as_floats(values), as_floats(part)
        else:
            values, part = wholes[0], wholes[1]
    values[places] = part
    return values


def united(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Put parts one after the other; see `put`."""
    if not any(is_whole(each) for each in parts):
        return np.concatenate(parts)
    wholes = [as_wholes(each) for each in parts]
    found = [each for each in wholes if each is not None]
    if len(found) < len(parts):
        return np.concatenate([as_floats(each) for each in parts])
    return np.concatenate(found)


def widen(storage: LayerStorage, needs: Iterable[StorageNeed]) -> LayerStorage:
    """Choose anew after tasks said that a storage was not enough for some of their values."""
    need = sum(needs, StorageNeed(None if storage.kind == "double" else storage.scale))
    wider = need.storage()
    if wider.kind != "double" and wider.bits < storage.bits:
        return LayerStorage(wider.kind, wider.scale, storage.bits)
    return wider
