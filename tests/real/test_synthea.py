"""The Synthea study: 18 tables in one tree, loaded and compared with its raw files."""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.real.facts import nearly, read_fields, source_facts, stored_facts
from tests.real.loading import DICTIONARIES, RealStudy
from tests.real.synthea_files import FILES

# The quality of life score of a payer without customers is NaN.
MISSING = ("", "NaN")


def test_every_table_of_the_study_is_an_entity(synthea: RealStudy) -> None:
    assert {each.name for each in synthea.folder.glob("*.csv*")} == set(FILES.values())


@pytest.mark.parametrize("entity", FILES)
def test_an_entity_is_what_its_raw_file_says(synthea: RealStudy, entity: str) -> None:
    fields = read_fields(DICTIONARIES / "synthea" / "data_dictionary.csv", entity)

    stored = stored_facts(synthea.pins()[entity], fields)

    raw = source_facts(synthea.folder / FILES[entity], fields, missing=MISSING)
    assert stored == nearly(raw)


def test_it_can_be_verified_deep(synthea: RealStudy) -> None:
    result = synthea.ask("verify", "synthea", "--deep")

    assert result.code == 0, result.err


def test_the_same_files_publish_nothing(synthea: RealStudy) -> None:
    result = synthea.load()

    assert result.code == 0, result.err
    assert result.last_line == "synthea@1"
    assert "already synthea@1" in result.err


def test_a_claim_is_joined_to_patient_provider_and_organization(
    synthea: RealStudy, tmp_path: Path
) -> None:
    fields = "patient.patient_id,encounter.start,provider.name,organization.name,claim.claim_id"
    file = tmp_path / "claims.csv"

    result = synthea.ask("extract", "fields", "synthea", "--fields", fields, "-o", file)

    assert result.code == 0, result.err
    with file.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == fields.split(",")
    assert sorted(tuple(each) for each in rows) == sorted(_claims_of(synthea.folder))


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
