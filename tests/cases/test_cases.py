"""Every case of the table, by the local runner; the table itself has enough of each kind."""

from pathlib import Path

import pytest

from tests.support.cases import all_cases, require_case
from tests.support.study import apollo

CASES = all_cases()


@pytest.mark.parametrize("label", CASES)
def test_a_case_gives_what_the_table_says(label: str, tmp_path: Path) -> None:
    require_case(CASES[label], tmp_path, apollo)


@pytest.mark.parametrize("module", sorted({label.partition(":")[0] for label in CASES}))
def test_every_kind_has_an_example_and_neighbours(module: str) -> None:
    assert sum(label.startswith(f"{module}: ") for label in CASES) >= 4
