"""What follows from rows that the policy set aside is told below them, wherever it is told."""

import json
from pathlib import Path

import pytest

from tests.cases.causes_first import LEVELS, ROWS, load
from tests.support.study import apollo

QUARANTINE = "rules: {key_lookalike: quarantine, key_unique: quarantine}\n"
TWICE = {"a.csv": "a_id\nA1\nA2\nA2\n"}
ALIKE = {"a.csv": "a_id\nA1\nA2\nA2 \n"}
IN_THE_MIDDLE = {"b.csv": "b_id,a_ref\nB1,A1\nB2,A2\nB2,A2\n"}


@pytest.mark.parametrize(
    ("changed", "cause"),
    [(TWICE, "key_unique"), (ALIKE, "key_lookalike"), (IN_THE_MIDDLE, "key_unique")],
    ids=["a key twice", "keys that look alike", "one level down"],
)
def test_a_consequence_stands_below_its_cause(
    changed: dict[str, str], cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {**ROWS, "dict.csv": LEVELS, "policy.yaml": QUARANTINE, **changed}
    for name, content in files.items():
        Path(name).write_text(content)
    result = apollo("--lake", "lake", *load("a", "b", "c"), "--policy", "policy.yaml")
    assert result.code == 12
    [report] = Path("report").rglob("*.json")
    rules = [each["rule"] for each in json.loads(report.read_text())["findings"]]
    assert rules.index(cause) < rules.index("reference_resolves")
    pages = [each.read_text() for each in Path("report").rglob("*.html")]
    for text in (result.err, *pages):
        shown = text.replace("<code>", "(")
        assert shown.index(f"({cause}") < shown.index("(reference_resolves")


def test_errors_that_follow_from_nothing_stay_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {**ROWS, "dict.csv": LEVELS, "policy.yaml": QUARANTINE, **TWICE,
             "c.csv": "c_id,b_ref\nC1,B1\nC2,B9\n"}  # fmt: skip
    for name, content in files.items():
        Path(name).write_text(content)
    result = apollo("--lake", "lake", *load("a", "b", "c"), "--policy", "policy.yaml")
    assert result.code == 12
    lost, cause = result.err.index("c.csv: line 3"), result.err.index("(key_unique")
    assert lost < cause
