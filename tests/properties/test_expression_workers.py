"""Any small matrix, written in any format, gives the same matrix, hash and statistics."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apollo_spark.assays.expression.tasks.tiles.content import hash_matrix
from apollo_spark.assays.expression.tasks.tiles.stats import load_stats, merge_stats, unpack
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage, choose_storage, decode
from tests.support.worker_cases import CELLS, HUGE, Case, Loader, cases, total_hash, workspace


@settings(deadline=None)
@given(cases())
@example(HUGE)
def test_every_format_gives_the_same_tiles(case: Case) -> None:
    values = case.values()
    expected = hash_matrix(values, case.features, case.samples)
    for name in ("matrix", "sample_rows", "sample_files", "long"):
        with workspace() as folder:
            loader = Loader(case, folder)
            results = getattr(loader, name)()
            assert all(each["is_enough"] for each in results), name
            assert [each["counts"] for each in results] == [[]] * len(results), name
            np.testing.assert_array_equal(loader.read_back(results), values, name)
            assert total_hash(results) == expected, name


@settings(deadline=None)
@given(cases())
def test_statistics_are_those_of_numpy(case: Case) -> None:
    values = np.clip(case.values(), -1e100, 1e100)
    cells = [["" if np.isnan(v) else repr(float(v)) for v in row] for row in values]
    case = Case(**{**case.__dict__, "cells": cells})
    for name in ("matrix", "sample_rows"):
        with workspace() as folder:
            results = getattr(Loader(case, folder), name)()
        for axis, rows in (("features", values), ("samples", values.T)):
            # Samples are numbered inside a task: a task of one block has others first.
            starts = [0] * len(results)
            if axis == "samples" and name == "sample_rows":
                starts = [number * case.block_size for number in range(len(results))]
            parts = [
                (unpack(each[axis]["places"], "<i4") + start, load_stats(each[axis]))
                for each, start in zip(results, starts, strict=True)
            ]
            stats = merge_stats(parts, len(rows))
            for place, row in enumerate(rows):
                known = row[~np.isnan(row)]
                assert stats.count[place] == len(known)
                assert stats.detected[place] == np.count_nonzero(known > 0)
                scale = np.abs(known).max(initial=0.0)
                close = {"rtol": 1e-12, "atol": 1e-12 * scale}
                np.testing.assert_allclose(stats.total[place], known.sum(), **close)
                if len(known):
                    np.testing.assert_allclose(stats.mean[place], known.mean(), **close)
                if len(known) > 1:
                    np.testing.assert_allclose(
                        stats.variance()[place],
                        known.var(ddof=1),
                        rtol=1e-12,
                        atol=1e-12 * scale**2,
                    )


@settings(deadline=None)
@given(st.lists(CELLS.filter(bool), min_size=1))
def test_the_chosen_storage_gives_every_value_back(cells: list[str]) -> None:
    from apollo_spark.assays.expression.tasks.tiles.storage import encode

    values = np.array([float(cell) + 0.0 for cell in cells])

    storage = choose_storage(values)

    stored, is_exact = encode(values, storage)
    assert is_exact
    np.testing.assert_array_equal(decode(stored, storage), values)
    if storage.kind != "double" and storage.scale:
        smaller = LayerStorage("scaled", storage.scale - 1, 64)
        assert not encode(values, smaller)[1]
