"""Codes in filters that the coding does not have: they are named as such, and near ones told."""

from collections.abc import Sequence

from tests.support.cases import Case
from tests.support.study import CODINGS, DICTIONARY, ENTITIES, PASSPORTS, PATIENTS, SITES, VISITS

FILES = {
    "data_dictionary.csv": DICTIONARY,
    "codings.csv": CODINGS,
    "entities.csv": ENTITIES,
    "patient.csv": PATIENTS,
    "visit.csv": VISITS,
    "site.csv": SITES,
    "passport.csv": PASSPORTS,
}
LOAD = (
    "load", "clinical", "study", "--dictionary", "data_dictionary.csv", "--codings",
    "codings.csv", "--entities", "entities.csv", "--data", "patient=patient.csv", "--data",
    "visit=visit.csv", "--data", "site=site.csv", "--data", "passport=passport.csv",
)  # fmt: skip
SEX = "a code that the coding 'sex' does not have"


def case(
    name: str,
    rows: str,
    says: Sequence[str],
    hides: Sequence[str] = (),
    *,
    on_spark: bool = False,
) -> Case:
    """Return the case of a filter that is refused."""
    return Case(
        name=name,
        files=FILES,
        before=[LOAD],
        command=("view", "study", "--as", "some", "--rows", rows),
        code=2,
        says=says,
        hides=hides,
        on_spark=on_spark,
    )


CASES = (
    case(
        "another code",
        'patient.sex = "X"',
        [SEX, "line 1, column 15: patient.sex"],
        ["did you mean", "double quotes"],
        on_spark=True,
    ),
    case("another case", 'patient.sex = "f"', [SEX, 'did you mean "F"?']),
    case("the meaning of a code", 'patient.sex = "female"', [SEX, 'did you mean "F"?']),
    case(
        "some of several",
        'patient.sex in ("F", "Male", "W")',
        [
            "column 22: patient.sex is compared with a code that",
            "column 30: patient.sex",
            'did you mean "M"?',
        ],
    ),
    case(
        "a code below one of a tree",
        'exists(visit: visit.symptoms any of ("R1.5"))',
        ["a code that the coding 'symptom' does not have", 'did you mean "R1"?'],
    ),
    case(
        "under a code that is not there",
        'visit.symptoms under "r"',
        ["a code that the coding 'symptom' does not have", 'did you mean "R"?'],
    ),
    case(
        "a sparse code that is not there",
        'patient.smokes = "-3"',
        ["a code that the coding 'answer' does not have"],
        ["double quotes"],
    ),
    case(
        "the meaning of a sparse code",
        'patient.smokes = "Did not answer"',
        ["a code that the coding 'answer' does not have", 'did you mean "-1"?'],
    ),
    case("a number for a text", "patient.sex = 1", ["text in double quotes"], ["does not have"]),
)
