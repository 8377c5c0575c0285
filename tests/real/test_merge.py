"""Real studies: expression and clinical tables loaded apart and merged, and two studies merged."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import apollo_spark as ap
from apollo_spark.api.dataset import Dataset
from apollo_spark.errors import NotFoundError
from tests.support.merging import files_of
from tests.support.study import CommandResult, apollo

BARCODE = "patient.bcr_patient_barcode"


def ask(lake: Path, *words: object) -> CommandResult:
    result = apollo("--lake", lake, *words)
    assert result.code == 0, result.err
    return result


def open_dataset(lake: Path, name: str) -> Dataset:
    return ap.open_lake(str(lake)).dataset(name)


def sample_rows(lake: Path, name: str, assay: str, field: str) -> dict[str, str]:
    rows = open_dataset(lake, name).assay(assay)._sample_fields().to_pylist()
    return {row["sample_id"]: row[field] for row in rows}


def test_two_samples_of_each_donor_find_their_donor(shared: Path, tmp_path: Path) -> None:
    folder, lake = shared / "data" / "tb_suscept_GSE94116", tmp_path / "lake"
    sheet = pd.read_csv(folder / "experiment-info.txt", sep="\t", dtype=str)
    donors = sheet[["individual", "status"]].drop_duplicates()
    donors.to_csv(tmp_path / "donor.csv", index=False)
    sheet[["id", "individual"]].to_csv(tmp_path / "link.csv", index=False)
    (tmp_path / "dictionary.csv").write_text(
        "entity,name,type,primary_key_type\ndonor,individual,string,global\ndonor,status,string,\n"
    )
    ask(lake, "load", "clinical", "donors", "--dictionary", tmp_path / "dictionary.csv",
        "--data", f"donor={tmp_path / 'donor.csv'}")  # fmt: skip
    ask(lake, "load", "expression", "counts", "--assay", "rna", "--unit", "count",
        "--source", folder / "counts.txt.gz")  # fmt: skip

    merged = ask(lake, "merge", "assay", "counts", "donors", "--as", "tb", "--assay", "rna",
                 "--link-file", tmp_path / "link.csv", "--json")  # fmt: skip

    assert merged.json["receipt"] == {
        "source_rows": 50, "source_matched": 50, "source_unmatched": 0, "target_rows": 25,
        "target_matched": 25, "target_unmatched": 0, "duplicate_keys": 0, "fan_out_max": 2,
        "samples": 50, "samples_matched": 50, "features_in_common": 0,
    }  # fmt: skip
    assert sample_rows(lake, "tb", "rna", "status") == dict(
        zip(sheet["id"], sheet["status"], strict=True)
    )
    ask(lake, "view", "tb", "--as", "suscept", "--rows", 'donor.status = "suscep"')
    counts = pd.read_csv(folder / "counts.txt.gz", sep="\t", index_col=0).T
    wanted = sheet.loc[sheet["status"] == "suscep", "id"]
    shown = open_dataset(lake, "suscept").assay("rna").matrix()
    assert sorted(shown.index) == sorted(wanted)
    expected = counts.loc[shown.index, shown.columns]
    np.testing.assert_array_equal(shown.to_numpy(), expected.to_numpy())
    ask(lake, "verify", "--deep")


def field_names(headers: Sequence[str]) -> dict[str, str]:
    """Return legal names of columns, each told apart by its place."""
    tidy = (re.sub(r"[^A-Za-z0-9]+", "_", each.partition("patient.")[2]) for each in headers)
    return {
        header: f"f{place}_{name}"[:200].rstrip("_") if header != BARCODE else "barcode"
        for place, (header, name) in enumerate(zip(headers, tidy, strict=True))
    }


def load_tumour(shared: Path, lake: Path, folder: Path, name: str) -> pd.DataFrame:
    """Load a study's clinical table, all of its columns, and its expression, and merge them."""
    data = shared / "data" / f"tcga_{name}_rtcga"
    clinical = pd.read_csv(data / f"{name}.clinical.tsv.gz", sep="\t", dtype=str, na_values=["NA"],
                           keep_default_na=False)  # fmt: skip
    names = field_names(clinical.columns)
    rows = ["entity,name,type,primary_key_type,source_column"]
    for header, field in names.items():
        rows.append(f"patient,{field},string,{'global' if header == BARCODE else ''},{header}")
    dictionary = folder / f"{name}.dictionary.csv"
    dictionary.write_text("\n".join(rows) + "\n")
    (matrix,) = data.glob("*rnaseq*")
    study, cells = name.lower(), f"{name.lower()}_cells"
    ask(lake, "load", "clinical", study, "--dictionary", dictionary, "--missing", "NA",
        "--data", f"patient={data / f'{name}.clinical.tsv.gz'}")  # fmt: skip
    ask(lake, "load", "expression", cells, "--assay", "rna", "--unit", "other:rsem_normalized",
        "--feature-ids", "any", "--source", matrix)  # fmt: skip
    samples = open_dataset(lake, cells).assay("rna").samples()
    links = [f"{each},{each[:12].lower()}" for each in samples]
    (folder / f"{name}.link.csv").write_text("\n".join(["aliquot,patient", *links]) + "\n")
    ask(lake, "merge", "assay", cells, study, "--as", f"{study}_all", "--assay", "rna",
        "--link-file", folder / f"{name}.link.csv")  # fmt: skip
    return clinical.rename(columns=names).set_index("barcode")


