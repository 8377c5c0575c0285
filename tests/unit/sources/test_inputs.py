"""Which files belong to which entity."""

from pathlib import Path

import pytest

from apollo_spark.errors import UsageError
from apollo_spark.sources.inputs import parse_data_option, resolve_data


def test_a_folder_gives_its_data_files_by_name_and_no_others(tmp_path: Path) -> None:
    for name in ("b.csv", "a.tsv", "c.csv.gz", "notes.md", ".hidden"):
        (tmp_path / name).write_text("")

    found = resolve_data([("visit", str(tmp_path))])

    assert [Path(each.label).name for each in found.files] == ["a.tsv", "b.csv", "c.csv.gz"]
    assert [(each.rule, each.severity.value, each.count) for each in found.findings] == [
        ("file_left_alone", "warn", 1)
    ]
    assert "'notes.md'" in found.findings[0].message
    assert ".hidden" not in found.findings[0].message


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    path = str(tmp_path / "a.csv")

    assert len(resolve_data([("visit", path), ("visit", path)]).files) == 1


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    found = resolve_data([("visit", str(tmp_path)), ("site", str(tmp_path / "site.csv"))])

    assert [(each.rule, each.entity) for each in found.findings] == [
        ("file_missing", "visit"),
        ("file_missing", "site"),
    ]


@pytest.mark.parametrize("text", ["visit", "=a.csv", "visit="])
def test_a_data_option_without_both_sides_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="which file belongs to which entity"):
        parse_data_option(text)


def test_a_path_may_hold_an_equals_sign() -> None:
    assert parse_data_option("visit=a=b.csv") == ("visit", "a=b.csv")
