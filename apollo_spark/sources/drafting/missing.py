"""Texts that mean missing in files of others: found where all other cells are numbers or dates."""

from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.model.field import FieldType
from apollo_spark.sources.drafting.facts import DraftTask, draft_facts
from apollo_spark.sources.inference.infer import iterate_columns
from apollo_spark.workers.values.convert import trim

MARKERS = (
    "NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "NULL", "null", "#NULL!", ".", "-", "--", "?",
    "[Not Available]", "[Not Applicable]", "[Not Evaluated]", "[Unknown]", "[Discrepancy]",
    "Not Available", "not available", "not reported", "Not Reported",
)  # fmt: skip
"""What programs and registries write where there is no value."""
NOTHING: frozenset[str] = frozenset()


def run_markers(task: DraftTask) -> dict[str, frozenset[str]]:
    """Return the markers of each column in the first rows of a block."""
    cells = iterate_columns(task.block, task.columns, task.missing)
    return {name: find_markers(texts) for name, texts in islice(cells, len(task.columns))}


def find_markers(texts: pa.Array) -> frozenset[str]:
    """Return the markers that alone keep cells from being numbers or dates.

    Args:
        texts: Strings; null where they are missing.
    """
    bare = trim(texts.drop_null().unique(), ("",)).drop_null()
    is_marker = pc.is_in(bare, pa.array(MARKERS))
    rest = bare.filter(pc.invert(is_marker))
    if len(rest) in (0, len(bare)):
        return NOTHING
    is_typed = draft_facts(rest, ("",)).type is not FieldType.STRING
    return frozenset(bare.filter(is_marker).to_pylist()) if is_typed else NOTHING
