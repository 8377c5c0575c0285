"""What all tests share: one Spark session, the study files, markers and the order by folder."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# Every verb loads the table of types of assays, with the rules that types add.
import apollo_spark.assays.types  # noqa: F401
from tests.support.examples import LONG

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TESTS = Path(__file__).parent
CHECKOUT = TESTS.parent

# Cheap ones first: a broken rule shows before any Java starts.
FOLDERS = ("unit", "properties", "load", "cases", "spark", "real", "jobs", "docs")

# Whole verbs on small lakes: what they ask is answered by one database for each lake.
ASKING = ("properties", "load")

# A shared machine is slow now and then; how long an example takes says nothing about a law.
settings.register_profile("shared machine", deadline=None)
# Many more examples of every law: `--hypothesis-profile=long`, as CONTRIBUTING.md says.
settings.register_profile(LONG, deadline=None, print_blob=True)
settings.load_profile("shared machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder and sort the folders by cost."""
    for item in items:
        if (folder := _folder(item)) in FOLDERS:
            item.add_marker(folder)
    items.sort(key=lambda item: _rank(_folder(item)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave modules and tests out of garbage collections, which would look through them all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the garbage collector see everything again: libraries tell of what is left at the end."""
    gc.unfreeze()


def _folder(item: pytest.Item | pytest.Module) -> str:
    return item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""


def _rank(folder: str) -> int:
    return FOLDERS.index(folder) if folder in FOLDERS else 0


@pytest.fixture(scope="module", autouse=True)
def _databases_of_lakes(request: pytest.FixtureRequest) -> Iterator[None]:
    if _folder(request.node) not in ASKING:
        yield
        return
    from tests.support.databases import databases_of_lakes

    with databases_of_lakes():
        yield


@pytest.fixture(scope="session")
def spark_session() -> "Iterator[SparkSession]":
    """The one session of the run, built as the product builds it (instead of pytest-spark's)."""
    from apollo_spark.runtime.session import close_session, open_session
    from apollo_spark.runtime.settings import read_settings

    session = open_session(read_settings(CHECKOUT / "conf" / "local.yaml").spark)
    yield session
    close_session(session)


@pytest.fixture(scope="session")
def _spark_session(spark_session: "SparkSession") -> "SparkSession":
    """What pytest-spark's other fixtures are based on."""
    return spark_session


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the study files, beside the checkout or named by APOLLO_SHARED."""
    folder = Path(os.environ.get("APOLLO_SHARED") or CHECKOUT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"the study files are not here: no folder {folder.name} beside the checkout")
    return folder
