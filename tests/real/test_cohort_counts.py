"""Counts of cohorts of real studies, beside SQLite over the raw files."""

import sqlite3
from collections.abc import Iterable, Iterator

import pytest

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import open_lake
from apollo_spark.verbs.cohort.asking import people_asked_for
from tests.real import gibleed_files, synthea_files
from tests.real.loading import RealStudy
from tests.real.raw_tables import count, raw_tables

GIBLEED_TABLES = (
    "person", "observation_period", "condition_occurrence", "drug_exposure", "visit_occurrence",
    "concept",
)  # fmt: skip
SYNTHEA_TABLES = (
    "patient", "encounter", "condition", "medication", "observation", "claim", "claim_transaction",
    "provider", "procedure",
)  # fmt: skip
# Gastrointestinal haemorrhage, the drug celecoxib, viral sinusitis, acute bronchitis.
CONDITIONS = "(SELECT * FROM condition_occurrence c WHERE c.person_id = p.person_id"
DRUGS = "(SELECT * FROM drug_exposure d WHERE d.person_id = p.person_id"
GIBLEED = {
    "person.gender_concept_id = 8532": "p.gender_concept_id = '8532'",
    'person.race_source_value in ("asian", "black", "native")': (
        "p.race_source_value IN ('asian', 'black', 'native')"
    ),
    "not person.race_source_value = \"white\" or person.gender_source_value = \"M\"": (
        "p.race_source_value <> 'white' OR p.gender_source_value = 'M'"
    ),
    "person.year_of_birth between 1950 and 1960 without end": (
        "CAST(p.year_of_birth AS INTEGER) >= 1950 AND CAST(p.year_of_birth AS INTEGER) < 1960"
    ),
    "person.birth_datetime >= 1960-01-01 and person.birth_datetime < 1960-07-01T00:00:00Z": (
        "p.birth_datetime BETWEEN '1960-01-01' AND '1960-06-30T23:59:59Z'"
    ),
    "person.birth_datetime = 1963-12-31": "substr(p.birth_datetime, 1, 10) = '1963-12-31'",
    'person.ethnicity_source_value matches "AMERICAN"': (
        "lower(p.ethnicity_source_value) LIKE '%american%'"
    ),
    'person.ethnicity_source_value starts with "ital"': "p.ethnicity_source_value GLOB 'ital*'",
    "person.location_id is missing and person.ethnicity_concept_id != 0": (
        "p.location_id IS NULL AND p.ethnicity_concept_id <> '0'"
    ),
    "exists(condition_occurrence: condition_occurrence.condition_concept_id = 192671 "
    "and condition_occurrence.condition_start_date >= 2005-01-01)": (
        f"EXISTS {CONDITIONS} AND c.condition_concept_id = '192671' "
        "AND c.condition_start_date >= '2005-01-01')"
    ),
    "condition_occurrence.condition_concept_id = 192671 "
    "and not drug_exposure.drug_concept_id = 1118084": (
        f"EXISTS {CONDITIONS} AND c.condition_concept_id = '192671') "
        f"AND NOT EXISTS {DRUGS} AND d.drug_concept_id = '1118084')"
    ),
    "exists(condition_occurrence: condition_occurrence.condition_end_date is missing "
    "and condition_occurrence.condition_start_date < 1950-01-01)": (
        f"EXISTS {CONDITIONS} AND c.condition_end_date IS NULL "
        "AND c.condition_start_date < '1950-01-01')"
    ),
    "count(condition_occurrence: condition_occurrence.condition_concept_id = 40481087) >= 8": (
        f"(SELECT count(*) FROM {CONDITIONS} AND c.condition_concept_id = '40481087')) >= 8"
    ),
    "count(visit_occurrence) = 0": (
        "NOT EXISTS (SELECT * FROM visit_occurrence v WHERE v.person_id = p.person_id)"
    ),
    "first(condition_occurrence by condition_occurrence.condition_start_date): "
    "condition_occurrence.condition_concept_id = 40481087": (
        f"(SELECT x.condition_concept_id FROM {CONDITIONS}) x ORDER BY x.condition_start_date, "
        "CAST(x.condition_occurrence_id AS INTEGER) LIMIT 1) = '40481087'"
    ),
    "last(condition_occurrence by condition_occurrence.condition_end_date: "
    "condition_occurrence.condition_start_date < 2000-01-01): "
    "condition_occurrence.condition_concept_id in (40481087, 260139)": (
        f"(SELECT x.condition_concept_id FROM {CONDITIONS} AND c.condition_end_date IS NOT NULL "
        "AND c.condition_start_date < '2000-01-01') x ORDER BY x.condition_end_date DESC, "
        "CAST(x.condition_occurrence_id AS INTEGER) DESC LIMIT 1) IN ('40481087', '260139')"
    ),
    "max(drug_exposure.days_supply) > 3650": (
        f"(SELECT max(CAST(x.days_supply AS INTEGER)) FROM {DRUGS}) x) > 3650"
    ),
    "mean(drug_exposure.days_supply: drug_exposure.drug_concept_id = 1127433) "
    "between 10 and 20": (
        f"(SELECT avg(CAST(x.days_supply AS INTEGER)) FROM {DRUGS} "
        "AND d.drug_concept_id = '1127433') x) BETWEEN 10 AND 20"
    ),
    "sum(drug_exposure.days_supply) < 100": (
        f"(SELECT sum(CAST(x.days_supply AS INTEGER)) FROM {DRUGS}) x) < 100"
    ),
    "min(condition_occurrence.condition_start_date) < 1930-01-01": (
        f"(SELECT min(x.condition_start_date) FROM {CONDITIONS}) x) < '1930-01-01'"
    ),
    "exists(condition_occurrence: condition_occurrence.condition_end_date "
    "> condition_occurrence.condition_start_date + 3 months)": (
        f"EXISTS {CONDITIONS} "
        "AND c.condition_end_date > months_later(c.condition_start_date, 3))"
    ),
    "visit_occurrence.visit_start_date >= person.birth_datetime + 60 years": (
        "EXISTS (SELECT * FROM visit_occurrence v WHERE v.person_id = p.person_id AND "
        "v.visit_start_date >= months_later(p.birth_datetime, 12 * 60))"
    ),
    "exists(condition_occurrence as a: a.condition_concept_id = 192671 and exists(drug_exposure "
    "as b: b.drug_concept_id = 1118084 and b.drug_exposure_start_date between "
    "a.condition_start_date - 90 days and a.condition_start_date))": (
        f"EXISTS {CONDITIONS} AND c.condition_concept_id = '192671' AND EXISTS {DRUGS} "
        "AND d.drug_concept_id = '1118084' AND d.drug_exposure_start_date "
        "BETWEEN date(c.condition_start_date, '-90 days') AND c.condition_start_date))"
    ),
    'exists(concept: concept.concept_name contains "sinusitis")': (
        f"EXISTS (SELECT * FROM {CONDITIONS}) x JOIN concept k "
        "ON k.concept_id = x.condition_concept_id WHERE k.concept_name GLOB '*sinusitis*')"
    ),
    "observation_period.observation_period_end_date > 2018-12-31": (
        "EXISTS (SELECT * FROM observation_period o WHERE o.person_id = p.person_id "
        "AND o.observation_period_end_date > '2018-12-31')"
    ),
}  # fmt: skip
ENCOUNTERS = "(SELECT * FROM encounter e WHERE e.patient = p.id"
SYNTHEA = {
    'patient.marital in ("M", "D") and patient.death_date is missing': (
        "p.marital IN ('M', 'D') AND p.deathdate IS NULL"
    ),
    "patient.death_date < patient.birth_date + 70 years": (
        "p.deathdate < months_later(p.birthdate, 12 * 70)"
    ),
    "patient.healthcare_expenses > 100000.5": "CAST(p.healthcare_expenses AS REAL) > 100000.5",
    'patient.zip starts with "02"': "p.zip GLOB '02*'",
    'exists(encounter: encounter.encounter_class = "emergency" and encounter.start > 2015-06-30)': (
        f"EXISTS {ENCOUNTERS} AND e.encounterclass = 'emergency' AND e.start >= '2015-07-01')"
    ),
    "count(medication: medication.total_cost > 100) >= 3": (
        "(SELECT count(*) FROM medication m JOIN encounter e ON e.id = m.encounter "
        "WHERE e.patient = p.id AND CAST(m.totalcost AS REAL) > 100) >= 3"
    ),
    "sum(claim_transaction.amount) > 20000": (
        "(SELECT sum(CAST(t.amount AS REAL)) FROM claim_transaction t "
        "JOIN claim c ON c.id = t.claimid JOIN encounter e ON e.id = c.appointmentid "
        "WHERE e.patient = p.id) > 20000"
    ),
    "count(provider) >= 5": (
        f"(SELECT count(DISTINCT d.id) FROM {ENCOUNTERS}) x JOIN provider d "
        "ON d.id = x.provider) >= 5"
    ),
    "exists(encounter as a: exists(encounter as b: b.start > a.stop "
    "and b.start <= a.stop + 1 day))": (
        f"EXISTS (SELECT * FROM {ENCOUNTERS}) a, {ENCOUNTERS}) b WHERE b.start > a.stop "
        "AND julianday(b.start) <= julianday(a.stop) + 1)"
    ),
    'last(encounter by encounter.start): encounter.encounter_class = "wellness"': (
        f"(SELECT x.encounterclass FROM {ENCOUNTERS}) x ORDER BY x.start DESC, x.id DESC LIMIT 1) "
        "= 'wellness'"
    ),
    'count(observation: observation.code = "6299-2" and observation.type = "numeric") > 2': (
        "(SELECT count(*) FROM observation o WHERE o.patient = p.id AND o.code = '6299-2' "
        "AND o.type = 'numeric') > 2"
    ),
    "condition.code in (195662009, 10509002) or condition.stop < condition.start + 1 week": (
        "EXISTS (SELECT * FROM condition c WHERE c.patient = p.id AND (c.code IN "
        "('195662009', '10509002') OR c.stop < date(c.start, '+7 days')))"
    ),
}


