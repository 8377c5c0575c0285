"""Arrow columns as the texts of csv cells, a whole column at a time."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Between these, Arrow's shortest decimal differs from Python's by a missing `.0` alone.
_PLAIN_LOW, _PLAIN_HIGH = 1e-4, 1e7
_CONTROL = "[\\x00-\\x1f]"


def format_lines(columns: Sequence[pa.Array], delimiter: str) -> pa.Array:
    """Return one line of csv, with its line feed, for each row.

    A missing value is an empty cell, except where it would be the whole line: many readers skip
    empty lines, so it is `""` there. Only cells that need quotes have them, and an empty text.
    """
    cells = [_format_cells(each, delimiter) for each in columns]
    empty = '""' if len(cells) == 1 else ""
    cells = [pc.fill_null(each, empty) for each in cells]
    if len(cells) > 1:
        cells = [pc.binary_join_element_wise(*cells, pa.scalar(delimiter, pa.large_string()))]
    line_feed = pa.scalar("\n", pa.large_string())
    nothing = pa.scalar("", pa.large_string())
    return pc.binary_join_element_wise(cells[0], line_feed, nothing)


def _format_cells(values: pa.Array, delimiter: str) -> pa.Array:
    texts = format_column(values)
    # Numbers and dates hold nothing that needs quotes, and looking for it takes its time.
    is_free = pa.types.is_string(values.type) or pa.types.is_list(values.type)
    return quote(texts, delimiter) if is_free else texts


def quote(cells: pa.Array, delimiter: str) -> pa.Array:
    """Return cells with quotes round those that hold a delimiter, a quote or a line end."""
    needs = pc.or_(pc.match_substring_regex(cells, f'[{delimiter}"\r\n]'), pc.equal(cells, ""))
    if not pc.any(needs).as_py():
        return cells
    mark, nothing = pa.scalar('"', pa.large_string()), pa.scalar("", pa.large_string())
    doubled = pc.replace_substring(cells, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise(mark, doubled, mark, nothing), cells)


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
