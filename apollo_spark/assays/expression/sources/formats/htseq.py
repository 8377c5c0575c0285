"""Rows of htseq-count, which writes no header: a feature id, attributes, the count."""

from collections.abc import Sequence

from apollo_spark.assays.expression.sources.files.columns import is_number, is_text_column
from apollo_spark.assays.expression.sources.files.quantifiers import HTSEQ_SUMMARY, LAYOUTS
from apollo_spark.assays.expression.sources.files.top import Top, iterate_rows

FORMAT = "htseq"
MOST_COLUMNS = 6
LAYOUT = next(each for each in LAYOUTS if each.format == FORMAT)


def find_htseq_header(top: Top, stated: str) -> tuple[str, ...] | None:
    """Return names for the columns of an output of htseq-count, or None where it is none.

    It is known by its rows without a feature, and by its statement. `--additional-attr` puts
    columns of attributes before the count: they are blank in the rows without a feature. Numbers
    there are the counts of several alignments, of which the file does not say the samples.
    """
    first = top.names
    if not 2 <= len(first) <= MOST_COLUMNS or not is_number(first[-1]):
        return None
    summary = [row for row in iterate_rows(top, errors="replace") if row[0] in HTSEQ_SUMMARY]
    is_known = bool(summary) and all(not any(map(str.strip, row[1:-1])) for row in summary)
    if is_known or (stated == FORMAT and not summary and _has_attributes(top)):
        return _names(len(first))
    return None


def _has_attributes(top: Top) -> bool:
    rows: Sequence[Sequence[str]] = (top.names, *top.rows)
    middle = range(1, len(top.names) - 1)
    columns = [[row[at] for row in rows if at < len(row)] for at in middle]
    return all(is_text_column(each) or not any(map(str.strip, each)) for each in columns)


def _names(columns: int) -> tuple[str, ...]:
    feature, count = LAYOUT.header
    return (feature, *(f"attribute_{number}" for number in range(1, columns - 1)), count)
