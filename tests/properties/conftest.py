"""Laws are tried by many small questions about few lakes: a database answers all about a lake."""

from collections.abc import Collection, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from apollo_spark.engines.databases import Database, Limits, OpenDatabases
from apollo_spark.engines.embedded import open_database


@pytest.fixture(scope="module", autouse=True)
def _databases_of_lakes() -> Iterator[None]:
    """Open databases that may read all files of a lake, and not only those of one question.

    To open one takes longer than a question about ten rows. That a database of the product reads
    what was asked about and nothing else, `tests/unit/engines` shows.
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
