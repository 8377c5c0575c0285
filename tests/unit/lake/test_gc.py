"""Sweeping a lake: exactly what nobody reads goes."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from apollo_spark.errors import NotFoundError, StorageRefusedError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.lake.withdrawing import Withdrawing, WithdrawnFrom
from apollo_spark.verbs.gc import GRACE_HOURS
from tests.support.contexts import stepping
from tests.support.ending import plan_gc, retire
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
from tests.unit.lake.sweeping import (
    data_files,
    files_of,
    later,
    named,
    require_sound,
    sweep,
    two_versions,
)
from tests.unit.lake.test_retiring import merge


def test_the_files_of_a_retired_version_go_and_no_others(lake: Lake) -> None:
    first, second = publish(lake, FIRST), publish(lake, SECOND)
    gone = files_of(lake, first)
    retire(stepping(lake), "study@1")

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
    for act in (sweep, plan_gc):
        with pytest.raises(NotFoundError, match="There is no lake"):
            act(lake)
    assert not lake.root.exists


def test_what_others_pin_stays_when_its_own_record_is_retired(lake: Lake) -> None:
    first = publish(lake, FIRST)
    publish(lake, SECOND)
    merged = merge(lake, first)
    retire(stepping(lake), "study@1")

    assert named(sweep(lake).done) == set()
    assert rows_of(lake, merged) == plain(FIRST)

    retire(stepping(lake), "merged@1")
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
    retire(stepping(lake), "study@1")

    sweep(lake)

    assert [each.name for each in (lake.root.path / "tables" / "study").iterdir()] == ["patient"]
    assert data_files(lake) == files_of(lake, second)
    assert rows_of(lake, publish(lake, FIRST)) == plain(FIRST)
    require_sound(lake)


def test_nothing_is_left_of_a_lake_whose_records_are_all_retired(lake: Lake) -> None:
    publish(lake)
    retire(stepping(lake), "study@1")

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
    outcomes: list[SweepReceipt] = []

    publish(lake, name="other", on_step=do_at("store parts", lambda: outcomes.append(sweep(lake))))

    (outcome,) = outcomes
    assert outcome.done is not None
    assert outcome.done.parts == ()
    assert [each.partition(":")[0] for each in outcome.busy] == ["tables of other", "parts"]
    require_sound(lake)


def test_reports_of_a_name_that_is_gone_are_listed_and_stay(lake: Lake) -> None:
    publish(lake)
    for name in ("study", "gone", "never"):
        lake.root.make_folder("reports", name, "20260301T120000Z")
    publish(lake, name="gone")
    retire(stepping(lake), "gone@1")

    outcome = sweep(lake)

    assert outcome.plan.reports == ("reports/gone", "reports/never")
    assert outcome.plan.unpublished == ("reports/never",)
    assert outcome.done is not None
    assert outcome.done.unpublished == outcome.plan.unpublished
    assert lake.root.place("reports", "gone", "20260301T120000Z").is_dir()


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
    retire(stepping(lake), "study@1")
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
