"""Values of Arrow columns as texts of one form, a whole column at a time."""

import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Between these, Arrow's shortest decimal differs from Python's by a missing `.0` alone.
_PLAIN_LOW, _PLAIN_HIGH = 1e-4, 1e7
_CONTROL = "[\\x00-\\x1f]"


def format_column(values: pa.Array) -> pa.Array:
    """Return values as texts of one form, missing ones missing.

    Dates are `YYYY-MM-DD`, datetimes `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`, floats the shortest decimal
    that reads back the same as Python writes it (`1.0`, `0.0001`, `1e-05`), arrays compact JSON.
    """
    if pa.types.is_list(values.type):
        return _format_lists(values)
    if pa.types.is_floating(values.type):
        return _format_floats(values)
    texts = pc.cast(values, pa.large_string())
    if pa.types.is_timestamp(values.type):
        texts = pc.replace_substring(texts, " ", "T")
        return pc.replace_substring(texts, ".000000Z", "Z")
    return texts


def _format_floats(values: pa.Array) -> pa.Array:
    texts = pc.cast(values, pa.large_string())
    dotless = pc.invert(pc.match_substring_regex(texts, "[.]"))
    dot, nothing = pa.scalar(".0", pa.large_string()), pa.scalar("", pa.large_string())
    texts = pc.if_else(dotless, pc.binary_join_element_wise(texts, dot, nothing), texts)
    size = pc.abs(values)
    is_plain = pc.and_(pc.greater_equal(size, _PLAIN_LOW), pc.less(size, _PLAIN_HIGH))
    rare = pc.invert(pc.or_(is_plain, pc.equal(size, 0)))
    return _replace(texts, values, rare, repr)


def _format_lists(values: pa.Array) -> pa.Array:
    items = pc.list_flatten(values)
    texts = format_column(items)
    if not (pa.types.is_floating(items.type) or pa.types.is_integer(items.type)):
        texts = _to_json(texts)
    texts = pc.fill_null(texts, "null")
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    lists = pa.LargeListArray.from_arrays(pa.array(offsets), texts)
    joined = pc.binary_join(lists, pa.scalar(",", pa.large_string()))
    opening, closing = pa.scalar("[", pa.large_string()), pa.scalar("]", pa.large_string())
    wrapped = pc.binary_join_element_wise(
        opening, joined, closing, pa.scalar("", pa.large_string())
    )
    return pc.if_else(pc.is_valid(values), wrapped, pa.scalar(None, pa.large_string()))


def _to_json(texts: pa.Array) -> pa.Array:
    escaped = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
    mark, nothing = pa.scalar('"', pa.large_string()), pa.scalar("", pa.large_string())
    quoted = pc.binary_join_element_wise(mark, escaped, mark, nothing)
    return _replace(quoted, texts, pc.match_substring_regex(texts, _CONTROL), _dump)


def _dump(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _replace(
    texts: pa.Array, values: pa.Array, chosen: pa.Array, write: Callable[..., str]
) -> pa.Array:
    """Return texts in which the few chosen ones are written one by one."""
    chosen = pc.fill_null(chosen, False)
    if not pc.any(chosen).as_py():
        return texts
    written = [write(each) for each in pc.filter(values, chosen).to_pylist()]
    return pc.replace_with_mask(texts, chosen, pa.array(written, pa.large_string()))
