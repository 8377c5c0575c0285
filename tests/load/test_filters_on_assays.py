"""Filters on what assays measured: some sample of a person fulfils them."""

import subprocess
import sys

import pytest

from tests.support.expressed import E1, E2, E3, done, expressed
from tests.support.study import CommandResult, Study, prepared


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    found = prepared(expressed, tmp_path_factory.mktemp("study"))
    hidden = 'patient.patient_id = "P1"'
    done(found, "view", "one", "--as", "some", "--rows", hidden)
    return found


def ask(study: Study, name: str, text: str) -> CommandResult:
    return study.ask("cohort", "count", "--from", name, "--filter", text)


P1, P2, P3, P4 = "P1", "P2", "P3", "P4"
KEPT = {
    'expression(rna, "TP53") > 5': [P1],
    f'expression(rna, "{E1}", tpm) > 2': [P1, P2],
    'expression(rna, "TP53") between 1 and 3 without end': [P1],
    f'expression(rna, "{E2}") is not missing': [P1, P2],
    f'expression(rna, "{E2}") is missing': [P3, P4],
    f'expression(rna, "{E2}") != 7': [P1, P3, P4],
    f'not expression(rna, "{E2}") < 6': [P2, P3, P4],
    'expression(rna, "TP53") >= percentile(50)': [P1],
    'expression(rna, "TP53") <= percentile(0)': [P1],
    'expression(rna, "TP53") = percentile(100)': [],
    'exists(visit: visit.visit_id > 0) and expression(rna, "TP53") > 2': [P1, P2],
}


@pytest.mark.parametrize("text", KEPT)
def test_some_sample_of_a_person_fulfils_it(study: Study, text: str) -> None:
    words = ("extract", "fields", "one", "--fields", "patient.patient_id", "--filter", text)

    assert done(study, *words).out.split()[1:] == KEPT[text]


def test_a_percentile_is_one_of_the_samples_that_are_shown(study: Study) -> None:
    low, high = (f'expression(rna, "TP53") {each}' for each in (">= percentile(90)", "> 8.5"))

    assert ask(study, "one", low).out.strip() == "0"
    assert ask(study, "some", low).out.strip() == "1"
    assert ask(study, "some", high).out.strip() == "0"


REFUSED = {
    ("two", 'expression(rna, "TP53") > 1'): (2, "several units; name one: tpm, count"),
    ("two", 'expression(rna, "TP53", fpkm) > 1'): (13, "no unit 'fpkm'"),
    ("one", 'expression(rna, "TWIN") > 1'): (2, f"name one by its id: {E2}, {E3}"),
    ("one", 'expression(rna, "TP54") > 1'): (13, "no feature 'TP54'"),
    ("one", 'expression(rna, "tp53") > 1'): (13, "did you mean 'TP53'"),
    ("one", 'expression(dna, "TP53") > 1'): (13, "no assay 'dna'"),
    ("study", 'expression(rna, "TP53") > 1'): (13, "no assay 'rna'"),
    ("one", 'methylation(rna, "TP53") > 1'): (2, "write expression(...)"),
    ("one", 'exists(visit: expression(rna, "TP53") > 1)'): (2, "not below 'visit'"),
    ("some", 'expression(rna, "tp53") > 1'): (13, "no feature 'tp53'"),
}


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_what_cannot_be_asked_is_refused(study: Study, name: str, text: str) -> None:
    result = ask(study, name, text)

    code, why = REFUSED[name, text]
    assert (result.code, result.out) == (code, "")
    assert why in result.err
    assert ("did you mean" in result.err) == ("did you mean" in why)


def test_hostile_names_of_features_find_nothing(study: Study) -> None:
    for feature in ("x' OR 1=1 --", "${spark.app.name}", "a\\' OR 'b'='b", 'q""q'):
        assert ask(study, "one", f'expression(rna, "{feature}") > 1').code == 13
        assert ask(study, "one", f'expression(rna, "TP53", "{feature}") > 1').code == 13


def test_people_that_are_counted_anew_by_an_assay_are_shown_by_a_command_without_numpy(
    study: Study,
) -> None:
    """`show` begins without numpy, which is needed here, and is then started again.

    It is the last test here: others read the people who are withdrawn by it.
    """
    high = 'expression(rna, "TP53") > 2'
    done(study, "cohort", "create", "high", "--from", "one", "--filter", high)
    keys = study.write("withdrawn.csv", "patient_id\nP2\n")
    done(study, "withdraw", keys, "--of", "study.patient", "--apply")
    words = [sys.executable, "-c", "from apollo_spark.cli.main import main; main()"]

    ended = subprocess.run(
        [*words, "--lake", study.lake, "show", "high"], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == done(study, "show", "high").out
