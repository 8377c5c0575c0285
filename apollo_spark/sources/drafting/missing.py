"""Texts that mean missing in files of others: found where all other cells are numbers or dates."""

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.model.field import FieldType
from apollo_spark.sources.drafting.facts import DraftTask, draft_facts
from apollo_spark.workers.chunks import iterate_chunks
from apollo_spark.workers.parse import parse_columns
from apollo_spark.workers.source import InputProblemError
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
    file = task.block.file
    positions = [file.header.index(each) for each in task.columns]
    try:
        for chunk in iterate_chunks(task.block):
            texts = parse_columns(chunk, file, positions, task.missing).texts
            return dict(zip(task.columns, map(find_markers, texts), strict=True))
    except InputProblemError:
        # The load of the file reports the problem with its place.
        pass
    return {}


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
