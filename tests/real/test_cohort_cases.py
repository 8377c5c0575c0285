"""The cohorts of the original's tests: read, narrowed to ids, and asked beside their own SQL."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from apollo_spark.errors import UsageError
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import And, Filter
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.filters.pheno.check import filter_of_json
from apollo_spark.query.filters.pheno.merge import merge_ids
from apollo_spark.query.filters.pheno.write import write_pheno
from apollo_spark.query.filters.values import codes_under
from tests.support.dictionaries import dictionary
from tests.support.filter_asking import held_in_duckdb
from tests.support.filter_model import held_by

# Genotype filters are for later.
GENOTYPES = "geno_cohort_with_geno_filters_filtered_with_primary_field"
CHAINS = (
    "combined_cohort_no_filter_as_input",
    "combined_cohort_non_primary_key_filter_input",
    "combined_cohort_primary_field_filter_as_input",
    "dataset_as_input",
    "geno_dataset_filtered_with_primary_field",
    "not_null_as_input",
    "pheno_cohort_primary_key_in_logic_and_as_input",
    "pheno_cohort_primary_key_in_logic_and_as_input_2",
    "pheno_cohort_primary_key_not_in_logic_and_as_input",
    "pheno_cohort_primary_key_not_in_logic_and_as_input_2",
    "pheno_geno_merged_dataset_as_input",
    "unfiltered_cohort_as_input",
)
# Where ids are taken of a dataset, which has no filter.
DATASETS = {
    "dataset_as_input",
    "geno_dataset_filtered_with_primary_field",
    "pheno_geno_merged_dataset_as_input",
}
# Of these only the SQL is there; the filter is what its name says.
SQL_ALONE = {
    "complex_cohort_as_input": (
        'patient.patient_id in ("patient_1", "patient_2") '
        'and patient.patient_id in ("patient_1", "patient_2", "patient_3")'
    ),
    "pheno_cohort_primary_entity_but_no_primary_key_filter": (
        'patient.name in ("Sally", "Diane", "Cassy", "John", "Rosaleen") '
        'and patient.patient_id in ("patient_1", "patient_2", "patient_3")'
    ),
    "pheno_cohort_with_no_primary_entity_filter": (
        "exists(hospital: hospital.min_score_all in (500, 400)) "
        'and patient.patient_id in ("patient_1", "patient_2", "patient_3")'
    ),
}
# The cohorts that the combined ones are made of.
COMBINED = (
    "exists(hospital: hospital.min_score_all in (500, 400)) "
    'and patient.name in ("Sally", "Diane", "Cassy", "John", "Rosaleen")'
)
FIELDS = """
entity    name           type     primary_key_type  coding_name  is_multi_select  referenced_entity_field  relationship
patient   patient_id     string   global            -            -                -                        -
patient   name           string   -                 -            -                -                        -
patient   age            integer  -                 -            -                -                        -
patient   hid            integer  -                 -            -                hospital:hospital_id     many_to_one
hospital  hospital_id    integer  local             -            -                -                        -
hospital  min_score_all  integer  -                 -            -                -                        -
hospital  location       string   -                 places       -                -                        -
"""  # noqa: E501
CODINGS = """
coding_name  code  meaning   parent_code
places       US    states    -
places       CA    golden    US
places       LA    angels    CA
places       BC    columbia  -
places       TX    texas     US
"""
SAMPLES = """
entity  name       type    primary_key_type
sample  sample_id  string  global
"""
PATIENTS = dictionary(FIELDS, codings=CODINGS)
NAMES = ["Sally", "Diane", "Cassy", "John", "Rosaleen", "Otto", None, "Sally", "Diane", "John"]
AGES = [19, 20, 40, 60, 61, None, 30, 30, 30, 30]
HOSPITALS = [1, 2, 3, 4, 5, 1, 2, None, 9, 2]
ROWS: dict[str, list[dict[str, Any]]] = {
    "patient": [
        {"patient_id": f"patient_{at}", "name": name, "age": age, "hid": hid}
        for at, (name, age, hid) in enumerate(zip(NAMES, AGES, HOSPITALS, strict=True), start=1)
    ]
    + [{"patient_id": None, "name": "Sally", "age": 30, "hid": 1}],
    "hospital": [
        {"hospital_id": at, "min_score_all": score, "location": place}
        for at, (score, place) in enumerate(
            [(500, "TX"), (300, "LA"), (400, None), (None, "BC"), (None, None), (500, "CA")],
            start=1,
        )
    ],
}
SAMPLE_ROWS = {"sample": [{"sample_id": f"sample_1_{at}"} for at in range(9)]}


def folder(shared: Path, step: str) -> Path:
    return shared / "conformance" / "cohorts" / step


def read(shared: Path, step: str, name: str) -> Any:
    return json.loads((folder(shared, step) / f"{name}.json").read_text())


def described(name: str) -> tuple[DataDictionary, dict[str, list[dict[str, Any]]]]:
    return (samples(), SAMPLE_ROWS) if name.startswith("geno_") else (PATIENTS, ROWS)


@cache
def samples() -> DataDictionary:
    return dictionary(SAMPLES)


def kept(tree: Filter | None, name: str) -> list[str]:
    """The keys of the rows that a filter keeps, by DuckDB and by nested loops alike."""
    found, rows = described(name)
    main = found.main_entity
    held = [True] * len(rows[main])
    if tree is not None:
        (asked,) = held_in_duckdb([tree], found, rows)
        held = [bool(each) for each in asked]
        assert held == held_by(tree, found, rows)
    keys = [row[f"{main}_id"] for row, is_kept in zip(rows[main], held, strict=True) if is_kept]
    return sorted(each for each in keys if each is not None)


def answer(sql: str) -> list[str]:
    """What the original's SQL answers over the same rows."""
    with duckdb.connect() as connection:
        tree = sqlglot.parse_one(sql, read="spark")
        for schema in {each.db for each in tree.find_all(exp.Table)} - {""}:
            connection.execute(f'CREATE SCHEMA "{schema}"')
            make_tables(connection, f'"{schema}"')
        found = connection.execute(tree.sql("duckdb")).fetchall()
    return sorted(key for (key,) in found if key is not None)


