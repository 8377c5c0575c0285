"""What a version keeps of the options of a load, and what makes two loads the same job."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from apollo_spark.model.base import canonical_json, sha256_text

if TYPE_CHECKING:
    from apollo_spark.assays.expression.request import ExpressionLoad

SAMPLE_COLUMNS = "sample columns"
"""The role of a file that names the columns of samples."""


def column_parameters(request: "ExpressionLoad") -> Iterator[tuple[str, str]]:
    """Yield what was said of columns; nothing where nothing was, as before there were such words.

    Names of samples may be ids of people: a digest stands for them.
    """
    if request.sample_columns is not None:
        yield "sample_columns", request.sample_columns
    if request.delimiter is not None:
        yield "delimiter", request.delimiter
    if request.no_header:
        yield "no_header", "true"
    if request.samples:
        yield "samples", digest_names(request.samples)


def digest_names(samples: Sequence[str]) -> str:
    """Return how many samples a list names, and a digest of it."""
    return f"{len(samples)} {sha256_text(canonical_json(list(samples)))}"
