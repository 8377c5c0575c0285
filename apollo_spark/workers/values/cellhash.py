"""64-bit hashes of the cells of an array, the same for every way in which Arrow stores them."""

from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LONG_TEXT = 1024
MICROS = {"s": 1_000_000, "ms": 1_000, "us": 1}
MILLIS_PER_DAY = 86_400_000
NULL = np.uint64(0x6E9B_1D8F_3C52_A7E1)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
STEP = np.uint64(0x9E3779B97F4A7C15)
# The bits of a word that belong to a text with so many bytes left.
WORD_MASKS = np.array([2 ** (8 * each) - 1 for each in range(9)], np.uint64)


def logical_type(kind: pa.DataType) -> str:
    """Name a type as people know it, whatever its width, unit, zone or storage.

    >>> logical_type(pa.list_(pa.timestamp("ns")))
    'list<datetime>'
    """
    types = pa.types
    if types.is_dictionary(kind):
        return logical_type(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"list<{logical_type(kind.value_type)}>"
    for name, matches in (
        ("string", lambda t: types.is_string(t) or types.is_large_string(t) or is_view(t)),
        ("integer", types.is_integer),
        ("float", types.is_floating),
        ("boolean", types.is_boolean),
        ("date", types.is_date),
        ("datetime", types.is_timestamp),
    ):
        if matches(kind):
            return name
    raise TypeError(f"A column of type {kind} has no content hash.")


def is_view(kind: pa.DataType) -> bool:
    """Say whether strings are stored as views."""
    return bool(pa.types.is_string_view(kind))


def mix(bits: np.ndarray) -> np.ndarray:
    """Spread every bit over all 64, in place: a bijection (the finisher of splitmix64)."""
    bits ^= bits >> np.uint64(30)
    bits *= FIRST
    bits ^= bits >> np.uint64(27)
    bits *= SECOND
    bits ^= bits >> np.uint64(31)
    return bits


def hash_cells(array: pa.Array) -> np.ndarray:
    """Hash each cell of an array into a fresh array of 64-bit numbers."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        # One more cell stands for the rows without value, so that no dictionary is empty.
        hashes = np.append(hash_cells(array.dictionary), NULL)
        indices = array.indices.cast(pa.int64()).fill_null(len(array.dictionary))
        cells: np.ndarray = hashes[indices.to_numpy(zero_copy_only=False)]
    elif logical_type(kind) == "string":
        cells = hash_texts(array)
    elif logical_type(kind).startswith("list"):
        cells = hash_lists(array)
    else:
        cells = fixed_bits(array)
    if array.null_count:
        cells[array.is_null().to_numpy(zero_copy_only=False)] = NULL
    return cells


def fixed_bits(array: pa.Array) -> np.ndarray:
    """Give numbers, dates (days) and datetimes (microseconds, UTC) as 64 bits."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        values = int64_view(array)
        micros = values // 1000 if kind.unit == "ns" else values * MICROS[kind.unit]
        return np.asarray(micros).view(np.uint64)
    if pa.types.is_date64(kind):
        return (int64_view(array) // MILLIS_PER_DAY).view(np.uint64)
    if pa.types.is_floating(kind):
        floats = array.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        # NaN has many bit patterns and one meaning.
        return np.where(np.isnan(floats), np.nan, floats).view(np.uint64)
    if pa.types.is_date32(kind):
        array = array.view(pa.int32())
    values = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return np.array(values, np.int64).view(np.uint64)


def int64_view(array: pa.Array) -> np.ndarray:
    """Give the stored 64-bit numbers, 0 where null."""
    return np.asarray(array.view(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))


def hash_lists(array: pa.Array) -> np.ndarray:
    """Hash lists: their items with their positions, and their lengths."""
    lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths.astype(np.int64))
    position = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    items = hash_cells(array.flatten()) + (position + 1).astype(np.uint64) * STEP
    # Sums modulo 2**64, so the difference of two running sums is exact.
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mix(items), dtype=np.uint64)])
    return np.asarray(sums[ends] - sums[ends - lengths] + lengths.astype(np.uint64) * SECOND)


def hash_texts(array: pa.Array) -> np.ndarray:
    """Hash texts by words of eight bytes, long ones by BLAKE2b."""
    offsets, data = text_buffers(array)
    starts, lengths = offsets[:-1], np.diff(offsets)
    words = np.ndarray(max(len(data) - 7, 0), "<u8", data, strides=(1,))
    hashes: np.ndarray = lengths.astype(np.uint64) * STEP
    longest = min(int(lengths.max(initial=0)), LONG_TEXT)
    for done in range(0, longest, 8):
        rows = slice(None) if done == 0 else np.flatnonzero(lengths > done)
        left = np.minimum(lengths[rows] - done, 8)
        word = words[starts[rows] + done]
        word &= WORD_MASKS[left]
        word ^= hashes[rows]
        word *= FIRST
        word ^= word >> np.uint64(29)
        hashes[rows] = word
    for row in np.flatnonzero(lengths > LONG_TEXT):
        text = data[starts[row] : starts[row] + lengths[row]]
        hashes[row] = int.from_bytes(blake2b(text.tobytes(), digest_size=8).digest(), "little")
    return hashes


def text_buffers(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Give offsets and UTF-8 bytes of texts, the bytes padded so that every word can be read."""
    if is_view(array.type):
        array = array.cast(pa.large_string())
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    _, offset_buffer, data_buffer = array.buffers()
    if len(array) == 0 or data_buffer is None:
        return np.zeros(len(array) + 1, np.int64), np.zeros(8, np.uint8)
    first, last = array.offset, array.offset + len(array) + 1
    offsets = np.frombuffer(offset_buffer, width)[first:last].astype(np.int64)
    data = np.zeros(offsets[-1] - offsets[0] + 8, np.uint8)
    data[:-8] = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data
