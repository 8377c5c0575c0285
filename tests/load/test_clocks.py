"""Clocks that are wrong: no time of what happens to a name is before what happened to it last."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.names import parse_reference
from tests.support.clock import NOON, HandClock, take_the_place_of_the_system_clock
from tests.support.loading import FIRST, small_study
from tests.support.study import Study


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    clock = HandClock()
    take_the_place_of_the_system_clock(monkeypatch, clock)
    return clock


@pytest.fixture
def study(tmp_path: Path, clock: HandClock) -> Study:
    """A study with one version of noon."""
    study = small_study(tmp_path, FIRST)
    load(study, "61.5", "61.5")
    assert clock.time == NOON
    return study


def load(study: Study, old: str, new: str) -> None:
    study.replace("patient.csv", old, new)
    done = study.load()
    assert done.code == 0, done.err


def lake_of(study: Study) -> Lake:
    return open_lake(str(study.lake))


def times(study: Study) -> list[datetime]:
    return [each.time for each in lake_of(study).history("study")]


def find(study: Study, text: str) -> RecordEntry:
    return lake_of(study).registry.snapshot().get(parse_reference(text))


def view(study: Study) -> None:
    done = study.ask("view", "study", "--as", "study", "--fields", "patient.weight")
    assert done.code == 0, done.err


def extend(study: Study) -> None:
    study.write("more.csv", "visit_id,patient_id,seen\n7,P2,2022-01-01\n")
    done = study.ask("extend", "study", "--data", f"visit={study.folder / 'more.csv'}")
    assert done.code == 0, done.err


@pytest.mark.parametrize("publish", [lambda study: load(study, "61.5", "62.5"), extend, view])
@pytest.mark.parametrize("days", [-3, -0.0001, 0, 2])
def test_a_version_is_never_before_the_one_before_it(
    study: Study, clock: HandClock, publish: Callable[[Study], None], days: float
) -> None:
    clock.set(days)

    publish(study)

    assert times(study) == [NOON, max(NOON, NOON + timedelta(days=days))]
    # The record says the same as the list.
    record = lake_of(study).load_record(parse_reference("study@2"))
    assert record.lineage.time == times(study)[1]
    with pytest.raises(NotFoundError, match="first version was published"):
        find(study, "study@2026-02-28")
    assert find(study, "study@2026-03-04").version == 2


def test_versions_by_a_clock_behind_are_found_by_the_time_they_got(
    study: Study, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.set(days=400)
    load(study, "61.5", "62.5")
    ahead = clock.time
    clock.set(days=-403)
    load(study, "62.5", "63.5")
    clock.set(days=500)
    load(study, "63.5", "64.5")

    assert times(study) == [NOON, ahead, ahead, clock.time]
    assert find(study, "study@2026-03-02").version == 1
    assert find(study, f"study@{ahead:%Y-%m-%d}").version == 3
    (warned,) = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert warned == (
        "the clock here says 2026-02-26T12:00:00Z, which is before the last change of study: "
        f"{ahead:%Y-%m-%dT%H:%M:%SZ} is taken"
    )


def test_a_retirement_and_what_comes_after_it_are_not_before_it(
    study: Study, clock: HandClock
) -> None:
    load(study, "61.5", "62.5")
    clock.set(days=-3)
    assert study.ask("retire", "study@2").code == 0
    (_, second) = lake_of(study).history("study")
    assert second.retired is not None
    assert second.retired.time == NOON
    clock.set(days=10)
    assert study.ask("retire", "study@1").code == 0
    clock.set(days=-20)
    load(study, "62.5", "63.5")

    assert times(study)[2] == NOON + timedelta(days=7)


def test_a_withdrawal_and_what_comes_after_it_are_not_before_it(
    study: Study, clock: HandClock
) -> None:
    study.write("gone.csv", "patient_id\nP3\n")
    words = ("withdraw", study.folder / "gone.csv", "--of", "study.patient", "--apply")
    clock.set(days=-3)
    assert study.ask(*words).code == 0
    (withdrawal,) = lake_of(study).withdrawals()
    assert withdrawal.time == NOON
    clock.set(days=10)
    study.write("gone.csv", "patient_id\nP2\n")
    assert study.ask(*words).code == 0
    clock.set(days=-20)
    load(study, "61.5", "62.5")

    assert times(study)[1] == NOON + timedelta(days=7)


def test_another_name_is_not_bound_by_it(study: Study, clock: HandClock) -> None:
    clock.set(days=-3)
    study.load(name="other")

    (other,) = lake_of(study).history("other")

    assert other.time == clock.time
