"""Fields of samples in AnnData: whole numbers of which some are missing keep their digits."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from apollo_spark.assays.expression.read.matrix import MatrixResult, to_anndata
from apollo_spark.export import frames
from apollo_spark.export.frames import typed_frame

pd = pytest.importorskip("pandas")

LONG = 2**53 + 1


def test_whole_numbers_are_floats_only_where_no_digit_is_lost() -> None:
    pytest.importorskip("anndata")
    matrix = MatrixResult(("A",), ("S1", "S2"), np.array([[1], [2]], np.int64), None)
    samples = pa.table({"sample_id": ["S2", "S1"], "long": [None, LONG], "short": [None, 3]})

    obs = to_anndata({"count": matrix}, samples, pa.table({"feature_id": ["A"]})).obs

    assert obs.index.tolist() == ["S1", "S2"]
    assert obs.dtypes.astype(str).to_dict() == {"long": "Int64", "short": "float64"}
    assert obs["long"]["S1"] == LONG
    assert obs["short"].isna().tolist() == [False, True]


def test_texts_of_which_some_are_missing_can_be_written(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata")
    nothing = pa.array([None, None], pa.string())
    table = pa.table({"some": ["a", None], "none": nothing, "all": ["a", "b"]})

    obs = typed_frame(table, {}).set_index(pd.Index(["S1", "S2"]))
    anndata.AnnData(np.ones((2, 1)), obs=obs).write_h5ad(tmp_path / "x.h5ad")

    found = anndata.read_h5ad(tmp_path / "x.h5ad").obs
    assert found["some"].isna().tolist() == [False, True]
    assert found["none"].isna().tolist() == [True, True]
    assert found["all"].tolist() == ["a", "b"]


def test_a_long_coding_has_the_categories_that_occur_in_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = pa.table({"code": ["c", "other", "a", None]})

    whole = typed_frame(table, {"code": ("c", "b", "a")})["code"].cat.categories
    monkeypatch.setattr(frames, "MOST_CATEGORIES", 2)
    some = typed_frame(table, {"code": ("c", "b", "a")})["code"].cat.categories

    assert list(whole) == ["c", "b", "a", "other"]
    assert list(some) == ["c", "a", "other"]
