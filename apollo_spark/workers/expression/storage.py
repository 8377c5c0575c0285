"""Store decimal values as integers where every value comes back equal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

StorageKind = Literal["integer", "scaled", "double"]
MAX_SCALE = 9
# Magnitudes below these are stored; the least integer of a type stands for "missing".
LIMITS = {32: 2**31, 64: 2**53}
MISSING = {32: -(2**31), 64: -(2**63)}
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
        """What stands for a missing value in arrays of stored values, never in files."""
        return np.nan if self.kind == "double" else MISSING[self.bits]


DOUBLE = LayerStorage("double", bits=64)
COUNTS = LayerStorage("integer")


@dataclass(frozen=True)
class StorageNeed:
    """What some values need; `+` gives what both need.

    Attributes:
        scale: Decimals; None where only a double is exact.
        largest: Greatest magnitude.
    """

    scale: int | None = 0
    largest: float = 0.0

    def __add__(self, other: "StorageNeed") -> "StorageNeed":
        """What is enough for both."""
        known = self.scale is not None and other.scale is not None
        scale = max(self.scale or 0, other.scale or 0) if known else None
        return StorageNeed(scale, max(self.largest, other.largest))

    def storage(self) -> LayerStorage:
        """Give the smallest storage that is enough."""
        if self.scale is None:
            return DOUBLE
        largest = self.largest * FLOAT_POWERS[self.scale]
        kind: StorageKind = "integer" if self.scale == 0 else "scaled"
        for bits, limit in LIMITS.items():
            if largest < limit:
                return LayerStorage(kind, self.scale, bits)
        return DOUBLE


def need_of(values: np.ndarray) -> StorageNeed:
    """Find what values need; NaN is missing and needs nothing."""
    left = values[~np.isnan(values)]
    largest = float(np.abs(left).max(initial=0.0))
    for scale in range(MAX_SCALE + 1):
        left = left[~fits_scale(left, scale)]
        if len(left) == 0:
            return StorageNeed(scale, largest)
    return StorageNeed(None, largest)


def choose_storage(values: np.ndarray) -> LayerStorage:
    """Choose the smallest storage for values (float64, NaN is missing)."""
    return need_of(values).storage()


def fits_scale(values: np.ndarray, scale: int, bits: int = 64) -> np.ndarray:
    """Mark the values that an integer / 10**scale gives back."""
    with np.errstate(over="ignore"):
        scaled = np.rint(values * FLOAT_POWERS[scale])
    exact = scaled / FLOAT_POWERS[scale] == values
    return np.asarray(exact & (np.abs(scaled) < LIMITS[bits]))


def encode(values: np.ndarray, storage: LayerStorage) -> tuple[np.ndarray, bool]:
    """Give the stored numbers of values (float64, NaN is missing), and whether all are exact.

    Where the answer is False the numbers mean nothing.
    """
    if storage.kind == "double":
        return values.astype(np.float64), True
    is_missing = np.isnan(values)
    if not (fits_scale(values, storage.scale, storage.bits) | is_missing).all():
        return np.full(values.shape, storage.missing, storage.dtype), False
    scaled = np.rint(np.where(is_missing, 0.0, values) * FLOAT_POWERS[storage.scale])
    stored = scaled.astype(storage.dtype)
    stored[is_missing] = storage.missing
    return stored, True


def decode(stored: np.ndarray, storage: LayerStorage) -> np.ndarray:
    """Give the values of stored numbers as float64, NaN where missing."""
    if storage.kind == "double":
        return stored
    values = stored.astype(np.float64)
    if storage.scale:
        values /= FLOAT_POWERS[storage.scale]
    if stored.min(initial=0) == storage.missing:
        values[stored == storage.missing] = np.nan
    return values


def widen(storage: LayerStorage, needs: Iterable[StorageNeed]) -> LayerStorage:
    """Choose anew after tasks said that a storage was not enough for some of their values."""
    need = sum(needs, StorageNeed(None if storage.kind == "double" else storage.scale))
    wider = need.storage()
    if wider.kind != "double" and wider.bits < storage.bits:
        return LayerStorage(wider.kind, wider.scale, storage.bits)
    return wider
