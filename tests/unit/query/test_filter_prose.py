"""A filter is said as a sentence, with titles of fields and meanings of codes."""

import pytest

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.query.filters.prose import describe_filter
from apollo_spark.sources.filters.text import parse_filter
from tests.support.dictionaries import dictionary

_FOUND = dictionary(
    """
entity   name        type      primary_key_type  coding_name  is_sparse_coding  is_multi_select  referenced_entity_field  relationship
patient  patient_id  string    global            -            -                 -                -                        -
patient  sex         integer   -                 sex          -                 -                -                        -
patient  age         integer   -                 gaps         yes               -                -                        -
patient  born        date      -                 -            -                 -                -                        -
patient  dx          string    -                 icd          -                 -                -                        -
patient  drugs       string    -                 drugs        -                 yes              -                        -
visit    visit_id    string    local             -            -                 -                -                        -
visit    of_patient  string    -                 -            -                 -                patient:patient_id       many_to_one
visit    day         date      -                 -            -                 -                -                        -
visit    kind        string    -                 -            -                 -                -                        -
visit    fev1        float     -                 -            -                 -                -                        -
""",  # noqa: E501
    codings="""
coding_name  code   meaning         parent_code
sex          0      female          -
sex          1      male            -
gaps         -1     did not answer  -
icd          C      neoplasms       -
icd          C50    breast          C
drugs        a      alpha           -
drugs        b      b               -
""",
)
PATIENT, VISIT = _FOUND.entities
TITLES = {"sex": "sex", "age": "age at entry", "born": "date of birth", "dx": "diagnosis"}
DICTIONARY = DataDictionary(
    main_entity="patient",
    entities=(
        PATIENT.model_copy(
            update={
                "label_plural": "patients",
                "label_singular": "patient",
                "fields": tuple(
                    each.model_copy(update={"title": TITLES.get(each.name)})
                    for each in PATIENT.fields
                ),
            }
        ),
        VISIT,
    ),
    relations=_FOUND.relations,
    codings=_FOUND.codings,
)

SENTENCES = {
    "patient.sex = 0 and patient.age < 65": "sex is female (0), and age at entry is less than 65",
    "patient.age = -1": "age at entry is the code 'did not answer' (-1)",
    "patient.age is missing": "age at entry is missing",
    "patient.age is not missing": "age at entry is known",
    "patient.age between 20 and 60": "age at entry is between 20 and 60",
    "patient.age between 20 and 60 without end": (
        "age at entry is between 20 and 60 (the last one left out)"
    ),
    "patient.age in (1, 2, 3, 4, 5, 6, 7)": "age at entry is 1, 2, 3, 4, 5 or 2 more",
    "patient.born <= 1960-01-31": "date of birth is on or before 1960-01-31",
    'patient.dx under "C" except "C50"': (
        "diagnosis is neoplasms (C) or anything below, but not breast (C50) or anything below"
    ),
    'patient.drugs = "a"': "drugs has alpha (a) among its values",
    'patient.drugs != "b"': 'drugs does not have "b" among its values',
    'patient.drugs any of ("a", "b")': 'drugs has alpha (a) or "b" among its values',
    'patient.drugs all of ("a", "b")': 'drugs has all of alpha (a) and "b"',
    'visit.kind matches "x"': 'kind of some visit contains "x", in whatever case',
    'visit.kind contains "x"': 'kind of some visit contains "x"',
    'visit.kind starts with "x"': 'kind of some visit starts with "x"',
    "not (patient.sex = 0 or patient.age > 3)": (
        "it is not so that [sex is female (0), or age at entry is greater than 3]"
    ),
    "patient.sex = 0 and (patient.age > 3 or patient.age = 1)": (
        "sex is female (0), and [age at entry is greater than 3, or age at entry is 1]"
    ),
    'exists(visit: visit.kind = "a" and visit.fev1 >= 2)': (
        'there is a visit where [kind is "a", and fev1 is at least 2]'
    ),
    "not exists(visit)": "there is no visit",
    "count(visit: visit.fev1 != 2) >= 2": (
        "there are at least 2 rows of visit where fev1 is not 2"
    ),
    "max(visit.fev1: visit.day > 2020-01-31) < 2": (
        "the greatest fev1 of [rows of visit where day is after 2020-01-31] is less than 2"
    ),
    'first(visit by visit.day: visit.fev1 > 1): (visit.kind = "a")': (
        'for the first visit by day [where fev1 is greater than 1]: [kind is "a"]'
    ),
    'exists(visit as a: a.kind = "x" and exists(visit as b: b.day > a.day + 30 days))': (
        'there is a visit, called a, where [kind of a is "x", and there is a visit, called b, '
        "where day of b is after day of a + 30 days]"
    ),
    "visit.day >= patient.born": "day of some visit is on or after date of birth of the patient",
    'expression(rna, "TP53", tpm) >= percentile(90)': (
        "the expression of TP53 in rna in tpm is at least the 90th percentile"
    ),
    'in cohort "some@2"': "the patient is in the cohort some@2",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_filter_is_said_as_a_sentence(text: str) -> None:
    assert describe_filter(parse_filter(text), DICTIONARY) == f"Patients where {SENTENCES[text]}."


def test_no_filter_is_everybody() -> None:
    assert describe_filter(None, DICTIONARY) == "All patients."
    assert describe_filter(None, _FOUND) == "All rows of patient."
