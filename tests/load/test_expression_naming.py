"""Whose a file is may be in its name or a manifest alone: that is part of what was loaded."""

from pathlib import Path

from tests.support.sources import MANIFEST, ONE, STAR, A, B, load, manifest
from tests.support.study import apollo


def rows(folder: Path) -> list[str]:
    shown = apollo("--lake", folder / "lake", "extract", "expression", "study").out
    return shown.splitlines()[1:]


def prove(folder: Path, version: str) -> list[str]:
    return apollo("--lake", folder / "lake", "verify", version, "--sources").err.splitlines()


def test_a_manifest_that_names_other_samples_is_another_source(tmp_path: Path) -> None:
    load(tmp_path, manifest(), 1)
    swapped = "sample_id,file\nS2,one.csv\nS1,two.csv\n"

    again = load(tmp_path, manifest(), 1)
    other = load(tmp_path, manifest(manifest=swapped), 1)

    assert "already study@1" in again.err
    assert other.code == 0, other.err
    assert rows(tmp_path) == [f"{A},S1,2", f"{A},S2,1", f"{B},S1,4", f"{B},S2,3"]


def test_a_file_under_another_name_is_another_sample(tmp_path: Path) -> None:
    load(tmp_path, {"S1ReadsPerGene.out.tab": STAR}, 1)

    again = load(tmp_path, {"folder/S1ReadsPerGene.out.tab": STAR}, 1)
    other = load(tmp_path, {"S9ReadsPerGene.out.tab": STAR}, 1)

    assert "already study@1" in again.err
    assert other.code == 0, other.err
    assert rows(tmp_path) == [f"{A},S9,1", f"{B},S9,3"]


def test_what_came_by_manifests_is_proven_against_its_files(tmp_path: Path) -> None:
    (tmp_path / "tpm").mkdir()
    tpm = {f"tpm/{name}": text for name, text in manifest(one=ONE.replace("3", "0.5")).items()}
    load(tmp_path, manifest(), 3)
    load(tmp_path, tpm, 1, "--unit", "tpm")
    more = tmp_path / "more.csv"
    more.write_text(MANIFEST.replace("S", "T"))

    extended = apollo("--lake", tmp_path / "lake", "extend", "study", "--assay", "rna", "--source",
                      f"count={more}", "--source", f"tpm={more}")  # fmt: skip

    assert extended.code == 0, extended.err
    assert prove(tmp_path, "study@3") == ["study@3: 12 tables equal their 12 source files"]
    more.write_text(MANIFEST)
    changed = f"source changed: study@3: its source '{more}' is another file now"
    assert prove(tmp_path, "study@3")[0] == changed
