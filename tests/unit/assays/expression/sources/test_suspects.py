"""Columns like ids among very many: they are found, at a cost in proportion to the columns."""

import numpy as np
import pytest

from apollo_spark.assays.expression.sources.formats import suspects

ROWS, COLUMNS = 200, 300


def counts(seed: int = 1) -> np.ndarray:
    """Counts of samples that are alike, with zeros."""
    random = np.random.default_rng(seed)
    means = random.gamma(0.5, 40, ROWS)
    return random.poisson(means[:, None], (ROWS, COLUMNS)).astype(float)


def test_a_column_that_has_nothing_to_do_with_hundreds_of_others_is_found() -> None:
    values = counts()
    values[:, 7] = np.random.default_rng(2).permutation(ROWS) + 1

    assert [at for at, _ in suspects._suspects(values)] == [7]


def test_ranks_are_compared_with_few_columns_however_many_look_like_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = counts()
    random = np.random.default_rng(3)
    for at in range(0, COLUMNS, 3):
        values[:, at] = random.permutation(ROWS) + 1
    ranked = []
    ranks = suspects._ranks
    monkeypatch.setattr(suspects, "_ranks", lambda own: ranked.append(1) or ranks(own))

    found = [at for at, _ in suspects._suspects(values)]

    assert found == list(range(0, COLUMNS, 3))
    assert len(ranked) <= COLUMNS + suspects.COMPARED_COLUMNS


def test_a_column_of_one_value_and_columns_of_nothing_are_no_suspects() -> None:
    values = counts()
    values[:, 3], values[:, 4] = 5, np.nan

    assert list(suspects._suspects(values)) == []
    assert list(suspects._suspects(np.full((60, 4), np.nan))) == []
