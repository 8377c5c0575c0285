"""Fields of samples in AnnData: whole numbers of which some are missing keep their digits."""

import numpy as np
import pyarrow as pa
import pytest

from apollo_spark.assays.expression.read.matrix import MatrixResult, to_anndata

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
