"""An assay in Python: matrices, long rows, features, samples and statistics."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.api.assay import Assay
from apollo_spark.api.dataset import Dataset
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.lake.lake import open_lake
from tests.support.assays import publish_assay
from tests.support.tiles import NAN, write_assay

FEATURES = ["F2", "F0", "F1"]
SAMPLES = ["S3", "S1", "S0", "S2"]
COUNTS = [[1, 2, 3, 4], [0, NAN, 30, 40], [100, 200, 300, 400]]
TPM = [[0.5, 0.25, NAN, 0.125], [1, 2, 3, 4], [5, 6, 7, 8]]
ANNOTATION = {
    "symbol": ["A", "B", "A"],
    "chrom": ["1", "1", "X"],
    "start": [100, 200, 300],
    "end": [150, 250, 350],
    "strand": ["+", "-", "+"],
    "biotype": ["x", "y", "z"],
}
TISSUES = {"S0": "liver", "S1": "skin", "S2": "liver", "S3": "blood"}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    units = {"count": COUNTS, "tpm": TPM}
    tables = write_assay(tmp_path / "t", FEATURES, SAMPLES, units, annotation=ANNOTATION)
    lake = open_lake(str(tmp_path / "lake"))
    return Dataset(lake, publish_assay(lake, tables, TISSUES))


@pytest.fixture
def assay(dataset: Dataset) -> Assay:
    return dataset.assay("rna")


def test_a_dataset_gives_its_assays(dataset: Dataset) -> None:
    assert [repr(each) for each in dataset.assays] == ["<Assay rna: 3 features x 4 samples>"]
    assert dataset.assay().units == ("count", "tpm")
    with pytest.raises(NotFoundError, match=r"has no assay 'dna'. It has rna"):
        dataset.assay("dna")


def test_a_matrix_is_a_frame_of_samples_and_features(assay: Assay) -> None:
    found = assay.matrix(unit="tpm")

    expected = pd.DataFrame(np.array(TPM).T, index=SAMPLES, columns=FEATURES)
    pd.testing.assert_frame_equal(found, expected, check_names=False)


def test_a_matrix_has_the_order_that_was_asked_for(assay: Assay) -> None:
    found = assay.matrix(["F1", "F2", "F1"], ["S0", "S3"])

    assert found.to_dict("split") == {
        "index": ["S0", "S3"], "columns": ["F1", "F2"], "data": [[300, 3], [100, 1]],
    }  # fmt: skip
    assert set(found.dtypes) == {np.dtype("int64")}


def test_counts_with_missing_ones_are_floats_in_pandas_and_whole_in_arrow(assay: Assay) -> None:
    frame = assay.matrix("F0")
    table = assay.matrix("F0", to="arrow")

    np.testing.assert_array_equal(frame["F0"], [0.0, NAN, 30.0, 40.0])
    assert table == pa.table({"sample_id": SAMPLES, "F0": pa.array([0, None, 30, 40], pa.int64())})


def test_a_symbol_gives_all_its_features_and_says_so(
    assay: Assay, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = assay.matrix(symbol="A", to="numpy")

    note = "1 symbols stand for several features, all returned: A (2)."
    assert (found.feature_ids, found.notes) == (("F2", "F1"), (note,))
    assert caplog.messages == [note]


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("1:140-199", id="text"),
        pytest.param("chr1:1-150", id="another name"),
        pytest.param(("1", 1, 100), id="tuple"),
        pytest.param([("1", 1, 100), "1:120-130"], id="several"),
    ],
)
def test_features_are_found_by_place(assay: Assay, place: object) -> None:
    found = assay.features(location=place)  # type: ignore[arg-type]

    assert found.to_pylist() == [
        {"feature_id": "F2", "symbol": "A", "chrom": "1", "start": 100, "end": 150,
         "strand": "+", "biotype": "x"}
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["1", "1:5-1", "1:,-5", ("1", 5, 1), [3]])
def test_a_place_that_is_none_is_refused(assay: Assay, place: object) -> None:
    with pytest.raises(UsageError, match="place"):
        assay.features(location=place)  # type: ignore[arg-type]


def test_what_is_not_there_is_refused_without_naming_a_sample(assay: Assay) -> None:
    with pytest.raises(NotFoundError) as refused:
        assay.matrix(["F0", "F9"], ["S0", "Smith"])

    assert str(refused.value) == (
        "The assay rna lacks what is asked for.\n"
        "1 of 2 feature ids are not there: F9.\n"
        "1 of 2 sample ids are not there."
    )
    with pytest.raises(NotFoundError, match=r"has no unit 'fpkm'. It has count, tpm"):
        assay.matrix(unit="fpkm")


def test_long_rows_hold_measured_pairs_only(assay: Assay) -> None:
    found = assay.expression(["F0", "F2"], maximum=30, to="arrow")

    assert found == pa.table(
        {
            "feature_id": ["F0", "F0", "F2", "F2", "F2", "F2"],
            "sample_id": ["S3", "S0", *SAMPLES],
            "value": [0, 30, 1, 2, 3, 4],
        }
    )


def test_statistics_are_those_of_the_measured_values(assay: Assay) -> None:
    features = assay.statistics("feature").to_pydict()
    samples = assay.statistics("sample", unit="tpm").to_pydict()

    assert features == {
        "feature_id": FEATURES, "measured": [4, 3, 4], "detected": [4, 2, 4],
        "total": [10, 70, 1000],
        "mean": [2.5, 70 / 3, 250], "variance": pytest.approx([5 / 3, 1300 / 3, 50000 / 3]),
    }  # fmt: skip
    assert samples["sample_id"] == SAMPLES
    assert samples["total"] == [6.5, 8.25, 10, 12.125]


def test_statistics_read_no_tile(assay: Assay, dataset: Dataset) -> None:
    folder = dataset._lake.tables.folder(f"tables/{dataset.name}/rna_tiles_count")
    for each in folder.glob("*.parquet"):
        each.unlink()

    assert assay.statistics("feature")["mean"].to_pylist() == [2.5, 70 / 3, 250]


def test_a_dry_run_says_rows_and_bytes(assay: Assay) -> None:
    one = assay.matrix("F0", dry_run=True)
    two = assay.matrix("F0", unit=["count", "tpm"], dry_run=True)

    assert (one.rows, one.bytes, two.rows, two.bytes) == (4, 32, 8, 64)


def test_a_large_matrix_goes_to_a_file_piece_by_piece(assay: Assay, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"takes 96 bytes of memory, and 30 are allowed.*to_file"):
        assay.matrix(max_memory=30)

    rows = assay.matrix(max_memory=30, to_file=str(tmp_path / "m.csv"))
    assay.matrix(max_memory=30, unit="tpm", to_file=str(tmp_path / "m.parquet"))

    assert rows == 4
    assert (tmp_path / "m.csv").read_text() == (
        "sample_id,F2,F0,F1\nS3,1,0,100\nS1,2,,200\nS0,3,30,300\nS2,4,40,400\n"
    )
    assert pq.read_table(tmp_path / "m.parquet") == assay.matrix(unit="tpm", to="arrow")


def test_a_file_is_overwritten_only_by_force(assay: Assay, tmp_path: Path) -> None:
    target = tmp_path / "m.csv"
    target.write_text("old")

    with pytest.raises(UsageError, match="exists already"):
        assay.matrix(to_file=str(target))
    assert target.read_text() == "old"
    assert assay.matrix(to_file=str(target), force=True) == 4


def test_anndata_has_layers_and_descriptions(assay: Assay, tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata")

    found = assay.matrix(["F1", "F0"], ["S2", "S1"], unit=["tpm", "count"], to="anndata")
    path = tmp_path / "m.h5ad"
    assay.matrix(["F1", "F0"], ["S2", "S1"], unit=["tpm", "count"], to_file=str(path))
    again = anndata.read_h5ad(path)

    for each in (found, again):
        assert each.X.tolist() == [[8, 4], [6, 2]]
        np.testing.assert_array_equal(each.layers["count"], [[400, 40], [200, NAN]])
        assert each.obs["tissue"].to_dict() == {"S2": "liver", "S1": "skin"}
        assert each.var["symbol"].to_dict() == {"F1": "A", "F0": "B"}
        assert each.uns["unit"] == "tpm"
