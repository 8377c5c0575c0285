"""Arrow columns as the texts of csv cells, a whole column at a time."""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.texts import format_column


def format_lines(columns: Sequence[pa.Array], delimiter: str) -> pa.Array:
    """Return one line of csv, with its line feed, for each row.

    A missing value is an empty cell, except where it would be the whole line: many readers skip
    empty lines, so it is `""` there. Only cells that need quotes have them, and an empty text.
    """
    empty = '""' if len(columns) == 1 else ""

    def write(values: pa.Array) -> pa.Array:
        return pc.fill_null(_format_cells(values, delimiter), empty)

    cells = _by_type(columns, write) if len(columns) > len(columns[0]) else [*map(write, columns)]
    if len(cells) > 1:
        cells = [pc.binary_join_element_wise(*cells, pa.scalar(delimiter, pa.large_string()))]
    line_feed = pa.scalar("\n", pa.large_string())
    nothing = pa.scalar("", pa.large_string())
    return pc.binary_join_element_wise(cells[0], line_feed, nothing)


def _by_type(columns: Sequence[pa.Array], write: Callable[[pa.Array], pa.Array]) -> list[pa.Array]:
    """Write all columns of a type together: for few rows, what costs is each call."""
    places: dict[pa.DataType, list[int]] = {}
    for place, each in enumerate(columns):
        places.setdefault(each.type, []).append(place)
    cells: dict[int, pa.Array] = {}
    for its in places.values():
        written = write(pa.concat_arrays([columns[each] for each in its]))
        rows = len(columns[0])
        cells |= {each: written.slice(at * rows, rows) for at, each in enumerate(its)}
    return [cells[place] for place in range(len(columns))]


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