@pytest.fixture(scope="module")
def tumours(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, pd.DataFrame]]:
    folder = tmp_path_factory.mktemp("tumours")
    lake = folder / "lake"
    return lake, {each: load_tumour(shared, lake, folder, each) for each in ("ACC", "CHOL")}


def test_aliquots_find_their_patients(tumours: tuple[Path, dict[str, pd.DataFrame]]) -> None:
    lake, clinical = tumours
    shown = {name: sample_rows(lake, f"{name.lower()}_all", "rna", "barcode") for name in clinical}

    for name, samples in {"ACC": 79, "CHOL": 45}.items():
        assert len(shown[name]) == samples
        assert all(sample[:12].lower() == patient for sample, patient in shown[name].items())
        assert set(shown[name].values()) <= set(clinical[name].index)
    # Some patients gave a tumour and a sample of sound tissue.
    assert len(set(shown["CHOL"].values())) == 36


def test_cohorts_by_expression_have_the_people_that_pandas_finds(
    shared: Path, tumours: tuple[Path, dict[str, pd.DataFrame]]
) -> None:
    lake, clinical = tumours
    matrix = pd.read_csv(
        next((shared / "data/tcga_CHOL_rtcga").glob("*rnaseq*")), sep="\t", index_col=0
    ).T
    people = pd.Series(matrix.index.str[:12].str.lower(), matrix.index)
    (sex,) = [each for each in clinical["CHOL"].columns if each.endswith("_gender")]
    women = set(clinical["CHOL"].index[clinical["CHOL"][sex] == "female"])
    for gene, bound in {"TP53|7157": 1_000, "KRT7|3855": 5_000}.items():
        values, measured = matrix[gene], f'expression(rna, "{gene}")'
        high = values >= np.percentile(values, 80)
        for text, samples in {
            f"{measured} > {bound}": values > bound,
            f"{measured} between {bound / 2} and {bound}": values.between(bound / 2, bound),
            f"{measured} >= percentile(80)": high,
        }.items():
            kept = set(people[samples])
            assert 0 < len(kept) < len(set(people)), text
            assert people_where(lake, text) == kept
            assert people_where(lake, f'{text} and patient.{sex} = "female"') == kept & women
            assert people_where(lake, f"not {text}") == set(people) - kept


def people_where(lake: Path, text: str) -> set[str]:
    found = open_dataset(lake, "chol_all").retrieve_fields(["patient.barcode"], where=text)
    return set(found.column(0).to_pylist())


