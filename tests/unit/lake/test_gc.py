"""Sweeping a lake: exactly what nobody reads goes, whatever happens meanwhile."""

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event, Thread

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from apollo_spark.errors import (
    BrokenPinError,
    LeaseHeldError,
    LeaseLostError,
    StorageRefusedError,
)
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.registry import StoredRecord
from apollo_spark.lake.storage import LakeRoot
from apollo_spark.lake.sweeping import SweepPlan
from apollo_spark.lake.withdrawing import Withdrawing, WithdrawnFrom
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.workflows.gc import GRACE_HOURS, SweepOutcome, apply_gc, plan_gc
from apollo_spark.workflows.retire import retire
from apollo_spark.workflows.verify import verify_records
from tests.unit.lake.small_lake import (
    FIRST,
    LINEAGE,
    SECOND,
    STEPS,
    CrashError,
    crash_at,
    do_at,
    plain,
    publish,
    rows_of,
    tree,
)
from tests.unit.lake.test_retiring import merge

DAY_NS = 24 * 3600 * 10**9


def later(days: float = 8) -> Callable[[], int]:
    """Return a clock that shows what will be in some days."""
    return lambda: time.time_ns() + int(days * DAY_NS)


def sweep(lake: Lake, *, on_step: OnStep = no_step, days: float = 8) -> SweepOutcome:
    return apply_gc(lake, on_step=on_step, clock_ns=later(days))


def data_files(lake: Lake) -> set[str]:
    """Return all Parquet files of tables, named from the folder of the lake."""
    found = (lake.root.path / "tables").rglob("*.parquet")
    return {
        str(each.relative_to(lake.root.path)) for each in found if "_delta_log" not in str(each)
    }


def files_of(lake: Lake, *records: DatasetRecord) -> set[str]:
    """Return the files that records read."""
    paths = (path for each in records for pin in each.pins for path in lake.tables.files(pin))
    return {str(Path(path).relative_to(lake.root.path)) for path in paths}


def named(plan: SweepPlan | None) -> set[str]:
    """Return the Parquet files that a plan names."""
    assert plan is not None
    return {
        f"{table.location}/{file.name}"
        for table in plan.tables
        for file in table.remove
        if not file.name.startswith("_delta_log/")
    }


def require_sound(lake: Lake) -> None:
    assert verify_records(lake, None, deep=True).problems == ()


def two_versions(lake: Lake) -> tuple[DatasetRecord, DatasetRecord]:
    """Publish two versions and retire the first: its files are read by nobody."""
    records = publish(lake, FIRST), publish(lake, SECOND)
    retire(lake, "study@1")
    return records


def test_the_files_of_a_retired_version_go_and_no_others(lake: Lake) -> None:
    first, second = publish(lake, FIRST), publish(lake, SECOND)
    gone = files_of(lake, first)
    retire(lake, "study@1")

    outcome = sweep(lake)

    assert named(outcome.plan) == named(outcome.done) == gone
    assert data_files(lake) == files_of(lake, second)
    assert outcome.busy == ()
    require_sound(lake)


def test_a_plan_says_what_goes_and_writes_nothing(lake: Lake) -> None:
    first, second = two_versions(lake)
    before = tree(lake.root.path)

    plan = plan_gc(lake, clock_ns=later()).plan

    assert [
        (e.location, len(e.remove), e.kept.files, e.young.files, e.is_whole, e.back_to, e.fault)
        for e in plan.tables
    ] == [
        # Kept are a file of rows and two of the log.
        ("tables/study/patient", 1, 3, 0, False, None, ""),
        ("tables/study/visit", 1, 3, 0, False, None, ""),
    ]
    sizes = [(lake.root.path / name).stat().st_size for name in files_of(lake, first)]
    assert (plan.total.files, plan.total.bytes) == (2, sum(sizes))
    assert tree(lake.root.path) == before
    assert rows_of(lake, second) == plain(SECOND)


@pytest.mark.parametrize(("days", "count"), [(0, 0), (6.9, 0), (7.1, 2)])
def test_what_is_younger_than_the_grace_period_stays(lake: Lake, days: float, count: int) -> None:
    two_versions(lake)

    assert len(named(plan_gc(lake, clock_ns=later(days)).plan)) == count
    assert GRACE_HOURS == 7 * 24


def test_a_lake_in_which_all_is_read_stays_as_it_is(lake: Lake) -> None:
    publish(lake, FIRST)
    publish(lake, SECOND)
    before = {each for each in tree(lake.root.path) if "leases" not in each}

    outcome = sweep(lake)

    assert outcome.done is not None
    assert (outcome.plan.total.files, outcome.done.total.files) == (0, 0)
    assert {each for each in tree(lake.root.path) if "leases" not in each} == before


