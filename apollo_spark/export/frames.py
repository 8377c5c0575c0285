"""Tables as pandas frames, without a digit lost."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.export.packages import need_package, table_to_pandas

if TYPE_CHECKING:
    import pandas as pd


def to_frame(table: pa.Table) -> "pd.DataFrame":
    """Return a table as a frame.

    Whole numbers of which some are missing are pandas' nullable `Int64`: pandas would make floats
    of them, which cannot hold every whole number of 64 bits.
    """
    frame: pd.DataFrame = table_to_pandas(table)
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_integer(column.type) and column.null_count:
            frame[name] = whole_numbers(column)
    return frame


def whole_numbers(column: pa.ChunkedArray) -> Any:
    """Return whole numbers, some missing, as pandas holds them."""
    pd = need_package("pandas")
    values = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    return pd.arrays.IntegerArray(values.copy(), pc.is_null(column).to_numpy().copy())
