"""Text that a spreadsheet would take for a formula, made plain text by a `'` before it."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.errors import UsageError
from apollo_spark.export.rows import RowFormat, format_of

# Blanks before the sign do not stop every program; full-width forms are read as the plain ones.
_FORMULA = "^[\\s\u00a0\u200b\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]"
_NUMBER = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"


def require_spreadsheet(targets: Iterable[str]) -> None:
    """Refuse files that are not text: their cells have types, and no program runs them.

    Raises:
        UsageError: One is Parquet.
    """
    if any(format_of(each) is RowFormat.PARQUET for each in targets):
        raise UsageError(
            "--spreadsheet-safe is for csv and tsv: a Parquet file has typed values.",
            fix="Leave it out, or write .csv or .tsv.",
        )


def spreadsheet_safe(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return rows whose texts no spreadsheet runs. Numbers stay, also where they are texts."""

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [_safe(each) for each in batch.columns]
            yield pa.RecordBatch.from_arrays(columns, schema=reader.schema)

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _safe(values: pa.Array) -> pa.Array:
    # Arrays become JSON, which begins with a bracket.
    if not pa.types.is_string(values.type):
        return values
    acts = pc.and_(
        pc.match_substring_regex(values, _FORMULA),
        pc.invert(pc.match_substring_regex(values, _NUMBER)),
    )
    if not pc.any(acts).as_py():
        return values
    marked = pc.binary_join_element_wise(pa.scalar("'"), values, pa.scalar(""))
    return pc.if_else(acts, marked, values)