@pytest.fixture(scope="module")
def gibleed_raw(gibleed: RealStudy) -> Iterator[sqlite3.Connection]:
    files = {each: gibleed_files.FILES[each] for each in GIBLEED_TABLES}
    with raw_tables(gibleed.folder, files, GIBLEED.values()) as connection:
        for each in ("condition_occurrence", "drug_exposure", "visit_occurrence"):
            connection.execute(f"CREATE INDEX by_{each} ON {each}(person_id)")
        yield connection


@pytest.fixture(scope="module")
def synthea_raw(synthea: RealStudy) -> Iterator[sqlite3.Connection]:
    files = {each: synthea_files.FILES[each] for each in SYNTHEA_TABLES}
    with raw_tables(synthea.folder, files, SYNTHEA.values()) as connection:
        yield connection


def test_cohorts_of_gibleed_have_the_people_that_sqlite_finds(
    gibleed: RealStudy, gibleed_raw: sqlite3.Connection
) -> None:
    expected = {text: count(gibleed_raw, "person", sql) for text, sql in GIBLEED.items()}

    assert counted(gibleed, GIBLEED) == expected
    require_telling(expected, people=2694)


def test_cohorts_of_synthea_have_the_people_that_sqlite_finds(
    synthea: RealStudy, synthea_raw: sqlite3.Connection
) -> None:
    expected = {text: count(synthea_raw, "patient", sql) for text, sql in SYNTHEA.items()}

    assert counted(synthea, SYNTHEA) == expected
    require_telling(expected, people=27)


def counted(study: RealStudy, filters: Iterable[str]) -> dict[str, int]:
    lake = open_lake(str(study.lake))
    asked = {each: people_asked_for(lake, None, source=study.name, text=each) for each in filters}
    engine = EmbeddedEngine(lake.tables)
    return {text: people.count(engine) for text, people in asked.items()}


def require_telling(counts: dict[str, int], *, people: int) -> None:
    """Require that no filter keeps nobody or everybody, which would show little."""
    assert {text: each for text, each in counts.items() if not 0 < each < people} == {}
