"""The OMOP study GiBleed: 36 of its 37 tables in one tree, 19 of them empty."""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.real.facts import nearly, read_fields, source_facts, stored_facts
from tests.real.gibleed_files import EMPTY, FILES
from tests.real.loading import DICTIONARIES, RealStudy

# One row about the database itself: it has no column that could join it to a person.
LEFT_OUT = "CDM_SOURCE.csv"


def test_every_table_but_one_is_an_entity(gibleed: RealStudy) -> None:
    assert {each.name for each in gibleed.folder.glob("*.csv*")} == {*FILES.values(), LEFT_OUT}


@pytest.mark.parametrize("entity", FILES)
def test_an_entity_is_what_its_raw_file_says(gibleed: RealStudy, entity: str) -> None:
    fields = read_fields(DICTIONARIES / "gibleed" / "data_dictionary.csv", entity)

    stored = stored_facts(gibleed.pins()[entity], fields)

    raw = source_facts(gibleed.folder / FILES[entity], fields, missing=("",))
    assert stored == nearly(raw)
    assert (stored["rows"] == 0) is (entity in EMPTY)


def test_it_can_be_verified_deep(gibleed: RealStudy) -> None:
    result = gibleed.ask("verify", "gibleed", "--deep")

    assert result.code == 0, result.err


def test_a_condition_is_joined_to_its_person_and_its_concept(
    gibleed: RealStudy, tmp_path: Path
) -> None:
    fields = (
        "person.person_id,condition_occurrence.condition_occurrence_id,"
        "condition_occurrence.condition_start_date,concept.concept_name,domain.domain_name"
    )
    file = tmp_path / "conditions.csv"

    result = gibleed.ask("extract", "fields", "gibleed", "--fields", fields, "-o", file)

    assert result.code == 0, result.err
    with file.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == fields.split(",")
    assert [tuple(each) for each in rows] == _conditions_of(gibleed.folder)


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
