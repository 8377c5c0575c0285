"""One database for all questions about a lake, because tests ask many that are small."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from apollo_spark.engines.databases import Database, Limits, OpenDatabases
from apollo_spark.engines.embedded import open_database


@contextmanager
def databases_of_lakes() -> Iterator[None]:
    """Open databases that may read all files of a lake, and not only those of one question.

    To open one takes longer than a question about ten rows. What a database may read is taken from
    the question that it answers, so that no question finds out; that a database of the product
    reads nothing else, `tests/unit/engines` shows.
    """
    databases = OpenDatabases(_open_for_lakes)
    with patch("apollo_spark.engines.embedded.DATABASES", databases):
        yield
    databases.close()


def _open_for_lakes(limits: Limits, files: Collection[str]) -> Database:
    lakes = {lake for each in files if (lake := _lake_of(each))}
    beside = (str(each) for lake in lakes for each in lake.rglob("*.parquet"))
    return open_database(limits, {*files, *beside})


def _lake_of(file: str) -> Path | None:
    """Return the folder of the tables of a file's lake; a table outside of a lake has none."""
    return next((each for each in Path(file).parents if each.name == "tables"), None)
