"""A filter tested on invented rows: without a lake, with all that is wrong said at once."""

from pathlib import Path

import pytest

from apollo_spark.errors import (
    ApolloError,
    CheckFailedError,
    DictionaryError,
    InputFileError,
    NotFoundError,
    UsageError,
)
from apollo_spark.operations.asker import Asker
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.cohort.trial import CohortTestRequest, try_cohort, try_filter
from tests.support.study import CommandResult, Study, apollo

DICTIONARY = """\
entity,name,type,primary_key_type,coding_name,is_multi_select,referenced_entity_field,relationship
patient,patient_id,string,global,,,,
patient,sex,integer,,sex,,,
patient,born,date,,,,,
patient,drugs,string,,,yes,,
visit,visit_id,integer,local,,,,
visit,patient_id,string,,,,patient:patient_id,many_to_one
visit,fev1_l,float,,,,,
"""
CODINGS = "coding_name,code,meaning\nsex,0,male\nsex,1,female\n"
ROWS = """\
dictionary: dictionary.csv
codings: codings.csv
rows:
  patient:
    - {patient_id: P1, sex: 1, born: 1990-02-01, drugs: [a, b]}
    - {patient_id: 2, sex: 0}
    - {patient_id: P3}
  visit:
    - {visit_id: 1, patient_id: P1, fev1_l: 1}
    - {visit_id: 2, patient_id: 2, fev1_l: 3.5}
in: [P1]
out: [2, P3]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dictionary.csv").write_text(DICTIONARY)
    (tmp_path / "codings.csv").write_text(CODINGS)
    return tmp_path


def rows(folder: Path, text: str = ROWS) -> Path:
    path = folder / "people.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "patient.sex = 1",
        "patient.born < 1991-01-01",
        'patient.drugs all of ("a", "b")',
        "exists(visit: visit.fev1_l < 2) and patient.sex is not missing",
        "min(visit.fev1_l) < 2",
    ],
)
def test_people_are_where_they_must_be(folder: Path, text: str) -> None:
    found = try_filter(text, rows(folder))

    found.require_passed()
    assert (len(found.people), found.failed) == (3, 0)


def test_people_who_are_elsewhere_are_named(folder: Path) -> None:
    found = try_filter("patient.sex = 0", rows(folder))

    assert found.as_json() == {
        "people": [
            {"id": "P1", "expected": True, "found": False},
            {"id": "2", "expected": False, "found": True},
            {"id": "P3", "expected": False, "found": False},
        ],
        "failed": 2,
    }
    with pytest.raises(CheckFailedError) as refused:
        found.require_passed()
    assert str(refused.value).splitlines() == [
        "2 of 3 people are wrong:", "- P1 must be in and is out", "- 2 must be out and is in",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "ids"),
    [
        ("float", ("2", "3.50")),
        ("date", ("2020-01-31", "2020-02-01")),
        ("datetime", ("2020-01-31T10:00:00Z", "2020-01-31 12:30:00")),
    ],
)
def test_ids_are_compared_as_keys_of_their_type(
    folder: Path, type_: str, ids: tuple[str, str]
) -> None:
    header = "entity,name,type,primary_key_type\n"
    fields = f"patient,key,{type_},global\npatient,sex,integer,\n"
    (folder / "dictionary.csv").write_text(header + fields)
    first, second = ids
    people = f"rows: {{patient: [{{key: {first!r}, sex: 1}}, {{key: {second!r}}}]}}\n"
    text = f"dictionary: dictionary.csv\n{people}in: [{first!r}]\nout: [{second!r}]\n"

    found = try_filter("patient.sex = 1", rows(folder, text))

    assert [(each.id, each.found) for each in found.people] == [(first, True), (second, False)]


WRONG: dict[str, tuple[str, type[ApolloError], list[str]]] = {
    "no YAML": ("rows: [", InputFileError, ["people.yaml cannot be read: the file is not YAML"]),
    "no mapping": ("- 1", UsageError, ["is not a mapping with 'rows', 'in' and 'out'"]),
    "shapes": (
        "dictionary: [1]\nrow: 1\nrows: {patient: 1, visit: [1, {visit_id: {a: 1}}]}\nin: P1\n",
        UsageError,
        [
            "'row' is not a key of a test (did you mean 'rows'?)",
            "'dictionary' is not the name of a file",
            "patient: its rows are not a list",
            "visit, row 1: it is not a mapping of fields with values",
            "visit, row 2: a value is not a text, number or date",
            "'in' is not a list of ids",
        ],
    ),
    "nothing": ("rows: {}\n", UsageError, ["'rows' is not a mapping of entities", "nobody is"]),
    "twice": (ROWS.replace("in: [P1]", "in: [P1, 2]"), UsageError, ["an id is twice"]),
    "names": (
        ROWS.replace("sex: 1", "sexx: 1").replace("  visit:", "  visits:"),
        UsageError,
        [
            "patient, row 1: there is no field patient.sexx (did you mean 'sex'?)",
            "there is no entity 'visits' (did you mean 'visit'?)",
        ],
    ),
    "values": (
        ROWS.replace("sex: 0", "sex: 7, drugs: a, born: soon"),
        UsageError,
        ["row 2: patient.sex cannot have such a value", "patient.born cannot have such a value"],
    ),
    "a list": (ROWS.replace("sex: 1", "sex: [1]"), UsageError, ["patient.sex cannot have such"]),
    "no key": (ROWS.replace("patient_id: 2,", ""), UsageError, ["patient.patient_id is missing"]),
    "one key": (ROWS.replace("{patient_id: P3}", "{patient_id: P1}"), UsageError, ["there twice"]),
    "nobody": (
        ROWS.replace("[2, P3]", "[P9]"),
        UsageError,
        ["'P9' is not the patient.patient_id of a row"],
    ),
    "no dictionary": (
        ROWS.replace("dictionary: dictionary.csv\n", ""),
        UsageError,
        ["names no dictionary", "Write 'dictionary: FILE' into it"],
    ),
    "a wrong dictionary": (
        ROWS.replace("codings: codings.csv\n", ""),
        DictionaryError,
        ["The dictionary of the test people.yaml cannot be used"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_all_that_is_wrong_with_a_test_is_listed(folder: Path, case: str) -> None:
    text, error, words = WRONG[case]

    with pytest.raises(error) as refused:
        try_filter("patient.sex = 1", rows(folder, text))

    for each in words:
        assert each in str(refused.value)


def test_a_test_that_is_not_there_is_an_input_that_cannot_be_read(folder: Path) -> None:
    with pytest.raises(InputFileError, match=r"The test none\.yaml cannot be read"):
        try_filter("patient.sex = 1", folder / "none.yaml")


def test_names_of_a_filter_are_those_of_the_dictionary(folder: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no field patient\.sexx"):
        try_filter("patient.sexx = 1", rows(folder))


def ask(*words: str) -> CommandResult:
    return apollo("cohort", "test", *words)


def test_the_command_needs_no_lake_for_a_filter(folder: Path) -> None:
    file = str(rows(folder))

    passed = ask("--filter", "patient.sex = 1", "--file", file)
    failed = ask("--filter", "patient.sex = 0", "--file", file, "--json")

    assert (passed.code, passed.out) == (0, "3 of 3 pass\n")
    assert (failed.code, failed.json["failed"]) == (12, 2)
    assert "- 2 must be out and is in" in failed.err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "women", "filter": "patient.sex = 1"}, "one of them is tested"),
        ({}, "one of them is tested"),
        ({"name": "women", "from_name": "study"}, "--from goes with --filter"),
    ],
)
def test_one_thing_is_tested(asked: dict[str, str], said: str, folder: Path) -> None:
    request = CohortTestRequest(file=str(rows(folder)), **asked)

    with pytest.raises(UsageError, match=said):
        try_cohort(Asker(None, LakeSettings), request)


def test_a_list_of_ids_means_nobody_of_invented_rows(tmp_path: Path) -> None:
    study = Study(tmp_path)
    assert study.load().code == 0
    (tmp_path / "ids").write_text("P1\n")
    people = tmp_path / "people.yaml"
    people.write_text("rows: {patient: [{patient_id: P1}]}\nin: [P1]\n")
    made = ["cohort", "create", "listed", "--from", "study", "--ids", str(tmp_path / "ids")]
    assert study.ask(*made).code == 0

    done = study.ask("cohort", "test", "listed", "--file", str(people))

    assert (done.code, "is made of a list of ids" in done.err) == (2, True)
