"""The page on filters says what filters do: every row of its tables is tried."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import BETWEENS, NO_VALUE, Comparison, Operator
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.filters.fields import find_comparison_problem
from apollo_spark.query.filters.values import codes_of
from tests.support.dictionaries import dictionary
from tests.support.filter_asking import held_in_duckdb
from tests.support.filter_model import held_by

PAGE = (Path(__file__).parents[2] / "docs" / "filters.md").read_text(encoding="utf-8")

DICTIONARY = dictionary(
    """
entity   name        type      primary_key_type  coding_name  is_sparse_coding  is_multi_select  referenced_entity_field  relationship
patient  patient_id  string    global            -            -                 -                -                        -
patient  sex         integer   -                 sex          -                 -                -                        -
patient  age         integer   -                 gaps         yes               -                -                        -
patient  born        date      -                 -            -                 -                -                        -
patient  seen        datetime  -                 -            -                 -                -                        -
patient  diagnosis   string    -                 icd          -                 -                -                        -
patient  drugs       string    -                 drugs        -                 yes              -                        -
patient  note        string    -                 -            -                 -                -                        -
visit    visit_id    string    local             -            -                 -                -                        -
visit    of_patient  string    -                 -            -                 -                patient:patient_id       many_to_one
visit    kind        string    -                 kinds        -                 -                -                        -
visit    systolic    integer   -                 -            -                 -                -                        -
visit    day         date      -                 -            -                 -                -                        -
""",  # noqa: E501
    codings="""
coding_name  code       meaning              parent_code
sex          0          female               -
sex          1          male                 -
gaps         -1         did not answer       -
icd          C          neoplasms            -
icd          C50        breast               C
icd          C50.1      central portion      C50
icd          C61        prostate             C
icd          I10        hypertension         -
drugs        a          alpha                -
drugs        b          beta                 -
drugs        c          gamma                -
kinds        emergency  emergency            -
kinds        control    control              -
""",
)


def rows_of_table(first_column: str) -> list[dict[str, str]]:
    lines = PAGE.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return [dict(zip(table[0], cells, strict=True)) for cells in table[2:]]


def stored(entity: str, name: str, text: str) -> Any:
    found = DICTIONARY.find_entity(entity)
    spec = found.find_field(name) if found else None
    assert spec is not None
    if not text:
        return None
    if spec.is_multi_select:
        return text.split(", ")
    read: dict[FieldType, Any] = {
        FieldType.INTEGER: int,
        FieldType.DATE: date.fromisoformat,
        FieldType.DATETIME: lambda each: datetime.fromisoformat(each.replace("Z", "+00:00")),
    }
    return read.get(spec.type, str)(text)


ROWS = {
    entity: [
        {name: stored(entity, name, text) for name, text in row.items()}
        for row in rows_of_table(f"{entity}_id")
    ]
    for entity in ("patient", "visit")
}


@pytest.mark.parametrize("row", rows_of_table("filter"), ids=lambda row: row["filter"])
def test_a_filter_keeps_what_the_page_says(row: dict[str, str]) -> None:
    tree = read_filter(row["filter"].strip("`"), DICTIONARY)

    (held,) = held_in_duckdb([tree], DICTIONARY, ROWS)

    keys = [each["patient_id"] for each in ROWS["patient"]]
    kept = [key for key, is_kept in zip(keys, held, strict=True) if is_kept]
    assert kept == row["keeps"].split()
    assert held == held_by(tree, DICTIONARY, ROWS)


def test_the_first_example_can_be_asked() -> None:
    (example,) = re.findall(r"^```\n(.*?)^```", PAGE, re.M | re.S)

    assert held_in_duckdb([read_filter(example, DICTIONARY)], DICTIONARY, ROWS)


TREE, FLAT = (
    Coding(
        name="codes",
        rows=(
            CodePlace(code="1", meaning="", display_order=1),
            CodePlace(code="2", meaning="", display_order=2, parent_code=parent),
        ),
    )
    for parent in ("1", "")
)
NUMBERS = (FieldType.INTEGER, FieldType.FLOAT)
DATES = (FieldType.DATE, FieldType.DATETIME)
KINDS: dict[str, list[dict[str, Any]]] = {
    "text": [{"type": FieldType.STRING}],
    "number, date": [{"type": each} for each in (*NUMBERS, *DATES)],
    "coded": [{"type": each, "coding_name": "codes"} for each in (FieldType.STRING, *NUMBERS)],
    "sparse number, date": [
        {"type": each, "coding_name": "codes", "is_sparse": True} for each in NUMBERS
    ],
    "several values": [{"type": each, "is_multi_select": True} for each in FieldType],
}


def is_allowed(operator: Operator, spec: FieldSpec, coding: Coding | None) -> bool:
    value: Any = {FieldType.STRING: "1", FieldType.INTEGER: 1, FieldType.FLOAT: 1.0}.get(spec.type)
    if value is None:
        value = {"day": date(2020, 1, 31)}
    if operator is Operator.UNDER:
        value = "1"
    count = {**dict.fromkeys(BETWEENS, 2), **dict.fromkeys(NO_VALUE, 0)}.get(operator, 1)
    comparison = Comparison.model_validate(
        {"entity": "e", "field": spec.name, "operator": operator, "values": (value,) * count}
    )
    return not list(find_comparison_problem(comparison, spec, coding, codes_of(spec, coding)))


def test_the_table_of_operators_names_all_of_them() -> None:
    names = [row["operator"].strip("`") for row in rows_of_table("operator")]

    assert names == [each.value for each in Operator]


@pytest.mark.parametrize("row", rows_of_table("operator"), ids=lambda row: row["operator"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_operator_goes_with_the_fields_that_the_page_says(
    row: dict[str, str], kind: str
) -> None:
    operator = Operator(row["operator"].strip("`"))
    for settings in KINDS[kind]:
        spec = FieldSpec(name="f", **settings)
        is_text = spec.type is FieldType.STRING
        for coding in (TREE, FLAT):
            used = coding if spec.coding_name or row[kind] == "tree" else None
            expected = {"yes": True, "no": False, "text": is_text, "tree": coding is TREE}
            assert is_allowed(operator, spec, used) == expected[row[kind]]
