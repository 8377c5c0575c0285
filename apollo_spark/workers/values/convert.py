"""Text arrays to typed arrays: whole columns at once, odd texts one by one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.dates import parse_date, parse_datetime
from apollo_spark.workers.values.numerals import EXACT, parse_decimal, parse_whole
from apollo_spark.workers.values.spec import ColumnType

BLANKS = " \t\n\r\v\f"
# A cast that fails costs more per text than one that works, so few texts share one fate.
SLICE = 1024
FIRST_DAY, FIRST_MICRO = -719162, -62135596800000000
LAST_MICRO = 253402300799999999

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class Converted:
    """Typed values; null where the text is missing or `bad`.

    `partial` marks what is taken and told: dates without day or month, times without minutes, whole
    numbers with decimals of zero, whole numbers that a float does not hold to their last digit.
    """

    values: pa.Array
    bad: np.ndarray
    partial: np.ndarray


def convert(texts: pa.Array, kind: ColumnType, missing: tuple[str, ...]) -> Converted:
    """Give the typed values of texts; surrounding blanks do not count except in strings.

    Args:
        texts: Strings, null where missing.
        kind: Type of the values.
        missing: Texts that mean "no value" once the blanks around them are gone.
    """
    values = texts if kind == "string" else convert_all(texts, kind)
    if values is not None:
        nothing = np.zeros(len(texts), bool)
        return Converted(values, nothing, nothing)
    encoded = trim(texts, missing).dictionary_encode()
    unique = convert_unique(encoded.dictionary, kind)
    indices = encoded.indices
    return Converted(
        values=unique.values.take(indices),
        bad=take_mask(unique.bad, indices),
        partial=take_mask(unique.partial, indices),
    )


def trim(texts: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    """Take the blanks around texts away; null where only a missing marker remains."""
    trimmed = pc.ascii_trim(texts, BLANKS)
    is_missing = pc.is_in(trimmed, pa.array(missing, pa.string()))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), trimmed)


def take_mask(mask: np.ndarray, indices: pa.Array) -> np.ndarray:
    """Spread a mask over rows; a missing row is False."""
    if not mask.any():
        return np.zeros(len(indices), bool)
    rows = pa.array(mask).take(indices).fill_null(False).to_numpy(zero_copy_only=False)
    return np.asarray(rows, bool)


def convert_unique(texts: pa.Array, kind: ColumnType) -> Converted:
    """Convert different texts slice by slice, so that few odd ones slow few others."""
    parts = [
        convert_slice(texts.slice(start, SLICE), kind)
        for start in range(0, max(len(texts), 1), SLICE)
    ]
    return Converted(
        values=pa.concat_arrays([each.values for each in parts]),
        bad=np.concatenate([each.bad for each in parts]),
        partial=np.concatenate([each.partial for each in parts]),
    )


def convert_slice(texts: pa.Array, kind: ColumnType) -> Converted:
    """Convert a few texts, at once if possible."""
    values = convert_all(texts, kind)
    if values is None:
        whole = convert_decimals(texts) if kind == "integer" else None
        return whole or convert_each(texts.to_pylist(), kind)
    nothing = np.zeros(len(texts), bool)
    return Converted(values, nothing, nothing)


def convert_decimals(texts: pa.Array) -> Converted | None:
    """Convert whole numbers of which some have decimals of zero; None if any is something else."""
    found = pc.match_substring_regex(texts, r"^[+-]?[0-9]+\.0*$")
    values = convert_all(
        pc.replace_substring_regex(texts, r"^([+-]?[0-9]+)\.0*$", r"\1"), "integer"
    )
    if values is None:
        return None
    partial = np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False), bool)
    return Converted(values, np.zeros(len(texts), bool), partial)


def convert_each(texts: list[str], kind: ColumnType) -> Converted:
    """Convert texts one by one."""
    parse = PARSERS[kind]
    parsed = [parse(text) for text in texts]
    bad = [each is None for each in parsed]
    partial = [is_odd(each) for each in parsed]
    values = pa.array([getattr(each, "value", each) for each in parsed], ARROW_TYPES[kind])
    return Converted(values, np.array(bad, bool), np.array(partial, bool))


def is_odd(parsed: Any) -> bool:
    """Say whether a text that was read is one to be reported."""
    return any(
        getattr(parsed, each, False) for each in ("is_partial", "has_decimals", "is_inexact")
    )


PARSERS: dict[ColumnType, Callable[[str], Any]] = {
    "integer": parse_whole,
    "float": parse_decimal,
    "date": parse_date,
    "datetime": parse_datetime,
}


def convert_all(texts: pa.Array, kind: ColumnType) -> pa.Array | None:
    """Cast a whole column, or None if any text needs a closer look."""
    for attempt in CASTS[kind]:
        try:
            values = attempt(texts)
        except pa.ArrowInvalid:
            continue
        if values is not None:
            return values
    return None


def cast_integers(texts: pa.Array) -> pa.Array | None:
    """Cast integers; hexadecimal ones, which the cast would accept, get a closer look."""
    values = pc.cast(texts, pa.int64())
    content = text_bytes(texts)
    return None if b"x" in content or b"X" in content else values


def text_bytes(texts: pa.Array) -> bytes:
    """Give the bytes of all texts, one after the other."""
    _, offsets, data = texts.buffers()
    if len(texts) == 0 or data is None:
        return b""
    ends = np.frombuffer(offsets, np.int32)
    start, end = ends[texts.offset], ends[texts.offset + len(texts)]
    return bytes(data.slice(start, end - start).to_pybytes())


def cast_floats(texts: pa.Array) -> pa.Array | None:
    """Cast decimal numbers; NaN, infinities and what may lose a digit get a closer look."""
    values = pc.cast(texts, pa.float64())
    small = pc.all(pc.less(pc.abs(values), float(EXACT))).as_py()
    return None if small is False else values


def cast_dates(texts: pa.Array) -> pa.Array | None:
    """Cast whole dates; the cast would accept the year 0."""
    values = pc.cast(texts, pa.date32())
    return values if is_within(values.view(pa.int32()), FIRST_DAY, None) else None


def cast_local_times(texts: pa.Array) -> pa.Array | None:
    """Cast datetimes of which none has a zone."""
    return require_times(texts, pc.cast(texts, pa.timestamp("us")))


def cast_zoned_times(texts: pa.Array) -> pa.Array | None:
    """Cast datetimes that all have a zone."""
    return require_times(texts, pc.cast(texts, pa.timestamp("us", "UTC")))


def require_times(texts: pa.Array, values: pa.Array) -> pa.Array | None:
    """Give UTC values, or None if one is out of range or an hour has no minutes."""
    has_minutes = pc.equal(pc.find_substring(texts, ":"), len("yyyy-mm-dd hh"))
    is_date = pc.equal(pc.binary_length(texts), len("yyyy-mm-dd"))
    if pc.all(pc.or_(has_minutes, is_date)).as_py() is False:
        return None
    if not is_within(values.view(pa.int64()), FIRST_MICRO, LAST_MICRO):
        return None
    return values.view(pa.timestamp("us", "UTC"))


def is_within(values: pa.Array, first: int, last: int | None) -> bool:
    """Say whether all values lie between two others."""
    bounds = pc.min_max(values).as_py()
    if bounds["min"] is None:
        return True
    return bounds["min"] >= first and (last is None or bounds["max"] <= last)


CASTS: dict[ColumnType, tuple[Callable[[pa.Array], pa.Array | None], ...]] = {
    "integer": (cast_integers,),
    "float": (cast_floats,),
    "date": (cast_dates,),
    "datetime": (cast_local_times, cast_zoned_times),
}
