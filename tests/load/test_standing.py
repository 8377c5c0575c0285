"""The same work again: it is done already only while what it brought still stands."""

from pathlib import Path

import pytest

from tests.support.extending import extend, rows
from tests.support.sources import DOWN, MORE, load
from tests.support.study import PATIENTS, Study, apollo, loaded, prepared

NEW_VISIT = "visit_id,patient_id,note\n90,P1,late\n"
RISK = "patient_id,risk\nP1,high\nP2,low\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def weight(value: float) -> str:
    return f"patient_id,weight\nP1,{value}\n"


def retire(study: Study, version: str) -> None:
    assert study.ask("retire", version).code == 0


def test_rows_that_a_retired_version_changed_are_changed_again(study: Study) -> None:
    for text in (weight(1), weight(2)):
        assert extend(study, text).code == 0
    assert extend(study, NEW_VISIT, of="visit").last_line == "study@4"
    retire(study, "study@3")

    again = extend(study, weight(1))

    assert (again.code, again.last_line) == (0, "study@5"), again.err
    assert rows(study, "patient.patient_id,patient.weight")[0] == "P1,1.0"


def test_fields_that_a_retired_load_left_behind_are_added_again(study: Study) -> None:
    assert extend(study, RISK).last_line == "study@2"
    study.write("patient.csv", PATIENTS.replace("61.5", "62.5"))
    assert study.load().last_line == "study@3"
    assert extend(study, NEW_VISIT, of="visit").last_line == "study@4"
    retire(study, "study@3")

    again = extend(study, RISK)

    assert (again.code, again.last_line) == (0, "study@5"), again.err


def test_what_a_retired_version_brought_stands_in_those_that_it_was_extended_to(
    study: Study,
) -> None:
    assert extend(study, RISK).last_line == "study@2"
    assert extend(study, NEW_VISIT, of="visit").last_line == "study@3"
    retire(study, "study@2")

    again = extend(study, RISK)

    assert "already study@3" in again.err, again.err


def test_rows_that_were_left_out_come_when_what_they_refer_to_has_come(study: Study) -> None:
    policy = study.write("policy.yaml", "rules: {reference_resolves: quarantine}")
    late = "visit_id,patient_id\n77,P4\n78,P5\n"
    assert extend(study, late, "--policy", policy, of="visit").last_line == "study@2"
    assert "already study@2" in extend(study, late, "--policy", policy, of="visit").err
    assert extend(study, "site_id,city\n3,Lund\n", of="site").last_line == "study@3"
    assert "already study@3" in extend(study, late, "--policy", policy, of="visit").err
    assert extend(study, "patient_id,sex\nP5,F\n").last_line == "study@4"

    again = extend(study, late, "--policy", policy, of="visit")

    assert (again.code, again.last_line) == (0, "study@5"), again.err
    assert "P5,78" in rows(study, "patient.patient_id,visit.visit_id")


def test_a_unit_of_an_assay_is_recognised_beneath_a_retired_version(tmp_path: Path) -> None:
    load(tmp_path, {"a.csv": DOWN}, 1)
    load(tmp_path, {"b.csv": DOWN}, 1, "--unit", "tpm")
    assert apollo("--lake", tmp_path / "lake", "retire", "study@1").code == 0

    again = load(tmp_path, {"a.csv": DOWN}, 1)
    other = load(tmp_path, {"a.csv": MORE}, 1, "--replace")

    assert "already study@2" in again.err, again.err
    assert (other.code, other.last_line) == (0, "study@3"), other.err


def test_a_version_whose_receipt_was_swept_is_made_again(tmp_path: Path) -> None:
    load(tmp_path, {"a.csv": DOWN}, 1)
    load(tmp_path, {"b.csv": DOWN}, 1, "--unit", "tpm")
    assert apollo("--lake", tmp_path / "lake", "retire", "study@1").code == 0
    assert apollo("--lake", tmp_path / "lake", "gc", "--apply", "--grace", "0").code == 0

    again = load(tmp_path, {"a.csv": DOWN}, 1)

    assert (again.code, again.last_line) == (0, "study@3"), again.err
