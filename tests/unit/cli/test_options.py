"""Options that a verb needs are asked for by name."""

import pytest

from apollo_spark.cli.main import run

LEFT_OUT = {
    "load clinical x --data patient=f": "--dictionary",
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
