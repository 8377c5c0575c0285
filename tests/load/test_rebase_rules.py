"""A view is moved to newer data with its rule, whatever form its conditions have."""

import pytest

from tests.support.study import Study

RULES = {
    "fields beside fields": "visit.visit_id > 0 and visit.seen > patient.born + 50 years",
    "rows with names": "exists(visit as a: exists(visit as b: b.visit_id > a.visit_id))",
    "one row of several": "last(visit by visit.visit_id): visit.visit_id > 1",
    "numbers of rows": "max(visit.visit_id) >= 2",
    "half-open ranges": "patient.weight between 50 and 70 without end",
    "cohorts inside": 'exists(visit: in cohort "some" and visit.visit_id > 0)',
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    found = Study(tmp_path_factory.mktemp("study"))
    assert found.load().code == 0
    done(found, "cohort", "create", "some", "--from", "study@1", "--filter", "patient.weight < 65")
    for number, rule in enumerate(RULES.values()):
        done(found, "view", "study@1", "--as", f"part{number}", "--rows", rule)
    found.replace("visit.csv", "3,P2,", "3,P3,")
    assert found.load().code == 0
    done(found, "cohort", "create", "some", "--from", "study@2", "--filter", "patient.weight < 65")
    for number, _ in enumerate(RULES):
        done(found, "rebase", f"part{number}", "--onto", "study@2", "--apply")
    return found


def done(study: Study, *words: object) -> str:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result.out


@pytest.mark.parametrize("what", RULES)
def test_a_rule_is_asked_of_the_newer_rows(study: Study, what: str) -> None:
    number = list(RULES).index(what)
    key = ("--fields", "patient.patient_id")
    rule = RULES[what].replace('"some"', '"some@2"')

    moved = done(study, "extract", "fields", f"part{number}@2", *key)

    assert moved == done(study, "extract", "fields", "study@2", *key, "--filter", rule)
