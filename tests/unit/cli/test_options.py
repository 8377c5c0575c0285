"""Options that a verb needs are asked for by name."""

import pytest

from apollo_spark.cli.main import run

LEFT_OUT = {
    "load clinical x": "--data",
    "load clinical x --dictionary f": "--data",
    "load expression x --unit tpm --source f": "--assay",
    "load expression x --assay rna --source f": "--unit",
    "load expression x --assay rna --unit tpm": "--source",
    "merge clinical x y": "--as",
    "merge assay x y --assay rna": "--as",
    "merge assay x y --as z": "--assay",
    "view x --fields f": "--as",
    "withdraw f": "--of",
}


@pytest.mark.parametrize("words", LEFT_OUT)
def test_an_option_that_a_verb_needs_and_that_is_left_out_is_named(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--lake", "nowhere", *words.split()]) == 2

    assert f"Missing option '{LEFT_OUT[words]}'." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--time-limit 0 list", "more than 0 seconds"),
        ("--time-limit -3 list", "more than 0 seconds"),
        ("list --memory-limit much", "written as 512MB or 2GB"),
        ("cohort count x --threads 0", "takes 1 thread or more"),
    ],
)
def test_what_is_no_limit_of_a_question_is_refused_wherever_it_is_said(
    words: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--lake", "nowhere", *words.split()]) == 2

    assert why in capsys.readouterr().err


def test_limits_are_shown_where_an_answer_may_take_long(capsys: pytest.CaptureFixture[str]) -> None:
    def shown(*words: str) -> bool:
        assert run([*words, "--help"]) == 0
        return "--time-limit" in capsys.readouterr().out

    assert shown()
    assert shown("extract", "fields")
    assert shown("cohort", "count")
    assert not shown("retire")
