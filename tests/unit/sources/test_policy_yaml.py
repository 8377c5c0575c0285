"""Policies: what is read, and what is refused, all at once."""

from pathlib import Path

import pytest

from apollo_spark.errors import DictionaryError, InputFileError
from apollo_spark.model.policy import Policy
from apollo_spark.model.rules import Severity
from apollo_spark.sources.policy_yaml import read_policy


def read(folder: Path, text: str) -> Policy:
    path = folder / "policy.yaml"
    path.write_text(text)
    return read_policy(path)


def test_a_policy_changes_the_rules_it_names_and_no_other(tmp_path: Path) -> None:
    policy = read(tmp_path, "rules:\n  cell_code: quarantine\n  reference_missing: refuse\n")

    assert policy.severity_of("cell_code") is Severity.QUARANTINE
    assert policy.severity_of("reference_missing") is Severity.REFUSE
    assert policy.severity_of("cell_date") is Severity.REFUSE


@pytest.mark.parametrize("text", ["", "# nothing\n", "rules:\n", "rules: {}\n"])
def test_an_empty_policy_changes_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Policy()


def test_all_problems_of_a_policy_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError) as refusal:
        read(
            tmp_path,
            "rule: {}\n"
            "rules:\n"
            "  cell_codes: warn\n"
            "  cell_date: quarantene\n"
            "  cell_float: no\n"
            "  quoting: quarantine\n"
            "  field_type: warn\n"
            "  coding_unused: refuse\n",
        )

    assert refusal.value.exit_code == 11
    assert str(refusal.value) == (
        "The policy policy.yaml has 6 problems (rule policy_rule):\n"
        "  - key 'rule' (did you mean 'rules'?) has no meaning here\n"
        "  - rule 'cell_codes': there is no such rule (did you mean 'cell_code'?)\n"
        "  - rule 'cell_date': 'quarantene' (did you mean 'quarantine'?) is not one of refuse, "
        "quarantine, warn\n"
        "  - rule 'cell_float': 'False' is not one of refuse, quarantine, warn\n"
        "  - rule 'quoting': only rules about values of rows can quarantine; refuse or warn "
        "instead\n"
        "  - rule 'field_type': it always refuses, because nothing can be loaded without a sound "
        "dictionary"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "the file is not a mapping; it begins with 'rules:'"),
        ("rules: [cell_code]\n", "rules: is not a mapping of rule names to severities"),
    ],
    ids=["a list", "a list of rules"],
)
def test_a_policy_of_another_form_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DictionaryError) as refusal:
        read(tmp_path, text)

    assert str(refusal.value) == (
        f"The policy policy.yaml has 1 problem (rule policy_rule):\n  - {problem}"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules:\n  a: [\n", "the file is not YAML at line 3"),
        ("rules: !!python/object/apply:os.getcwd []\n", "tags have no meaning here, at line 1"),
        ("a: 1\na: 2\n", "a key occurs a second time, at line 2"),
    ],
    ids=["an open bracket", "a Python object", "a key twice"],
)
def test_a_policy_that_is_no_plain_yaml_is_refused_in_one_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(DictionaryError) as refusal:
        read(tmp_path, text)

    start = "The policy policy.yaml cannot be used (rule policy_rule): "
    assert str(refusal.value).startswith(f"{start}{problem}")
    assert "\n" not in str(refusal.value)


def test_a_policy_that_is_not_there_is_an_input_problem(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="No such file or directory"):
        read_policy(tmp_path / "policy.yaml")


def test_a_policy_that_is_not_text_is_an_input_problem(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputFileError, match="not UTF-8 text"):
        read_policy(path)
