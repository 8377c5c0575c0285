"""What a policy softens of an expression source, and what it cannot."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.loading import versions
from tests.support.sources import (
    ACROSS,
    DOWN,
    LONG,
    MANIFEST,
    MORE,
    ONE,
    TWO,
    A,
    B,
    C,
    Files,
    T,
    cut,
    load,
    manifest,
)  # fmt: skip
from tests.support.study import CommandResult, apollo

ALL = [(A, "S1", 1), (A, "S2", 2), (B, "S1", 3), (B, "S2", 4)]


@dataclass(frozen=True)
class Softened:
    """Files that break one rule, and what is stored where a policy says that it only warns."""

    rule: str
    files: Files
    stored: list[tuple[str, str, int]]
    sources: int = 1


SOFTENED = {
    "text, matrix": Softened("expression_number", {"a.csv": DOWN.replace("4", "x")}, ALL[:3]),
    "text, turned": Softened("expression_number", {"a.csv": ACROSS.replace("2,4", "2,x")}, ALL[:3]),
    "text, long": Softened("expression_number", {"a.csv": LONG.replace("4", "x")}, ALL[:3]),
    "text, manifest": Softened("expression_number", manifest(two=TWO.replace("4", "x")), ALL[:3]),
    "row too long, matrix": Softened(
        "row_length", {"a.csv": DOWN.replace("3,4", "3,4,5")}, ALL[:2]
    ),
    "row too long, long": Softened("row_length", {"a.csv": LONG + f"{A},S1,1,1\n"}, ALL),
    "other kind, matrix": Softened(
        "feature_kind", {"a.csv": DOWN + f"{T},5,6\n"}, [*ALL, (T, "S1", 5), (T, "S2", 6)]
    ),
    "other kind, long": Softened(
        "feature_kind", {"a.csv": LONG + f"{T},S1,5\n"}, [*ALL, (T, "S1", 5)]
    ),
    "no id, matrix": Softened("feature_kind", {"a.csv": DOWN + ",5,6\n"}, ALL),
    "no id, long": Softened("feature_kind", {"a.csv": LONG + ",S1,5\n"}, ALL),
    "no id, manifest": Softened("feature_kind", manifest(two=TWO + ",5\n"), ALL),
    "feature twice, matrix": Softened("feature_repeated", {"a.csv": DOWN + f"{A},5,6\n"}, ALL),
    "feature twice, turned": Softened(
        "feature_repeated", {"a.csv": f"sample_id,{A},{B},{A}\nS1,1,3,5\nS2,2,4,6\n"}, ALL
    ),
    "feature twice, manifest": Softened("feature_repeated", manifest(two=TWO + f"{A},9\n"), ALL),
    "pair twice": Softened("pair_repeated", {"a.csv": LONG + f"{B},S1,5\n"}, ALL),
    "other features, matrix": Softened(
        "features_differ",
        {"a.csv": DOWN, "b.csv": f"feature_id,S3\n{A},5\n{C},6\n"},
        [*ALL, (A, "S3", 5), (C, "S3", 6)],
        sources=2,
    ),
    "other features, manifest": Softened(
        "features_differ", manifest(two=TWO + f"{C},5\n"), [*ALL, (C, "S2", 5)]
    ),
}


def load_with(folder: Path, files: Files, sources: int, rule: str) -> CommandResult:
    """Load files under a policy that only warns of a rule."""
    folder.mkdir(exist_ok=True)
    (folder / "policy.yaml").write_text(f"rules: {{{rule}: warn}}\n")
    return load(folder, files, sources, "--policy", folder / "policy.yaml")


@pytest.mark.parametrize("name", SOFTENED)
def test_what_a_policy_softens_is_told_and_the_rest_is_stored(tmp_path: Path, name: str) -> None:
    case = SOFTENED[name]

    loaded = load_with(tmp_path, case.files, case.sources, case.rule)

    assert loaded.code == 0, loaded.err
    assert case.rule in loaded.err
    shown = apollo("--lake", tmp_path / "lake", "extract", "expression", "study").out
    rows = [tuple(line.split(",")) for line in shown.splitlines()[1:]]
    assert sorted(rows) == sorted((f, s, str(value)) for f, s, value in case.stored)
    assert apollo("--lake", tmp_path / "lake", "verify", "--deep", "--sources").code == 0


FIRM: dict[str, tuple[str, Files, int, int]] = {
    "sample twice, matrix": (
        "header_repeated_column", {"a.csv": DOWN.replace("S1,S2", "S1,S1")}, 1, 10,
    ),
    "sample twice, turned": ("sample_repeated", {"a.csv": ACROSS.replace("S2,", "S1,")}, 1, 12),
    "sample in two matrices": (
        "sample_repeated", {"a.csv": DOWN, "b.csv": MORE.replace("S3", "S1")}, 2, 12,
    ),
    "sample twice, manifest": (
        "sample_repeated", manifest(manifest=MANIFEST.replace("S2,", "S1,")), 1, 12,
    ),
    "no sample id, turned": ("key_missing", {"a.csv": ACROSS.replace("S2,", ",")}, 1, 12),
    "no sample id, long": ("key_missing", {"a.csv": LONG.replace("S2,4", ",4")}, 1, 12),
    "manifest": ("manifest_file", {"manifest.csv": MANIFEST, "one.csv": ONE}, 1, 10),
    "cut off, matrix": ("file_truncated", {"a.csv": DOWN, "b.csv.gz": cut(MORE)}, 2, 10),
    "no text, matrix": ("file_not_text", {"a.csv": DOWN.encode() + b"\xff,5,6\n"}, 1, 10),
    "no text, long": ("file_not_text", {"a.csv": LONG.encode() + b"\xff,S1,6\n"}, 1, 10),
    "no text, manifest": ("file_not_text", manifest(two=TWO.encode() + b"\xff,6\n"), 1, 10),
    "open quote, matrix": ("quoting", {"a.csv": DOWN + f'"{C},5,6\n'}, 1, 10),
    "empty": ("file_empty", {"a.csv": DOWN, "b.csv": ""}, 2, 10),
    "header": ("matrix_header", {"a.csv": DOWN.replace("S2", "")}, 1, 10),
    "format": ("source_format", {"a.csv": DOWN, "b.csv": LONG}, 2, 10),
}  # fmt: skip


@pytest.mark.parametrize("name", FIRM)
def test_no_policy_softens_what_keeps_a_source_from_being_read_or_samples_apart(
    tmp_path: Path, name: str
) -> None:
    rule, files, sources, code = FIRM[name]

    refused = load_with(tmp_path, files, sources, rule)

    assert (refused.code, rule in refused.err) == (code, True), refused.err
    assert versions(tmp_path / "lake") == []


def test_a_softened_cell_is_missing_and_every_other_value_is_stored(tmp_path: Path) -> None:
    rows = [f"ENSG{number:011d},{number},1" for number in range(10, 60)]
    text = "\n".join(["feature_id,S1,S2", *rows, f"{A},x,0.123456", ""])
    (tmp_path / "policy.yaml").write_text("rules: {expression_number: warn}\n")

    loaded = load(tmp_path, {"down.csv": text}, 1, "--unit", "tpm", "--policy",
                  tmp_path / "policy.yaml")  # fmt: skip

    assert loaded.code == 0, loaded.err
    shown = apollo("--lake", tmp_path / "lake", "extract", "expression", "study").out.splitlines()
    assert len(shown) == 1 + 101
    assert shown[1] == f"{A},S2,0.123456"
    assert apollo("--lake", tmp_path / "lake", "verify", "--deep").code == 0