def make_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    coding = PATIENTS.codings[0]
    above = {
        code: [each for each in coding.codes if code in codes_under(coding, each)]
        for code in coding.codes
    }
    connection.execute(
        f"CREATE TABLE {schema}.patient(patient_id VARCHAR, name VARCHAR, age BIGINT, hid BIGINT)"
    )
    connection.execute(
        f"CREATE TABLE {schema}.hospital(hospital_id BIGINT, min_score_all BIGINT, "
        "location VARCHAR, location_hierarchy VARCHAR[])"
    )
    connection.execute(f"CREATE TABLE {schema}.sample(sample_id VARCHAR)")
    for row in ROWS["patient"]:
        connection.execute(f"INSERT INTO {schema}.patient VALUES (?, ?, ?, ?)", [*row.values()])
    for row in ROWS["hospital"]:
        values = [*row.values(), above.get(row["location"])]
        connection.execute(f"INSERT INTO {schema}.hospital VALUES (?, ?, ?, ?)", values)
    for row in SAMPLE_ROWS["sample"]:
        connection.execute(f"INSERT INTO {schema}.sample VALUES (?)", [*row.values()])


def with_base(tree: Filter | None, is_combined: bool) -> Filter | None:
    if not is_combined:
        return tree
    base = read_filter(COMBINED, PATIENTS)
    return base if tree is None else And(parts=(tree, base))


def without_base(given: Any) -> str:
    """The SQL of a combined cohort, as if all patients were in what it was combined from."""
    everybody = f"SELECT `patient_id` FROM `{given['sql'].split('`.`patient`')[0].split('`')[-1]}`"
    return str(given["sql"].replace(given["baseSql"], f"{everybody}.`patient`"))


def test_every_chain_is_looked_at(shared: Path) -> None:
    names = {each.stem for each in folder(shared, "raw-cohort-query_input").iterdir()}
    answers = {each.stem for each in folder(shared, "raw-cohort-query_output").iterdir()}

    assert names == {*CHAINS, GENOTYPES}
    assert answers == {*CHAINS, GENOTYPES, *SQL_ALONE}


@pytest.mark.parametrize("name", sorted({*CHAINS} - DATASETS))
def test_a_cohort_keeps_the_rows_that_the_sql_of_the_original_keeps(
    shared: Path, name: str
) -> None:
    given = read(shared, "visualize_response", name)

    tree = filter_of_json(given["filters"], described(name)[0])

    assert kept(with_base(tree, "baseSql" in given), name) == answer(given["sql"])
    if "baseSql" in given:
        assert kept(tree, name) == answer(without_base(given))


@pytest.mark.parametrize("name", CHAINS)
def test_a_cohort_narrowed_to_ids_is_that_of_the_original(shared: Path, name: str) -> None:
    given = read(shared, "visualize_response", name)
    ids = read(shared, "input_parameters", name)
    expected = read(shared, "raw-cohort-query_input", name)
    record = read(shared, "dx_new_input", name)["details"]

    merged = merge_ids(given.get("filters", {}), ids["entity"], ids["field"], ids["values"])

    assert merged == expected["filters"] == record["filters"]
    found = described(name)[0]
    tree = filter_of_json({"filters": merged}, found)
    sql = (folder(shared, "raw-cohort-query_output") / f"{name}.sql").read_text()
    rows = kept(with_base(tree, "base_sql" in expected), name)
    assert rows == answer(sql)
    assert set(rows) <= set(ids["values"])
    again = filter_of_json(write_pheno(tree, found), found)
    assert kept(again, name) == kept(tree, name)


@pytest.mark.parametrize("name", SQL_ALONE)
def test_a_filter_keeps_the_rows_that_the_sql_of_the_original_keeps(
    shared: Path, name: str
) -> None:
    sql = (folder(shared, "raw-cohort-query_output") / f"{name}.sql").read_text()

    assert kept(read_filter(SQL_ALONE[name], PATIENTS), name) == answer(sql)


def test_genotype_filters_are_refused_by_name(shared: Path) -> None:
    for step in ("visualize_response", "raw-cohort-query_input"):
        with pytest.raises(UsageError, match="genotype filters are not read"):
            filter_of_json(read(shared, step, GENOTYPES)["filters"], samples())


def test_sql_of_another_system_is_not_read(shared: Path) -> None:
    for name in CHAINS[:3]:
        given = read(shared, "raw-cohort-query_input", name)
        with pytest.raises(UsageError, match=r"\$\.base_sql: this is SQL of another system"):
            filter_of_json(given, PATIENTS)


def test_ids_are_merged_as_the_client_merges_them(shared: Path) -> None:
    path = shared / "conformance" / "cohorts" / "id_merge_cases.json"
    cases = json.loads(path.read_text())

    for case in cases:
        given = (case["filters"], case["entity"], case["field"], case["ids"])
        if "error" in case:
            with pytest.raises(UsageError) as refused:
                merge_ids(*given)
            assert str(refused.value) == case["error"]
        else:
            assert merge_ids(*given) == case["payload"]["filters"]
    assert len(cases) == 10
