"""Who was there before and is there after: five numbers that make up each other."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.operations.guarded.cells import Cell, Sheet
from apollo_spark.workers.values.texts import format_column


def as_texts(keys: pa.Array) -> pa.Array:
    """Return keys as texts, each once."""
    return format_column(keys.drop_null()).cast(pa.string()).unique()


def add_change(
    sheet: Sheet, before: pa.Array, after: pa.Array, questions: tuple[str, str]
) -> tuple[Cell, ...]:
    """Add how many people there were and are, and how many stayed, came and went, in this order.

    Args:
        sheet: Takes the cells.
        before: The keys of those who were there.
        after: The keys of those who are.
        questions: By what both were chosen.
    """
    now, then = as_texts(before), as_texts(after)
    people = pa.concat_arrays([now, then]).unique()
    is_now, is_then = (
        np.asarray(pc.is_in(people, value_set=each).to_numpy(zero_copy_only=False), dtype=bool)
        for each in (now, then)
    )
    table = sheet.open(people, questions[0])
    masks = (is_now, is_then, is_now & is_then, is_then & ~is_now, is_now & ~is_then)
    meanings = (*questions, None, None, None)
    cells = tuple(
        table.add(mask.astype(np.int64), meaning=each)
        for mask, each in zip(masks, meanings, strict=True)
    )
    old, new, kept, added, lost = cells
    for each in (old, new):
        table.sum_up([each], None)
    table.sum_up([kept, lost], old)
    table.sum_up([kept, added], new)
    return cells
