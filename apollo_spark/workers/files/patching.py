"""Write a file of rows anew without some of them, or with other values in some columns.

Rows go by their key. What the file says of itself, and the line of every row that stays, goes
along.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apollo_spark.workers.files.lines import lines_of_rows, load_runs
from apollo_spark.workers.files.parquet import LINES_KEY, FileWriter
from apollo_spark.workers.values.hashing import ContentHash, hash_table

KEY, DROPPED = "row key", "is dropped"
"""Columns of a patch beside those of values; no column of a table is called so."""
OWN_TEXTS = "apollo."


@dataclass(frozen=True)
class PatchTask:
    """A file, and what changes in it.

    Attributes:
        path: The file.
        key: Its column of keys.
        patch: A Parquet file: keys, whether the row of each is dropped, values that take the
            place of those of columns of the same names.
        folder: Where the new file is written.
        number: Is part of the name of the new file.
    """

    path: str
    key: str
    patch: str
    folder: str
    number: int


def run_patch(task: PatchTask) -> dict[str, Any]:
    """Write a file anew (runs in a task).

    Returns:
        A value for JSON: `file` (path, size, rows and stats, None where no row is left), `before`
        and `after` (rows, lo, hi): the rows that the patch names as they were and as they are.
    """
    patch = pq.read_table(task.patch)
    before, after = ContentHash(), ContentHash()
    with pq.ParquetFile(task.path) as source:
        texts = _own_texts(source)
        lines = _lines(texts, source.metadata.num_rows)
        first = 0
        with FileWriter(task.folder, task.number, texts) as writer:
            for group in range(source.num_row_groups):
                table = source.read_row_group(group).replace_schema_metadata(None)
                own = None if lines is None else lines[first : first + table.num_rows]
                first += table.num_rows
                places = pc.index_in(table[task.key], patch[KEY].cast(table[task.key].type))
                named = np.asarray(places.is_valid())
                before += hash_table(table.filter(pa.array(named)))
                kept, is_kept = _apply(table, patch, places, named)
                after += hash_table(kept.filter(pa.array(named[is_kept])))
                writer.add(kept, None if own is None else own[is_kept])
    return {
        "file": None if writer.written is None else asdict(writer.written),
        "before": asdict(before),
        "after": asdict(after),
    }


def _apply(
    table: pa.Table, patch: pa.Table, places: pa.ChunkedArray, named: np.ndarray
) -> tuple[pa.Table, np.ndarray]:
    """Return the rows that stay, with their new values, and which these are."""
    if not named.any():
        return table, np.ones(table.num_rows, bool)
    for name in patch.column_names:
        if name in table.column_names:
            value = patch[name].cast(table[name].type).take(places)
            place = table.column_names.index(name)
            mixed = pc.if_else(pa.array(named), value, table[name])
            table = table.set_column(place, table.schema.field(name), mixed)
    dropped = patch[DROPPED].take(places).fill_null(False)
    is_kept = ~np.asarray(dropped)
    return table.filter(pa.array(is_kept)), is_kept


def _own_texts(source: pq.ParquetFile) -> dict[str, str]:
    found = source.metadata.metadata or {}
    texts = {name.decode(): text.decode() for name, text in found.items()}
    return {name: text for name, text in texts.items() if name.startswith(OWN_TEXTS)}


def _lines(texts: dict[str, str], rows: int) -> np.ndarray | None:
    if LINES_KEY not in texts:
        return None
    return lines_of_rows(load_runs(texts[LINES_KEY]), rows)