def test_two_studies_are_merged_and_their_assays_read_as_one_matrix(
    shared: Path, tumours: tuple[Path, dict[str, pd.DataFrame]]
) -> None:
    lake, clinical = tumours
    before = files_of(lake)

    merged = ask(lake, "merge", "clinical", "chol_all", "acc_all", "--as", "two",
                 "--on-clash", "prefix:chol_", "--json")  # fmt: skip

    counts = merged.json["receipt"]
    assert (counts["source_rows"], counts["target_rows"], counts["source_matched"]) == (36, 92, 0)
    assert files_of(lake) == before
    two = open_dataset(lake, "two")
    for entity, name in {"patient": "ACC", "chol_patient": "CHOL"}.items():
        frame = two[entity].retrieve_fields().to_pandas().set_index("barcode")
        expected = clinical[name].loc[frame.index, frame.columns]
        assert frame.fillna("").equals(expected.fillna(""))
    found = two.read_assays(["rna", "chol_rna"])
    acc = pd.read_csv(next((shared / "data/tcga_ACC_rtcga").glob("*rnaseq*")), index_col=0)
    chol = pd.read_csv(
        next((shared / "data/tcga_CHOL_rtcga").glob("*rnaseq*")), sep="\t", index_col=0
    ).T
    both = pd.concat([acc, chol]).loc[found.index, found.columns]
    assert found.shape == (124, 20_531)
    np.testing.assert_array_equal(found.to_numpy(), both.to_numpy(float))
    ask(lake, "verify")


def test_a_study_joined_to_an_older_copy_of_it_has_all_columns_twice(
    shared: Path, tmp_path: Path, tumours: tuple[Path, dict[str, pd.DataFrame]]
) -> None:
    lake, clinical = tumours
    ask(lake, "view", "acc", "--as", "late", "--rows", 'patient.barcode > "tcga-or-a5k0"')

    ask(lake, "merge", "clinical", "late", "acc", "--as", "twice", "--on-clash", "join,prefix:l_")

    frame = open_dataset(lake, "twice")["patient"].retrieve_fields().to_pandas()
    frame = frame.set_index("barcode")
    old = clinical["ACC"].loc[frame.index]
    assert frame.shape == (92, 2 * 1_124)
    assert frame[old.columns].fillna("").equals(old.fillna(""))
    late = old.where(pd.Series(old.index > "tcga-or-a5k0", index=old.index), other=None, axis=0)
    added = frame[[f"l_{each}" for each in old.columns]].set_axis(old.columns, axis=1)
    assert added.fillna("").equals(late.fillna(""))


def test_a_later_version_reaches_what_was_merged_by_rebase(
    tumours: tuple[Path, dict[str, pd.DataFrame]], tmp_path: Path
) -> None:
    lake, clinical = tumours
    ask(lake, "merge", "clinical", "chol_all@1", "acc_all@1", "--as", "growing", "--on-clash",
        "prefix:chol_")  # fmt: skip
    (birth,) = [each for each in clinical["ACC"].columns if each.endswith("_days_to_birth")][:1]
    late = clinical["ACC"][[birth]].rename(columns={birth: "days"}).dropna()
    late.to_csv(tmp_path / "days.csv")

    ask(lake, "extend", "acc", "--data", f"patient={tmp_path / 'days.csv'}")
    ask(lake, "rebase", "acc_all", "--onto", "acc@2", "--apply")
    ask(lake, "rebase", "growing", "--onto", "acc_all@2", "--apply")

    shown = open_dataset(lake, "growing@2")["patient"].retrieve_fields(names=["barcode", "days"])
    found = shown.to_pandas().set_index("barcode")["days"].dropna()
    assert found.to_dict() == late["days"].astype(int).to_dict()
    assert open_dataset(lake, "growing@2").read_assays(["rna", "chol_rna"]).shape == (124, 20_531)
    with pytest.raises(NotFoundError):
        open_dataset(lake, "growing@1")["patient"]["days"]
    ask(lake, "verify", "--deep")
