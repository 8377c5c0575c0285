"""Two ways to read tiles, as SQL and straight into a matrix: the same values, any layout."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from apollo_spark.assays.expression.query import FeatureChoice, PairChoice, expression_tree
from apollo_spark.assays.expression.read.matrix import long_batches
from apollo_spark.assays.expression.read.reader import AssayFiles
from apollo_spark.engines.embedded import EmbeddedEngine
from tests.support.tables import answer
from tests.support.tiles import NAN, write_assay

WHOLE = st.integers(0, 2**31 - 1).map(float)
DECIMAL = st.integers(0, 10**6).map(lambda number: number / 1000)
FRACTION = st.floats(-1e100, 1e100)


@given(data=st.data())
@settings(max_examples=40)
def test_sql_and_matrix_agree(data: st.DataObject) -> None:
    shape = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 9))
    cell = data.draw(st.sampled_from([WHOLE, DECIMAL, FRACTION]))
    row = st.lists(cell | st.just(NAN), min_size=shape[1], max_size=shape[1])
    matrix = data.draw(st.lists(row, min_size=shape[0], max_size=shape[0]))
    features = [f"F{number}" for number in range(shape[0])]
    samples = [f"S{number}" for number in range(shape[1])]
    some_features = data.draw(st.lists(st.sampled_from(features), unique=True))
    some_samples = data.draw(st.lists(st.sampled_from(samples), unique=True))
    layout = st.fixed_dictionaries(
        {each: st.integers(1, 4) for each in ("block_size", "group_rows", "files")}
    )

    with tempfile.TemporaryDirectory() as folder:
        tables = write_assay(Path(folder), features, samples, {"tpm": matrix}, **data.draw(layout))
        layer = tables.assay.layers[0]
        choice = PairChoice(
            features=FeatureChoice(ids=tuple(some_features)), samples=tuple(some_samples)
        )
        tree = expression_tree(tables.assay, layer, choice)
        by_sql = answer(EmbeddedEngine(tables, threads=1).run(tree, tables.pins))
        files = AssayFiles(tables, tables.pins, tables.assay)
        found = files.read_matrix(
            layer, files.find_features(some_features), files.find_samples(some_samples)
        )

    long = [tuple(row.values()) for batch in long_batches(found) for row in batch.to_pylist()]
    expected = [
        (feature, sample, matrix[features.index(feature)][samples.index(sample)])
        for feature in some_features
        for sample in some_samples
    ]
    assert long == [each for each in expected if not np.isnan(each[2])]
    assert sorted(by_sql) == sorted(long)
