"""Tables as pandas frames, without a digit lost."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.export.packages import need_package, table_to_pandas
from apollo_spark.model.coding import Coding
from apollo_spark.workers.values.texts import format_column

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


MOST_CATEGORIES = 1_000
"""Meanings of a coding that are all categories; of a longer one those that occur."""


def categories(coding: Coding) -> tuple[str, ...]:
    """Return the meanings of a coding in its order, each once."""
    return tuple(dict.fromkeys(coding.meanings.values()))


def typed_frame(table: pa.Table, orders: Mapping[str, Sequence[str]]) -> "pd.DataFrame":
    """Return a table as a frame that tools for AnnData take.

    Whole numbers are nullable `Int64`, dates and datetimes datetimes of microseconds, the latter
    in UTC, arrays compact JSON, coded fields categoricals. Texts of which some are missing are
    categoricals too.

    Args:
        table: The rows.
        orders: By column the categories in their order; values beside them come after these.
    """
    pd = need_package("pandas")
    columns = {
        name: _typed(pd, table.column(name), orders.get(name)) for name in table.column_names
    }
    # Made at once: a frame that gets thousands of columns one by one is slow.
    return pd.DataFrame(columns, index=range(table.num_rows))


def _typed(pd: Any, column: pa.ChunkedArray, order: Sequence[str] | None) -> Any:
    type_ = column.type
    if pa.types.is_integer(type_):
        return whole_numbers(column)
    if pa.types.is_floating(type_):
        return column.to_numpy()
    if pa.types.is_date(type_) or pa.types.is_timestamp(type_):
        stamps = column.cast(pa.timestamp("us")).to_numpy().astype("datetime64[us]")
        values = pd.DatetimeIndex(stamps)
        return values.tz_localize("UTC") if pa.types.is_timestamp(type_) else values
    if order is not None:
        return _categorical(pd, column, order)
    if pa.types.is_list(type_):
        column = pa.chunked_array([format_column(column.combine_chunks())])
    texts = column.to_numpy(zero_copy_only=False)
    # h5ad holds no text that is missing, but categories that are.
    return pd.Categorical(texts) if column.null_count else texts


def _categorical(pd: Any, column: pa.ChunkedArray, order: Sequence[str]) -> Any:
    there = set(pc.unique(column).drop_null().to_pylist())
    others = sorted(there.difference(order))
    if len(order) > MOST_CATEGORIES:
        order = [each for each in order if each in there]
    listed = [*order, *others]
    places = pc.fill_null(pc.index_in(column, value_set=pa.array(listed, pa.string())), -1)
    return pd.Categorical.from_codes(places.to_numpy(), categories=pd.Index(listed, dtype=object))
