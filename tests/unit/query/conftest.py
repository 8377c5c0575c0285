"""An embedded engine over the tables of the small hospital study."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from tests.support.hospital import HOSPITAL_ROWS, hospital_dictionary
from tests.support.tables import FileTables, answer, arrow_tables

Ask = Callable[[exp.Query], list[tuple[Any, ...]]]


@pytest.fixture
def hospital(tmp_path: Path) -> FileTables:
    tables = FileTables(tmp_path)
    for name, table in arrow_tables(hospital_dictionary(), HOSPITAL_ROWS).items():
        tables.add(name, table, files=2)
    return tables


@pytest.fixture
def ask(hospital: FileTables) -> Ask:
    engine = EmbeddedEngine(hospital, threads=1)
    return lambda tree: answer(engine.run(tree, hospital.pins))
