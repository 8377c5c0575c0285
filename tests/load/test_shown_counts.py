"""What a view shows is counted under a limit of time; what was not counted is said."""

from pathlib import Path
from typing import Any

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.verbs.ask import shown_counts
from apollo_spark.verbs.ask.shown_counts import ShownCounts, count_shown
from tests.support.study import Study, loaded, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(with_women, tmp_path)


def with_women(folder: Path) -> Study:
    study = loaded(folder)
    words = ("--rows", 'patient.sex = "F"', "--entities", "patient,visit")
    assert study.ask("view", "study", "--as", "women", *words).code == 0
    return study


def show(study: Study, *words: str) -> Any:
    return study.ask("show", "women", *words)


def test_rows_that_a_view_shows_are_counted(study: Study) -> None:
    lake = open_lake(str(study.lake))
    record = lake.load_record(parse_reference("women"))

    assert count_shown(lake, record).rows == {"patient": 2, "visit": 3}
    assert count_shown(lake, record, seconds=0) == ShownCounts()


def test_what_was_not_counted_is_said(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not counted" not in show(study).out

    monkeypatch.setattr(shown_counts, "count_shown", lambda *_: ShownCounts())

    assert show(study).out.count("not counted") == 2
    assert show(study, "--json").json["not_counted"] == ["patient", "visit"]
