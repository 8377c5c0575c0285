"""The OMOP study GiBleed: 36 of its 37 tables in one tree, 19 of them empty."""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.real.facts import nearly, read_fields, source_facts, stored_facts
from tests.real.loading import DICTIONARIES, RealStudy

# One row about the database itself: it has no column that could join it to a person.
LEFT_OUT = "CDM_SOURCE.csv"
EMPTY_NAMES = (
    "care_site cohort cohort_attribute concept_class cost death device_exposure dose_era "
    "drug_strength fact_relationship location metadata note note_nlp payer_plan_period provider "
    "source_to_concept_map specimen visit_detail"
)
PACKED_NAMES = (
    "concept concept_ancestor concept_synonym condition_era condition_occurrence drug_era "
    "drug_exposure measurement observation observation_period person procedure_occurrence "
    "relationship visit_occurrence"
)
EMPTY = frozenset(EMPTY_NAMES.split())
PACKED = frozenset(PACKED_NAMES.split())
PLAIN = frozenset({"concept_relationship", "domain", "vocabulary"})
FILES = {
    entity: f"{entity.upper()}.csv{'.gz' if entity in PACKED else ''}"
    for entity in sorted(EMPTY | PACKED | PLAIN)
}


@pytest.fixture(scope="module")
def study(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> RealStudy:
    folder = shared / "data" / "omop_gibleed_5.3"
    if not folder.is_dir():
        pytest.skip("the raw files of GiBleed are not here")
    return RealStudy("gibleed", folder, FILES, tmp_path_factory.mktemp("gibleed") / "lake")


@pytest.fixture(scope="module")
def loaded(study: RealStudy) -> RealStudy:
    result = study.load()
    assert result.code == 0, result.err
    assert result.last_line == "gibleed@1"
    return study


def test_every_table_but_one_is_an_entity(study: RealStudy) -> None:
    assert {each.name for each in study.folder.glob("*.csv*")} == {*FILES.values(), LEFT_OUT}


@pytest.mark.parametrize("entity", FILES)
def test_an_entity_is_what_its_raw_file_says(loaded: RealStudy, entity: str) -> None:
    fields = read_fields(DICTIONARIES / "gibleed" / "data_dictionary.csv", entity)

    stored = stored_facts(loaded.pins()[entity], fields)

    raw = source_facts(loaded.folder / FILES[entity], fields, missing=("",))
    assert stored == nearly(raw)
    assert (stored["rows"] == 0) is (entity in EMPTY)


def test_it_can_be_verified_deep(loaded: RealStudy) -> None:
    result = loaded.ask("verify", "gibleed", "--deep")

    assert result.code == 0, result.err


def test_a_condition_is_joined_to_its_person_and_its_concept(
    loaded: RealStudy, tmp_path: Path
) -> None:
    fields = (
        "person.person_id,condition_occurrence.condition_occurrence_id,"
        "condition_occurrence.condition_start_date,concept.concept_name,domain.domain_name"
    )
    file = tmp_path / "conditions.csv"

    result = loaded.ask("extract", "fields", "gibleed", "--fields", fields, "-o", file)

    assert result.code == 0, result.err
    with file.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == fields.split(",")
    assert [tuple(each) for each in rows] == _conditions_of(loaded.folder)


def _conditions_of(folder: Path) -> list[tuple[str, ...]]:
    names = ("PERSON.csv.gz", "CONDITION_OCCURRENCE.csv.gz", "CONCEPT.csv.gz", "DOMAIN.csv")
    persons, conditions, concepts, domains = (
        f"read_csv('{folder / name}', all_varchar = true, header = true)" for name in names
    )
    return duckdb.execute(
        f"""
        SELECT p.PERSON_ID, o.CONDITION_OCCURRENCE_ID, o.CONDITION_START_DATE,
               c.CONCEPT_NAME, d.DOMAIN_NAME
        FROM {persons} p
        LEFT JOIN {conditions} o ON o.PERSON_ID = p.PERSON_ID
        LEFT JOIN {concepts} c ON c.CONCEPT_ID = o.CONDITION_CONCEPT_ID
        LEFT JOIN {domains} d ON d.DOMAIN_ID = c.DOMAIN_ID
        ORDER BY p.PERSON_ID::BIGINT, o.CONDITION_OCCURRENCE_ID::BIGINT
        """
    ).fetchall()
