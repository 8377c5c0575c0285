"""A real study that grows: donors and samples come later, and everything is moved and verified."""

from pathlib import Path

import numpy as np
import pandas as pd

import apollo_spark as ap
from tests.support.study import CommandResult, apollo

DONORS = "entity,name,type,primary_key_type\ndonor,individual,string,global\ndonor,status,string,\n"


def ask(lake: Path, *words: object) -> CommandResult:
    result = apollo("--lake", lake, *words)
    assert result.code == 0, result.err
    return result


def write_part(folder: Path, name: str, sheet: pd.DataFrame, counts: pd.DataFrame) -> None:
    """Write donors, links and counts of some samples."""
    sheet[["individual", "status"]].drop_duplicates().to_csv(folder / f"{name}.csv", index=False)
    sheet[["id", "individual"]].to_csv(folder / f"{name}_link.csv", index=False)
    counts[sheet["id"]].to_csv(folder / f"{name}_counts.csv.gz", index_label="gene_id")


def require_equal(lake: Path, name: str, sheet: pd.DataFrame, counts: pd.DataFrame) -> None:
    """Require that a version shows these samples, with the values and donors of the source."""
    dataset = ap.open_lake(str(lake)).dataset(name)
    shown = dataset.assay("rna").matrix()
    assert sorted(shown.index) == sorted(sheet["id"])
    expected = counts.loc[shown.columns, shown.index].T
    np.testing.assert_array_equal(shown.to_numpy(), expected.to_numpy())
    donors = dataset["donor"].retrieve_fields().to_pandas().set_index("individual")["status"]
    wanted = sheet.drop_duplicates("individual").set_index("individual")["status"]
    assert donors.to_dict() == wanted.to_dict()


def test_a_study_grows_and_what_stands_on_it_is_moved(shared: Path, tmp_path: Path) -> None:
    data, lake = shared / "data" / "tb_suscept_GSE94116", tmp_path / "lake"
    sheet = pd.read_csv(data / "experiment-info.txt", sep="\t", dtype=str)
    counts = pd.read_csv(data / "counts.txt.gz", sep="\t", index_col=0)
    is_late = sheet["individual"].isin(sheet["individual"].unique()[-4:])
    write_part(tmp_path, "early", sheet[~is_late], counts)
    write_part(tmp_path, "late", sheet[is_late], counts)
    (tmp_path / "dictionary.csv").write_text(DONORS)
    sheet[["id", "individual"]].to_csv(tmp_path / "link.csv", index=False)
    ask(lake, "load", "clinical", "donors", "--dictionary", tmp_path / "dictionary.csv",
        "--data", f"donor={tmp_path / 'early.csv'}")  # fmt: skip
    ask(lake, "load", "expression", "counts", "--assay", "rna", "--unit", "count",
        "--source", tmp_path / "early_counts.csv.gz")  # fmt: skip
    # The links are those of all samples; those that are not there yet are counted and kept.
    ask(lake, "merge", "assay", "counts", "donors", "--as", "tb", "--assay", "rna",
        "--link-file", tmp_path / "link.csv")  # fmt: skip
    ask(lake, "view", "tb", "--as", "suscept", "--rows", 'donor.status = "suscep"')

    ask(lake, "extend", "donors", "--data", f"donor={tmp_path / 'late.csv'}", "--mode", "rows")
    ask(lake, "extend", "counts", "--assay", "rna", "--source", tmp_path / "late_counts.csv.gz")
    moved = ask(lake, "rebase", "tb", "--onto", "donors@2", "--onto", "counts@2", "--apply")
    ask(lake, "rebase", "suscept", "--onto", moved.last_line, "--apply")

    early, suscept = sheet[~is_late], sheet[sheet["status"] == "suscep"]
    require_equal(lake, "tb@1", early, counts)
    require_equal(lake, "tb@2", sheet, counts)
    require_equal(lake, "suscept@1", early[early["status"] == "suscep"], counts)
    require_equal(lake, "suscept@2", suscept, counts)
    verified = ask(lake, "verify", "--sources", "--json").json
    assert verified["problems"] == []
    assert len(verified["sources"]) == 8
    assert all(each["problems"] == [] for each in verified["sources"])
