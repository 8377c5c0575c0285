"""What a dry run writes: the same as the verb, into a lake that is thrown away."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from apollo_spark.lake.lake import Lake


@contextmanager
def lake_of_dry_run(lake: Lake) -> Iterator[Lake]:
    """Give an empty lake in a folder that is removed, with the clock of another one.

    Args:
        lake: The one that the verb would write to. It is only read.
    """
    with tempfile.TemporaryDirectory(prefix="apollo-dry-run-") as folder:
        yield lake.elsewhere(folder)
