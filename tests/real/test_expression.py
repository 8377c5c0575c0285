"""Real matrices, loaded and compared value by value with another reader of the same file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import apollo_spark as ap
from tests.support.study import apollo


@dataclass(frozen=True)
class Source:
    """A file, how it is loaded, and how pandas reads it as samples x features."""

    path: str
    unit: str
    options: tuple[str, ...] = ()
    is_turned: bool = False

    def read(self, shared: Path) -> pd.DataFrame:
        delimiter = "," if ".csv" in self.path else "\t"
        frame = pd.read_csv(shared / "data" / self.path, sep=delimiter, index_col=0)
        return frame if self.is_turned else frame.T


SOURCES = {
    "TB": Source("tb_suscept_GSE94116/counts.txt.gz", "count"),
    "ACC": Source(
        "tcga_ACC_rtcga/ACC.rnaseq.samples_x_genes.csv.gz",
        "other:rsem_normalized",
        ("--feature-ids", "any"),
        is_turned=True,
    ),
    "CHOL": Source(
        "tcga_CHOL_rtcga/CHOL.rnaseq.genes_x_samples.tsv.gz",
        "other:rsem_normalized",
        ("--feature-ids", "any"),
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_real_matrix_is_stored_value_by_value(shared: Path, tmp_path: Path, name: str) -> None:
    source, lake = SOURCES[name], tmp_path / "lake"
    result = apollo("--lake", lake, "load", "expression", "study", "--assay", "rna", "--unit",
                    source.unit,
                    "--source", shared / "data" / source.path, *source.options)  # fmt: skip
    assert result.code == 0, result.err

    stored = ap.open_lake(str(lake)).dataset("study").assay("rna").matrix(to="pandas")

    expected = source.read(shared)
    stored = stored.loc[expected.index, expected.columns]
    assert np.array_equal(stored.to_numpy(float), expected.to_numpy(float), equal_nan=True)
    assert apollo("--lake", lake, "verify", "--deep").code == 0


def test_salmon_outputs_are_stored_value_by_value(shared: Path, tmp_path: Path) -> None:
    folder, lake = shared / "data" / "macrophage_salmon_PRJEB18997" / "quants", tmp_path / "lake"
    result = apollo("--lake", lake, "load", "expression", "study", "--assay", "rna", "--unit",
                    "tpm", "--source", folder)  # fmt: skip
    assert result.code == 0, result.err

    stored = ap.open_lake(str(lake)).dataset("study").assay("rna").matrix(to="pandas")

    for path in sorted(folder.rglob("quant.sf*")):
        frame = pd.read_csv(path, sep="\t")
        values = stored.loc[path.parent.name, frame["Name"].str.split(".").str[0]]
        assert np.array_equal(values.to_numpy(float), frame["TPM"].to_numpy(float))
