"""Real matrices, loaded and compared value by value with another reader of the same file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import apollo_spark as ap
from apollo_spark.assays.expression.sources.files.files import find_files
from apollo_spark.assays.expression.sources.formats.detect import detect_source
from apollo_spark.assays.expression.sources.formats.samples import name_samples
from tests.support.study import apollo


@dataclass(frozen=True)
class Source:
    """A file, how it is loaded, and how pandas reads it as samples x features."""

    path: str
    unit: str
    options: tuple[str, ...] = ()
    is_turned: bool = False
    ids: tuple[int, ...] = (0,)

    def read(self, shared: Path) -> pd.DataFrame:
        delimiter = "," if ".csv" in self.path else "\t"
        path = shared / "data" / self.path
        frame = pd.read_csv(path, sep=delimiter, float_precision="round_trip")
        names = frame.iloc[:, list(self.ids)].astype(str).agg("-".join, axis=1)
        frame = frame.select_dtypes("number").set_axis(names)
        frame = frame if self.is_turned else frame.T
        # The loads below keep the first of several rows of one feature.
        return frame.loc[:, ~frame.columns.duplicated()]


SOURCES = {
    "TB": Source("tb_suscept_GSE94116/counts.txt.gz", "count"),
    "TB by sample": Source(
        "tb_suscept_GSE94116/subread-counts-per-sample.txt.gz",
        "count",
        is_turned=True,
        ids=(0, 1, 2),
    ),
    "LGG counts": Source(
        "tcga_LGG_legacy/LGG.raw_count.tsv.gz",
        "expected_count",
        ("--on-duplicate", "first"),
        ids=(1,),
    ),
    "LGG shares": Source(
        "tcga_LGG_legacy/LGG.scaled_estimate.tsv.gz",
        "other:scaled_estimate",
        ("--on-duplicate", "first"),
        ids=(1,),
    ),
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
    assert stored.shape == (len(expected), stored.shape[1])
    stored = stored.loc[expected.index, expected.columns]
    assert np.array_equal(stored.to_numpy(float), expected.to_numpy(float), equal_nan=True)
    assert apollo("--lake", lake, "verify", "--deep").code == 0


QUANT = "quantifier_outputs"
GEUVADIS = f"{QUANT}/geuvadis_tximportData"
ENCODE = f"{QUANT}/encode_chr19"


@dataclass(frozen=True)
class Outputs:
    """Outputs of a quantifier: what is loaded, and where pandas finds ids and values."""

    path: str
    unit: str
    ids: int | str
    values: int | str
    options: tuple[str, ...] = ("--feature-ids", "any")

    def read(self, path: Path) -> "pd.Series[float]":
        header = None if isinstance(self.ids, int) else "infer"
        frame = pd.read_csv(
            path, sep="\t", header=header, comment="#", float_precision="round_trip"
        )
        values = frame.set_index(frame[self.ids])[self.values].astype(float)
        is_summary = values.index.str.match(r"N_(unmapped|multi|noFeature|ambig)|__")
        return values[~is_summary]


OUTPUTS = {
    "salmon": Outputs("macrophage_salmon_PRJEB18997/quants", "tpm", "Name", "TPM"),
    "salmon reads": Outputs(f"{GEUVADIS}/salmon", "expected_count", "Name", "NumReads"),
    "sailfish": Outputs(f"{GEUVADIS}/sailfish", "tpm", "Name", "TPM",
                        ("--feature-ids", "any", "--format", "sailfish")),
    "kallisto": Outputs(f"{GEUVADIS}/kallisto", "tpm", "target_id", "tpm"),
    "rsem": Outputs(f"{GEUVADIS}/rsem", "fpkm", "gene_id", "FPKM"),
    "star": Outputs(f"{QUANT}/multiqc/star", "count", 0, 1),
    "star, reverse": Outputs(f"{QUANT}/multiqc/star", "count", 0, 3,
                             ("--feature-ids", "any", "--strand", "reverse")),
    "htseq": Outputs(f"{QUANT}/multiqc/htseq", "count", 0, 1),
    "gdc": Outputs(f"{QUANT}/derived_layouts/gdc_star", "fpkm_uq", "gene_id",
                   "fpkm_uq_unstranded"),
    "gdc, forward": Outputs(f"{QUANT}/derived_layouts/gdc_star", "count", "gene_id",
                            "stranded_first", ("--feature-ids", "any", "--strand", "forward")),
    "stringtie": Outputs(f"{ENCODE}/stringtie", "fpkm", "Gene ID", "FPKM"),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_of_quantifiers_are_stored_value_by_value(
    shared: Path, tmp_path: Path, name: str
) -> None:
    outputs, lake = OUTPUTS[name], tmp_path / "lake"
    folder = shared / "data" / outputs.path
    result = apollo("--lake", lake, "load", "expression", "study", "--assay", "rna", "--unit",
                    outputs.unit, "--source", folder, *outputs.options)  # fmt: skip
    assert result.code == 0, result.err

    stored = ap.open_lake(str(lake)).dataset("study").assay("rna").matrix(to="pandas")

    files = find_files([str(folder)], "sailfish" if name == "sailfish" else "auto").files
    detection = detect_source(files, stated="sailfish" if name == "sailfish" else "auto")
    samples = name_samples(detection.files, outputs.unit, strand=strand_of(outputs)).files
    assert len(stored) == len(samples)
    for each in samples:
        expected = outputs.read(Path(each.path))
        found = stored.loc[each.sample_id, expected.index]
        assert np.array_equal(found.to_numpy(float), expected.to_numpy()), each.sample_id


def strand_of(outputs: Outputs) -> Any:
    words = outputs.options
    return words[words.index("--strand") + 1] if "--strand" in words else "unstranded"


SAMPLE_DICTIONARY = """\
entity,name,type,primary_key_type
sample,sample_barcode,string,global
sample,patient,string,
sample,age_at_diagnosis,float,
sample,gender,string,
"""


def test_clinical_facts_of_real_samples_come_along(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "tcga_LGG_legacy"
    dictionary, policy = tmp_path / "dictionary.csv", tmp_path / "policy.yaml"
    dictionary.write_text(SAMPLE_DICTIONARY)
    policy.write_text("rules: {header_unknown_column: warn}\n")
    lake = tmp_path / "lake"

    loaded = apollo("--lake", lake, "load", "expression", "lgg", "--assay", "rna", "--unit",
                    "expected_count", "--source", folder / "LGG.raw_count.tsv.gz",
                    "--on-duplicate", "first", "--dictionary", dictionary, "--policy", policy,
                    "--data", f"sample={folder / 'LGG.clinical.tsv'}", "--missing", "NA",
                    "--json")  # fmt: skip

    assert loaded.code == 0, loaded.err
    assert loaded.json["receipt"]["samples_without_row"] == 0
    expected = pd.read_csv(folder / "LGG.clinical.tsv", sep="\t").set_index("sample_barcode")
    dataset = ap.open_lake(str(lake)).dataset("lgg")
    fields = ["sample.sample_barcode", "sample.patient", "sample.age_at_diagnosis"]
    found = dataset.retrieve_fields(fields).to_pandas().set_index("sample.sample_barcode")
    expected = expected.loc[found.index]
    assert found["sample.patient"].tolist() == expected["patient"].tolist()
    assert found["sample.age_at_diagnosis"].equals(
        expected["age_at_diagnosis"].rename("sample.age_at_diagnosis")
    )
