"""Filters on what assays measured: some sample of a person fulfils them."""

from pathlib import Path

import pytest

from tests.support.study import CommandResult, Study

E1, E2, E3 = (f"ENSG0000000000{number}" for number in (1, 2, 3))
TPM = f"feature_id,S1,S2,S3,S4\n{E1},1.5,8,3,9\n{E2},5,,7,1\n{E3},1,1,1,1\n"
COUNT = f"feature_id,S1,S2,S3,S4\n{E1},10,20,30,40\n{E2},1,,2,3\n{E3},0,0,0,0\n"
LINKS = "sample_id,patient_id\nS1,P1\nS2,P1\nS3,P2\n"
ANNOTATION = f"feature_id,symbol\n{E1},TP53\n{E2},TWIN\n{E3},TWIN\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    found = Study(tmp_path_factory.mktemp("study"))
    assert found.load().code == 0
    done(found, "load", "expression", "rna", "--assay", "rna", "--unit", "tpm", "--source",
         found.write("tpm.csv", TPM),
         "--annotation", found.write("genes.csv", ANNOTATION))  # fmt: skip
    links = found.write("links.csv", LINKS)
    done(found, "merge", "assay", "rna", "study", "--as", "one", "--assay", "rna",
         "--link-file", links)  # fmt: skip
    done(found, "load", "expression", "rna", "--assay", "rna", "--unit", "count", "--source",
         found.write("count.csv", COUNT))  # fmt: skip
    done(found, "merge", "assay", "rna", "study", "--as", "two", "--assay", "rna",
         "--link-file", links)  # fmt: skip
    hidden = 'patient.patient_id = "P1"'
    done(found, "view", "one", "--as", "some", "--rows", hidden)
    return found


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


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
    ("study", 'expression(rna, "TP53") > 1'): (2, "values of assays cannot"),
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


def test_a_view_keeps_no_values_of_assays(study: Study, tmp_path: Path) -> None:
    text = 'expression(rna, "TP53") > 1'

    result = study.ask("view", "one", "--as", "other", "--rows", text)

    assert (result.code, list(tmp_path.iterdir())) == (2, [])
    assert "in a view's rule" in result.err


def test_hostile_names_of_features_find_nothing(study: Study) -> None:
    for feature in ("x' OR 1=1 --", "${spark.app.name}", "a\\' OR 'b'='b", 'q""q'):
        assert ask(study, "one", f'expression(rna, "{feature}") > 1').code == 13
        assert ask(study, "one", f'expression(rna, "TP53", "{feature}") > 1').code == 13