def test_a_lake_that_is_not_there_is_not_made(lake: Lake) -> None:
    assert sweep(lake).plan.total.files == 0
    assert plan_gc(lake).plan.total.files == 0
    assert not lake.root.exists


def test_what_others_pin_stays_when_its_own_record_is_retired(lake: Lake) -> None:
    first = publish(lake, FIRST)
    publish(lake, SECOND)
    merged = merge(lake, first)
    retire(lake, "study@1")

    assert named(sweep(lake).done) == set()
    assert rows_of(lake, merged) == plain(FIRST)

    retire(lake, "merged@1")
    assert named(sweep(lake).done) == files_of(lake, first)


def test_what_a_crash_left_goes_and_the_newest_version_comes_back(lake: Lake) -> None:
    first = publish(lake, FIRST)
    with pytest.raises(CrashError):
        publish(lake, SECOND, on_step=crash_at(STEPS.index("pin patient")))
    left = data_files(lake) - files_of(lake, first)

    plan = plan_gc(lake, clock_ns=later()).plan
    done = sweep(lake).done

    assert [each.back_to for each in plan.tables] == [0, 0]
    assert named(done) == left
    head = DeltaTable(lake.tables.folder("tables/study/patient"))
    assert (head.version(), len(head.file_uris())) == (2, 1)
    assert rows_of(lake, first) == plain(FIRST)
    assert rows_of(lake, publish(lake, SECOND)) == plain(SECOND)
    require_sound(lake)


def test_a_table_of_which_nothing_is_read_goes_as_a_whole(lake: Lake) -> None:
    publish(lake, FIRST)
    second = publish(lake, {"patient": SECOND["patient"]})
    retire(lake, "study@1")

    sweep(lake)

    assert [each.name for each in (lake.root.path / "tables" / "study").iterdir()] == ["patient"]
    assert data_files(lake) == files_of(lake, second)
    assert rows_of(lake, publish(lake, FIRST)) == plain(FIRST)
    require_sound(lake)


def test_nothing_is_left_of_a_lake_whose_records_are_all_retired(lake: Lake) -> None:
    publish(lake)
    retire(lake, "study@1")

    sweep(lake)

    assert list((lake.root.path / "tables").iterdir()) == []
    assert [e for e in tree(lake.root.path / "registry" / "parts") if "." in e] == []
    assert str(publish(lake)) == "study@2"
    require_sound(lake)


def test_parts_that_no_version_names_go_and_those_that_one_names_stay(lake: Lake) -> None:
    record = publish(lake)
    other = lake.parts.put("nobody names this")
    draft = lake.root.place("registry", "parts", "ab")
    draft.mkdir()
    (draft / f"{record.receipt}.gz.x.draft").write_text("half")

    done = sweep(lake).done

    assert done is not None
    names = {each.name for each in done.parts}
    assert names == {f"{other[:2]}/{other}.gz", f"ab/{record.receipt}.gz.x.draft"}
    require_sound(lake)


def test_a_part_that_is_stored_again_while_it_is_swept_stays(lake: Lake) -> None:
    publish(lake)
    digest = lake.parts.put("about to be named")

    def store_again() -> None:
        lake.parts.put("about to be named")

    outcome = sweep(lake, on_step=do_at("delete parts", store_again))

    assert [each.name for each in outcome.plan.parts] == [f"{digest[:2]}/{digest}.gz"]
    assert outcome.done is not None
    assert outcome.done.parts == ()
    assert lake.parts.get(digest) == "about to be named"


def test_a_part_set_aside_by_a_sweep_that_was_killed_comes_back(lake: Lake) -> None:
    record = publish(lake)
    place = lake.root.place("registry", "parts", record.receipt[:2], f"{record.receipt}.gz")
    place.rename(place.with_name(place.name + ".aside"))

    sweep(lake)

    require_sound(lake)
    assert place.is_file()


def test_parts_are_left_alone_while_somebody_publishes(lake: Lake) -> None:
    publish(lake)
    lake.parts.put("nobody names this")
    outcomes: list[SweepOutcome] = []

    publish(lake, name="other", on_step=do_at("store parts", lambda: outcomes.append(sweep(lake))))

    (outcome,) = outcomes
    assert outcome.done is not None
    assert outcome.done.parts == ()
    assert [each.partition(":")[0] for each in outcome.busy] == ["tables of other", "parts"]
    require_sound(lake)


