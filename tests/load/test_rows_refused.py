"""Rows that break a rule are refused with everything that is wrong, or dealt with by a policy."""

from pathlib import Path

import pytest

from apollo_spark.errors import (
    ApolloError,
    CheckFailedError,
    ConflictError,
    InputFileError,
    NotFoundError,
    UsageError,
)
from tests.support.loading import answers_of, require_sound
from tests.support.rowing import counts, give, states, study_of_rows
from tests.support.study import Study, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(study_of_rows, tmp_path)


@pytest.mark.parametrize(
    ("given", "text", "error", "said"),
    [
        ("patient", "patient_id,weight\nP5,heavy\n", CheckFailedError, "cell_float"),
        ("patient", "patient_id,sex\nP5,X\n", CheckFailedError, "cell_code"),
        ("patient", "patient_id,sex\n,F\n", CheckFailedError, "key_missing"),
        ("patient", "patient_id,sex\nP5,F\nP5,M\n", CheckFailedError, "key_unique"),
        ("patient", "patient_id,site_id\nP1,9\n", CheckFailedError, "reference_resolves"),
        ("visit", "visit_id,patient_id\n1,P9\n", CheckFailedError, "reference_resolves"),
        ("passport", "passport_id,holder\nX9,P1\n", CheckFailedError, "reference_cardinality"),
        ("passport", "passport_id,holder\nX1,P2\n", CheckFailedError, "reference_cardinality"),
        ("patient", "patient_id,height\nP5,2\n", InputFileError, "header_unknown_column"),
        ("patient", "weight\n61\n", InputFileError, "header_missing_column"),
        ("patient", "patient_id,weight\nP5\n", InputFileError, "row_length"),
        ("person", "patient_id\nP5\n", NotFoundError, "no entity"),
    ],
)
def test_rows_that_break_a_rule_are_refused(
    study: Study, given: str, text: str, error: type[ApolloError], said: str
) -> None:
    study.write("more.csv", text)
    before = states(study.lake / "tables")

    with pytest.raises(error) as refused:
        give(study, data=f"{given}=more.csv")

    assert said in str(refused.value)
    assert states(study.lake / "tables") == before
    require_sound(study.lake)


@pytest.mark.parametrize(
    ("given", "text", "error", "said"),
    [
        ("patient", "patient_id\nP1\n", CheckFailedError, "entity visit: column patient_id"),
        ("site", "site_id\n2\n", CheckFailedError, "entity patient: column site_id"),
        ("visit", "visit_id\n77\n", CheckFailedError, "delete_unmatched"),
        ("visit", "visit_id\nfirst\n", CheckFailedError, "cell_integer"),
        ("visit", "visit_id\n\n1\n", None, ""),
        ("visit", "visit\n1\n", InputFileError, "header_missing_column"),
        ("note", "text\nfirst\n", UsageError, "no primary key"),
    ],
)
def test_keys_to_delete_that_break_a_rule_are_refused(
    study: Study, given: str, text: str, error: type[ApolloError] | None, said: str
) -> None:
    study.write("keys.csv", text)
    if error is None:
        assert counts(give(study, delete=f"{given}=keys.csv")) == {"rows_deleted": 1}
        return

    with pytest.raises(error) as refused:
        give(study, delete=f"{given}=keys.csv")

    assert said in str(refused.value)


def test_everything_wrong_is_said_at_once(study: Study) -> None:
    study.write("more.csv", "visit_id,patient_id,symptoms\n9,P9,R\n8,P1,Q\n8,P1,R\n1,P1,R\n")
    study.write("keys.csv", "visit_id\n1\n77\n")

    with pytest.raises(CheckFailedError) as refused:
        give(study, data="visit=more.csv", delete="visit=keys.csv")

    rules = ("reference_resolves", "cell_code", "key_unique")
    for rule in (*rules, "delete_unmatched", "delete_contradicted"):
        assert rule in str(refused.value)
    for value in ("P9", "77", "Q"):
        assert f" {value}" not in str(refused.value)


def test_a_policy_allows_keys_that_match_nothing_and_leaves_rows_out(study: Study) -> None:
    study.write("keys.csv", "visit_id\n77\n2\n")
    outcome = give(study, delete="visit=keys.csv", policy="rules: {delete_unmatched: warn}\n")
    assert counts(outcome) == {"rows_deleted": 1, "deletes_unmatched": 1}

    study.write("more.csv", "visit_id,patient_id\n9,P9\n8,P1\n1,P2\n")
    policy = "rules: {reference_resolves: quarantine}\n"
    outcome = give(study, data="visit=more.csv", policy=policy)
    assert counts(outcome) == {
        "rows_read": 3,
        "rows_added": 1,
        "rows_changed": 1,
        "rows_quarantined": 1,
    }
    assert [row["visit_id"] for row in answers_of(study.lake, "study")["visit"]] == [1, 3, 4, 8]
    left_out = next(study.lake.glob("reports/*/*/quarantine.visit.csv"))
    assert left_out.read_text().splitlines()[1].endswith("more.csv,2,reference_resolves,9,P9")
    require_sound(study.lake)


def test_new_rows_without_a_column_for_their_parent_are_warned_about(study: Study) -> None:
    study.write("more.csv", "visit_id\n9\n")

    outcome = give(study, data="visit=more.csv")

    found = [(each.rule, each.entity, each.column, each.count) for each in outcome.findings]
    assert found == [("reference_missing", "visit", "patient_id", 1)]


def test_rows_of_another_dataset_are_refused_with_the_way_to_go(study: Study) -> None:
    assert study.ask("view", "study", "--as", "part", "--entities", "patient,visit").code == 0
    study.write("more.csv", "patient_id,weight\nP1,62\n")

    with pytest.raises(ConflictError, match="apollo rebase"):
        give(study, data="patient=more.csv", name="part")


def test_rows_go_to_the_newest_version_only(study: Study) -> None:
    study.write("more.csv", "patient_id,weight\nP1,62\n")
    give(study, data="patient=more.csv")

    with pytest.raises(UsageError, match="study@1 is not the newest version of 'study'"):
        give(study, data="patient=more.csv", name="study@1")
    copied = study.ask(
        "extend", "study@1", "--data", f"patient={study.folder / 'more.csv'}", "--mode", "rows",
        "--as", "other",
    )  # fmt: skip
    assert (copied.code, "went on to study@2" in copied.err) == (14, True), copied.err
