"""Real studies that are loaded from dictionaries drafted of their files."""

import shlex
from pathlib import Path

import duckdb
import pytest

from tests.real.gibleed_files import EMPTY
from tests.support.study import CommandResult, apollo


def drafted(shared: Path, lake: Path, files: str, *words: str) -> CommandResult:
    """Draft a dictionary of files, and load them by the command that is printed."""
    source = shared / "data" / files
    given: list[object] = [source]
    if source.is_file():
        given = [f"clinical={source}"]
    elif source.name == "*":
        given = list(source.parent.glob("data_*.txt"))
    elif not source.exists():
        given = []
    if not given:
        pytest.skip(f"the files {files} are not here")
    draft = apollo("draft-dictionary", *given, "-o", lake.parent / "drafted", *words)
    assert draft.code == 0, draft.err
    command = shlex.split(draft.last_line)
    return apollo("--lake", lake, *command[1:])


def shown(lake: Path) -> dict[str, set[str]]:
    """Return the references of the dataset, and its entities without any row."""
    found = apollo("--lake", lake, "show", "drafted", "--pins", "--json").json
    relations = {f"{each['from']} {each['to']}" for each in found["relations"]}
    rows = {each["table"]: each["rows"] for each in found["pins"]}
    return {"relations": relations, "empty": {name for name, count in rows.items() if not count}}


def test_synthea_loads_from_its_draft(shared: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"

    result = drafted(shared, lake, "synthea_raw_csv")

    assert result.code == 0, result.err
    count = apollo(
        "--lake", lake, "cohort", "count", "--from", "drafted",
        "--filter", 'patients.GENDER = "F" and count(conditions) >= 20',
    )  # fmt: skip
    folder = shared / "data" / "synthea_raw_csv"
    expected = duckdb.sql(
        f"""SELECT count(*) FROM (
            SELECT Id FROM '{folder}/patients.csv' JOIN '{folder}/conditions.csv' ON PATIENT = Id
            WHERE GENDER = 'F' GROUP BY Id HAVING count(*) >= 20)"""
    ).fetchall()
    assert int(count.last_line) == expected[0][0] > 0


def test_gibleed_loads_from_its_draft(shared: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"

    result = drafted(shared, lake, "omop_gibleed_5.3")

    assert result.code == 0, result.err
    found = shown(lake)
    assert found["empty"] == EMPTY
    assert {each for each in found["relations"] if "person_id" in each.lower()}


@pytest.mark.parametrize(
    ("files", "words", "key"),
    [
        ("tcga_ACC_rtcga/ACC.clinical.tsv.gz", (), "patient_bcr_patient_barcode"),
        ("tcga_CHOL_rtcga/CHOL.clinical.tsv.gz", (), "patient_bcr_patient_barcode"),
        ("tcga_LGG_legacy/LGG.clinical.tsv", (), "bcr_patient_barcode"),
        ("cbioportal_paad_tcga", (), "PATIENT_ID"),
        ("cbioportal_paad_tcga/*", ("--from", "cbioportal"), "PATIENT_ID"),
    ],
)
def test_clinical_tables_of_cancer_studies_load(
    shared: Path, tmp_path: Path, files: str, words: tuple[str, ...], key: str
) -> None:
    lake = tmp_path / "lake"

    result = drafted(shared, lake, files, *words)

    assert result.code == 0, result.err
    found = apollo("--lake", lake, "show", "drafted", "--json").json
    assert found["entities"][found["main_entity"]]["primary_key"] == key