def test_reports_of_a_name_that_is_gone_are_listed_and_stay(lake: Lake) -> None:
    publish(lake)
    for name in ("study", "gone"):
        lake.root.make_folder("reports", name, "20260301T120000Z")

    outcome = sweep(lake)

    assert outcome.plan.reports == ("reports/gone",)
    assert lake.root.place("reports", "gone", "20260301T120000Z").is_dir()


def adopt(lake: Lake, location: str) -> DatasetRecord:
    """Publish a record over a table that is not the lake's own."""
    record = publish(lake)
    foreign = record.pins[0].model_copy(update={"location": location, "is_ours": False})
    with lake.publication("adopted", holder="ann") as publication:
        return publication.commit(
            lambda version: record.model_copy(
                update={"name": "adopted", "version": version, "id": location, "pins": (foreign,)}
            )
        )


def test_a_table_that_is_not_ours_is_never_touched(lake: Lake, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    inside = lake.root.path / "tables" / "foreign" / "patient"
    for place in (elsewhere, inside):
        adopt(lake, str(place))
        place.mkdir(parents=True)
        (place / "part-1.parquet").write_text("rows of others")

    outcome = sweep(lake)

    assert tree(elsewhere) == tree(inside) == ["part-1.parquet"]
    assert named(outcome.done) == set()
    assert [e.fault for e in outcome.plan.tables if e.location == "tables/foreign/patient"] == [
        "it was adopted and is not the lake's own"
    ]


def test_a_table_with_a_broken_pin_is_left_alone_and_named(lake: Lake) -> None:
    publish(lake, FIRST)
    second, third = publish(lake, SECOND), publish(lake, FIRST)
    retire(lake, "study@1")
    broken = Path(lake.tables.files(second.pin_of("patient"))[0])
    broken.unlink()

    outcome = sweep(lake)

    assert {e.location: e.fault for e in outcome.plan.tables} == {
        "tables/study/patient": (
            "1 files of pinned versions are missing; apollo verify names them"
        ),
        "tables/study/visit": "",
    }
    assert {each.rpartition("/")[0] for each in named(outcome.done)} == {"tables/study/visit"}
    assert rows_of(lake, third) == plain(FIRST)


def test_nothing_goes_when_a_record_cannot_be_read(lake: Lake) -> None:
    two_versions(lake)
    before = data_files(lake)
    entry = lake.list_records()[0]
    real = lake.registry.snapshot
    changed = entry.model_copy(update={"hash": "0" * 64})
    lake.registry.snapshot = lambda: real().model_copy(  # type: ignore[method-assign]
        update={"entries": (changed,)}
    )

    with pytest.raises(BrokenPinError, match="study@2 is not as it was published"):
        sweep(lake)
    assert data_files(lake) == before


def test_links_are_not_followed(lake: Lake, tmp_path: Path) -> None:
    publish(lake)
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "part-1.parquet").write_text("not of this lake")
    tables = lake.root.path / "tables" / "study"
    (tables / "linked").symlink_to(treasure)
    (tables / "patient" / "more").symlink_to(treasure)

    sweep(lake)

    assert tree(treasure) == ["part-1.parquet"]


# Steps of a sweep that brings a table back, deletes files, a whole table and parts.
def crowded(lake: Lake) -> list[DatasetRecord]:
    """Publish, retire and crash, so that a sweep has all kinds of work; return what stays."""
    publish(lake, {**FIRST, "stay": [("S1", 1)]})
    second, third = publish(lake, SECOND), publish(lake, FIRST)
    publish(lake, name="gone")
    retire(lake, "study@1")
    retire(lake, "gone@1")
    lake.parts.put("nobody names this")
    with pytest.raises(CrashError):
        publish(lake, SECOND, on_step=crash_at(STEPS.index("pin patient")))
    return [second, third]


def steps_of_a_sweep(lake: Lake) -> list[str]:
    seen: list[str] = []
    sweep(lake, on_step=seen.append)
    return seen


def test_every_effect_of_a_sweep_is_announced(lake: Lake) -> None:
    crowded(lake)

    assert sorted(set(steps_of_a_sweep(lake))) == [
        "bring back tables/study/patient",
        "bring back tables/study/visit",
        "delete from tables/study/patient",
        "delete from tables/study/visit",
        "delete parts",
        "plan",
        "read the registry again",
        "remove tables/gone/patient",
        "remove tables/gone/visit",
        "remove tables/study/stay",
        "take the lease of gone",
        "take the lease of study",
    ]
    assert steps_of_a_sweep(lake) == ["plan"]


