"""Check the cells of one column and give them their type.

A wrong cell becomes null and is reported under exactly one rule, the first that applies of:
empty item, type, code. A date without day or month, a whole number with decimals of zero, and one
that a float cannot hold, are reported only where nothing else is wrong.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.convert import ARROW_TYPES, BLANKS, convert, trim
from apollo_spark.workers.values.formats import read_format
from apollo_spark.workers.values.spec import ColumnSpec, ColumnType
from apollo_spark.workers.values.unseen import may_look_alike, without_blank

EMPTY_ITEM = "cell_empty_item"
CODE = "cell_code"
KEY_MISSING = "key_missing"
REFERENCE_MISSING = "reference_missing"
ODD_RULES: dict[ColumnType, str] = {
    "integer": "cell_whole_decimal",
    "float": "cell_inexact",
    "date": "cell_partial_date",
    "datetime": "cell_partial_date",
}
TYPE_RULES: dict[ColumnType, str] = {
    "integer": "cell_integer",
    "float": "cell_float",
    "date": "cell_date",
    "datetime": "cell_datetime",
}


@dataclass(frozen=True)
class ColumnCheck:
    """A column made ready for checking: its codes have the type of its values."""

    column: ColumnSpec
    missing: tuple[str, ...]
    codes: pa.Array | None

    def arrow_type(self) -> pa.DataType:
        """Give the type under which the column is stored."""
        item = ARROW_TYPES[self.column.type]
        return pa.list_(pa.field("element", item)) if self.column.is_multi_select else item


@dataclass(frozen=True)
class CheckedColumn:
    """Typed values of a column, and for each rule that found something the rows it marks.

    `may_look_alike` is false where no value, of a column that joins rows, can be taken for another.
    """

    values: pa.Array
    faults: dict[str, np.ndarray]
    may_look_alike: bool = False


@dataclass(frozen=True)
class CheckedItems:
    """Typed values with wrong ones marked; `bad` by type, `unknown` by code."""

    values: pa.Array
    bad: np.ndarray
    unknown: np.ndarray
    partial: np.ndarray


def prepare_check(column: ColumnSpec, missing: tuple[str, ...]) -> ColumnCheck:
    """Make a column ready; codes that have not its type become null and match nothing."""
    if column.codes is None:
        return ColumnCheck(column, missing, None)
    codes = convert(pa.array(column.codes, pa.string()), column.type, ()).values
    return ColumnCheck(column, missing, codes)


def check_column(texts: pa.Array, check: ColumnCheck) -> CheckedColumn:
    """Check one column.

    Args:
        texts: Strings, null where the cell is missing.
        check: The column, from `prepare_check`.

    Returns:
        Values of `check.arrow_type()`, null where a cell is missing or wrong, and a mask per rule.
    """
    column = check.column
    is_odd = column.joins and column.type == "string" and may_look_alike(texts)
    if is_odd:
        texts = without_blank(texts)
    check_values = check_lists if column.is_multi_select else check_single
    values, faults = check_values(texts, check)
    if (column.is_key or column.is_reference) and values.null_count:
        wrong = np.any(list(faults.values()), axis=0) if faults else np.zeros(len(texts), bool)
        absent = values.is_null().to_numpy(zero_copy_only=False)
        faults[KEY_MISSING if column.is_key else REFERENCE_MISSING] = absent & ~wrong
    found = {rule: mask for rule, mask in faults.items() if mask.any()}
    return CheckedColumn(values, found, is_odd)


def check_single(texts: pa.Array, check: ColumnCheck) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """Check cells that hold one value each."""
    items = check_items(texts, check)
    wrong = items.bad | items.unknown
    values = set_null(items.values, wrong)
    return values, name_faults(check.column, items.bad, items.unknown, items.partial & ~wrong)


def check_items(texts: pa.Array, check: ColumnCheck) -> CheckedItems:
    """Check single values against type and codes."""
    column = check.column
    if column.format is not None:
        texts = read_format(trim(texts, check.missing), column.format, column.type)
    converted = convert(texts, column.type, check.missing)
    unknown = np.zeros(len(texts), bool)
    if check.codes is not None:
        known = pc.or_(pc.is_in(converted.values, check.codes), converted.values.is_null())
        unknown = ~known.to_numpy(zero_copy_only=False)
    return CheckedItems(converted.values, converted.bad, unknown, converted.partial)


def name_faults(
    column: ColumnSpec, bad: np.ndarray, unknown: np.ndarray, partial: np.ndarray
) -> dict[str, np.ndarray]:
    """Put each mask under the name of its rule."""
    faults = {CODE: unknown}
    if column.type in ODD_RULES:
        faults[ODD_RULES[column.type]] = partial
    if column.type in TYPE_RULES:
        faults[TYPE_RULES[column.type]] = bad
    return faults


def set_null(values: pa.Array, wrong: np.ndarray) -> pa.Array:
    """Replace the marked values by null."""
    if not wrong.any():
        return values
    return pc.if_else(pa.array(wrong), pa.scalar(None, values.type), values)


def check_lists(texts: pa.Array, check: ColumnCheck) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """Check cells that hold items joined by `|`; one wrong item makes the whole cell wrong."""
    split = pc.split_pattern(texts, "|")
    lengths = pc.list_value_length(split).fill_null(0).to_numpy(zero_copy_only=False)
    item_texts = split.flatten()
    if check.column.type != "string":
        item_texts = pc.ascii_trim(item_texts, BLANKS)
    # Missing markers stand for a whole cell, never for an item.
    items = check_items(item_texts, ColumnCheck(check.column, (), check.codes))
    rows = np.repeat(np.arange(len(texts)), lengths)
    empty = mark_rows(rows, pc.equal(pc.binary_length(item_texts), 0), len(texts))
    bad = mark_rows(rows, items.bad, len(texts)) & ~empty
    unknown = mark_rows(rows, items.unknown, len(texts)) & ~empty & ~bad
    wrong = empty | bad | unknown
    partial = mark_rows(rows, items.partial, len(texts)) & ~wrong
    missing = wrong | texts.is_null().to_numpy(zero_copy_only=False)
    values = items.values.filter(pa.array(~wrong[rows])) if wrong.any() else items.values
    offsets = np.concatenate([[0], np.cumsum(np.where(wrong, 0, lengths))]).astype(np.int32)
    lists = pa.ListArray.from_arrays(
        pa.array(offsets), values, type=check.arrow_type(), mask=pa.array(missing)
    )
    return lists, {EMPTY_ITEM: empty, **name_faults(check.column, bad, unknown, partial)}


def mark_rows(rows: np.ndarray, items: "np.ndarray | pa.Array", count: int) -> np.ndarray:
    """Mark the rows that hold a marked item."""
    marked = np.zeros(count, bool)
    marked[rows[np.asarray(items, bool)]] = True
    return marked
