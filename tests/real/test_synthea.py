"""The Synthea study: 18 tables in one tree, loaded and compared with its raw files."""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.real.facts import nearly, read_fields, source_facts, stored_facts
from tests.real.loading import DICTIONARIES, RealStudy

FILES = {
    "patient": "patients.csv",
    "encounter": "encounters.csv",
    "condition": "conditions.csv",
    "medication": "medications.csv",
    "procedure": "procedures.csv",
    "observation": "observations.csv",
    "immunization": "immunizations.csv",
    "allergy": "allergies.csv",
    "careplan": "careplans.csv",
    "device": "devices.csv",
    "imaging_study": "imaging_studies.csv",
    "supply": "supplies.csv",
    "claim": "claims.csv.gz",
    "claim_transaction": "claims_transactions.csv.gz",
    "payer_transition": "payer_transitions.csv",
    "payer": "payers.csv",
    "provider": "providers.csv",
    "organization": "organizations.csv",
}
# The quality of life score of a payer without customers is NaN.
MISSING = ("", "NaN")


@pytest.fixture(scope="module")
def study(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> RealStudy:
    folder = shared / "data" / "synthea_raw_csv"
    if not folder.is_dir():
        pytest.skip("the raw files of Synthea are not here")
    lake = tmp_path_factory.mktemp("synthea") / "lake"
    return RealStudy("synthea", folder, FILES, lake, options=("--missing", "NaN"))


@pytest.fixture(scope="module")
def loaded(study: RealStudy) -> RealStudy:
    result = study.load()
    assert result.code == 0, result.err
    assert result.last_line == "synthea@1"
    return study


def test_every_table_of_the_study_is_an_entity(study: RealStudy) -> None:
    assert {each.name for each in study.folder.glob("*.csv*")} == set(FILES.values())


@pytest.mark.parametrize("entity", FILES)
def test_an_entity_is_what_its_raw_file_says(loaded: RealStudy, entity: str) -> None:
    fields = read_fields(DICTIONARIES / "synthea" / "data_dictionary.csv", entity)

    stored = stored_facts(loaded.pins()[entity], fields)

    raw = source_facts(loaded.folder / FILES[entity], fields, missing=MISSING)
    assert stored == nearly(raw)


def test_it_can_be_verified_deep(loaded: RealStudy) -> None:
    result = loaded.ask("verify", "synthea", "--deep")

    assert result.code == 0, result.err


def test_the_same_files_publish_nothing(loaded: RealStudy) -> None:
    result = loaded.load()

    assert result.code == 0, result.err
    assert result.last_line == "synthea@1"
    assert "already synthea@1" in result.err


def test_a_claim_is_joined_to_patient_provider_and_organization(
    loaded: RealStudy, tmp_path: Path
) -> None:
    fields = "patient.patient_id,encounter.start,provider.name,organization.name,claim.claim_id"
    file = tmp_path / "claims.csv"

    result = loaded.ask("extract", "fields", "synthea", "--fields", fields, "-o", file)

    assert result.code == 0, result.err
    with file.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == fields.split(",")
    assert sorted(tuple(each) for each in rows) == sorted(_claims_of(loaded.folder))


def _claims_of(folder: Path) -> list[tuple[str, ...]]:
    names = ("patients.csv", "encounters.csv", "providers.csv", "organizations.csv")
    patients, encounters, providers, organizations, claims = (
        f"read_csv('{folder / name}', all_varchar = true, header = true)"
        for name in (*names, "claims.csv.gz")
    )
    return duckdb.execute(
        f"""
        SELECT p.Id, e.START, d.NAME, o.NAME, c.Id
        FROM {patients} p
        LEFT JOIN {encounters} e ON e.PATIENT = p.Id
        LEFT JOIN {providers} d ON d.Id = e.PROVIDER
        LEFT JOIN {organizations} o ON o.Id = d.ORGANIZATION
        LEFT JOIN {claims} c ON c.APPOINTMENTID = e.Id
        """
    ).fetchall()