@pytest.mark.parametrize("number", range(15))
def test_a_crash_at_a_step_leaves_everything_readable_and_the_next_sweep_ends_it(
    lake: Lake, number: int
) -> None:
    kept = crowded(lake)

    with pytest.raises(CrashError):
        sweep(lake, on_step=crash_at(number))
    require_sound(lake)
    assert [rows_of(lake, each) for each in kept] == [plain(SECOND), plain(FIRST)]

    sweep(lake)

    assert data_files(lake) == files_of(lake, *kept)
    require_sound(lake)
    assert rows_of(lake, publish(lake, SECOND)) == plain(SECOND)


def test_the_steps_that_are_crashed_are_all(lake: Lake) -> None:
    crowded(lake)
    assert len(steps_of_a_sweep(lake)) == 15


@pytest.mark.parametrize("moment", ["rename", "rmtree"])
def test_a_crash_while_a_table_goes_is_finished_by_the_next_sweep(
    lake: Lake, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(lake)
    retire(lake, "study@1")

    def crash(*_: object) -> None:
        raise CrashError

    place = "apollo_spark.lake.sweeper.list_files" if moment == "rename" else "shutil.rmtree"
    with monkeypatch.context() as patched:
        patched.setattr(place, crash)
        with pytest.raises(CrashError):
            sweep(lake)
    assert (lake.root.path / "tables" / "study").is_dir()

    sweep(lake)

    assert list((lake.root.path / "tables").iterdir()) == []


def test_a_sweep_leaves_alone_what_somebody_writes(lake: Lake) -> None:
    two_versions(lake)
    before = data_files(lake)
    outcomes: list[SweepOutcome] = []

    third = publish(lake, FIRST, on_step=do_at("pin patient", lambda: outcomes.append(sweep(lake))))

    (outcome,) = outcomes
    assert [each.partition(":")[0] for each in outcome.busy] == ["tables of study"]
    assert named(outcome.done) == set()
    assert before <= data_files(lake)
    assert rows_of(lake, third) == plain(FIRST)
    require_sound(lake)


def test_two_sweeps_at_once_are_one_too_many(lake: Lake) -> None:
    two_versions(lake)

    def interfere() -> None:
        with pytest.raises(LeaseHeldError):
            sweep(lake)

    sweep(lake, on_step=do_at("read the registry again", interfere))
    require_sound(lake)


class Sleeper:
    """A clock of leases that jumps over the end of a lease."""

    def __init__(self, lake: Lake) -> None:
        self.now = datetime.now(timezone.utc)
        lake.leases._clock = lambda: self.now

    def sleep(self) -> None:
        self.now += timedelta(seconds=61)


@pytest.mark.parametrize(
    "step", ["commit patient", "pin patient", "store parts", "publish study@3"]
)
def test_a_sweep_in_the_sleep_of_a_writer_loses_nothing(lake: Lake, step: str) -> None:
    """With no grace at all: the lease and the registry alone must hold."""
    sleeper = Sleeper(lake)
    _, second = two_versions(lake)

    def sleep_and_sweep() -> None:
        sleeper.sleep()
        sweep(lake, days=10_000)

    # What it had written and not yet named may be gone.
    with pytest.raises((LeaseLostError, StorageRefusedError)):
        publish(lake, SECOND, on_step=do_at(step, sleep_and_sweep))

    assert [str(each) for each in lake.list_records()] == ["study@2"]
    assert rows_of(lake, second) == plain(SECOND)
    require_sound(lake)


@pytest.mark.parametrize("step", ["plan", "take the lease of study"])
def test_what_is_published_before_the_lease_is_taken_stays(lake: Lake, step: str) -> None:
    two_versions(lake)
    published: list[DatasetRecord] = []

    def again() -> None:
        published.append(publish(lake, FIRST))

    sweep(lake, on_step=do_at(step, again), days=10_000)

    assert rows_of(lake, published[0]) == plain(FIRST)
    require_sound(lake)


STEPS_OF_A_SWEEP = [
    "plan",
    "take the lease of study",
    "read the registry again",
    "delete from tables/study/patient",
    "delete from tables/study/visit",
]


@pytest.mark.parametrize("step", STEPS_OF_A_SWEEP)
def test_another_name_is_published_at_any_moment_of_a_sweep(lake: Lake, step: str) -> None:
    _, second = two_versions(lake)
    published: list[DatasetRecord] = []

    def derive() -> None:
        published.append(merge(lake, second))
        published.append(publish(lake, FIRST, name="other"))

    sweep(lake, on_step=do_at(step, derive), days=10_000)

    assert [rows_of(lake, each) for each in published] == [plain(SECOND), plain(FIRST)]
    require_sound(lake)


@pytest.mark.parametrize("step", STEPS_OF_A_SWEEP)
def test_a_version_that_is_retired_during_a_sweep_goes_with_a_later_one(
    lake: Lake, step: str
) -> None:
    two_versions(lake)
    third = publish(lake, FIRST)

    def retire_second() -> None:
        try:
            retire(lake, "study@2")
        except LeaseHeldError:
            assert step not in {"plan", "take the lease of study"}

    sweep(lake, on_step=do_at(step, retire_second), days=10_000)

    assert rows_of(lake, third) == plain(FIRST)
    require_sound(lake)


def test_a_sweep_that_loses_its_lease_stops(lake: Lake) -> None:
    two_versions(lake)
    sleeper = Sleeper(lake)
    before = data_files(lake)

    def taken_over() -> None:
        sleeper.sleep()
        lake.leases.take("study", "bob")

    outcome = sweep(lake, on_step=do_at("read the registry again", taken_over))

    assert data_files(lake) == before
    assert [each.partition(":")[0] for each in outcome.busy][:1] == ["tables/study/patient"]


def test_a_file_that_cannot_be_deleted_is_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    two_versions(lake)

    def refuse(self: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(13, os.strerror(13))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        with pytest.raises(StorageRefusedError, match="Permission denied"):
            sweep(lake)
    require_sound(lake)


def test_a_lake_may_be_moved_and_swept(lake: Lake, tmp_path: Path) -> None:
    first, second = publish(lake, FIRST), publish(lake, SECOND)
    retire(lake, "study@1")
    moved = LakeRoot(tmp_path / "moved")
    lake.root.path.rename(moved.path)
    there = open_lake(str(moved))

    assert named(plan_gc(there, clock_ns=later()).plan) == files_of(there, first)
    sweep(there)
    assert rows_of(there, second) == plain(SECOND)


def test_the_keys_of_people_who_are_withdrawn_stay(lake: Lake) -> None:
    first, second = two_versions(lake)
    of = WithdrawnFrom(
        dataset="study", entity="patient", field="key", location=first.pin_of("patient").location
    )
    withdrawing = Withdrawing(lake.registry, lake.leases, lake.tables)
    for key in ("P1", "P3"):
        withdrawing.withdraw(of, pa.array([key]), actor="ann", time=LINEAGE.time)
    assert lake.registry.snapshot().withdrawals[0].version == first.version

    sweep(lake, days=10_000)

    (withdrawal,) = lake.withdrawals()
    assert withdrawing.read_keys(withdrawal).to_pylist() == ["P1", "P3"]
    assert rows_of(lake, second) == plain(SECOND)
    assert data_files(lake) >= {
        str(Path(each).relative_to(lake.root.path)) for each in lake.tables.files(withdrawal.keys)
    }


def test_a_writer_who_sleeps_between_its_checks_and_its_commit_finds_out(lake: Lake) -> None:
    """It has read the registry and asked for its lease; both are fine, and then all is swept."""
    sleeper = Sleeper(lake)
    two_versions(lake)
    real = lake.registry.append
    swept: list[SweepOutcome] = []

    def append_after_sweep(records: list[StoredRecord], *, based_on: int) -> int:
        if not swept:
            sleeper.sleep()
            swept.append(sweep(lake, days=10_000))
        return real(records, based_on=based_on)

    lake.registry.append = append_after_sweep  # type: ignore[method-assign, assignment]
    with pytest.raises(LeaseLostError):
        publish(lake, FIRST)

    assert named(swept[0].done) != set()
    assert [str(each) for each in lake.list_records()] == ["study@2"]
    require_sound(lake)


def test_what_was_planned_to_go_and_is_published_before_the_lease_is_taken_stays(
    lake: Lake,
) -> None:
    """The plan finds files of a load that is about to publish them."""
    two_versions(lake)
    is_written, may_publish = Event(), Event()
    published: list[DatasetRecord] = []

    def wait() -> None:
        is_written.set()
        assert may_publish.wait(60)

    writer = Thread(
        target=lambda: published.append(
            publish(lake, FIRST, on_step=do_at("publish study@3", wait))
        )
    )
    writer.start()
    assert is_written.wait(60)

    def let_it_publish() -> None:
        may_publish.set()
        writer.join()

    outcome = sweep(lake, on_step=do_at("take the lease of study", let_it_publish), days=10_000)

    assert files_of(lake, published[0]) <= named(outcome.plan)
    assert files_of(lake, published[0]) & named(outcome.done) == set()
    assert rows_of(lake, published[0]) == plain(FIRST)
    require_sound(lake)
