"""Retiring beside other writers, and what a crash in it leaves."""

import pytest

from apollo_spark.errors import (
    CommitRaceError,
    ConflictError,
    LeaseHeldError,
    LeaseLostError,
    NotFoundError,
)
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.rows import StoredRecord, stored_form
from apollo_spark.lake.registry.snapshot import RecordEntry, Retirement
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.operations.context import account
from tests.support.clock import Sleeper
from tests.support.contexts import stepping
from tests.support.ending import retire
from tests.unit.lake.retirements import NOON, end, merge, named, record_over
from tests.unit.lake.small_lake import (
    FIRST,
    SECOND,
    CrashError,
    crash_at,
    do_at,
    plain,
    publish,
    rows_of,
)


def test_a_parent_that_is_retired_before_the_commit_refuses_it(lake: Lake) -> None:
    record = publish(lake)
    meanwhile = do_at("publish merged@1", lambda: end(lake, "study@1"))

    with (
        pytest.raises(NotFoundError, match="study@1 is retired"),
        lake.publication("merged", holder="ann", on_step=meanwhile) as publication,
    ):
        publication.commit(lambda version: record_over(record, "merged", version))
    assert lake.list_records() == ()


def test_a_parent_that_is_retired_while_the_commit_is_tried_refuses_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = publish(lake)
    real = lake.registry.append
    retired: list[RecordEntry] = []

    def append_after_retirement(records: list[StoredRecord], *, based_on: int) -> int:
        if not retired and records[0].name == "merged":
            retired.append(end(lake, "study@1"))
        return real(records, based_on=based_on)

    monkeypatch.setattr(lake.registry, "append", append_after_retirement)
    with pytest.raises(NotFoundError, match="study@1 is retired"):
        merge(lake, record)
    assert lake.list_records() == ()


def test_a_pin_that_no_unretired_record_has_refuses_the_commit(lake: Lake) -> None:
    record = publish(lake)
    end(lake, "study@1")

    def build(version: int) -> DatasetRecord:
        orphan = record_over(record, "orphan", version)
        return orphan.model_copy(update={"lineage": record.lineage})

    with (
        pytest.raises(ConflictError, match=r"pins tables/study/patient@0, tables/study/visit@0"),
        lake.publication("orphan", holder="ann") as publication,
    ):
        publication.commit(build)
    assert lake.list_records() == ()


def test_a_pin_of_an_older_version_may_be_published_again(lake: Lake) -> None:
    first = publish(lake, FIRST)
    publish(lake, SECOND)

    def build(version: int) -> DatasetRecord:
        return first.model_copy(update={"version": version, "id": "again"})

    with lake.publication("study", holder="ann") as publication:
        third = publication.commit(build)

    assert rows_of(lake, third) == plain(FIRST)


def test_a_name_that_somebody_writes_cannot_be_retired(lake: Lake) -> None:
    publish(lake)

    def interfere() -> None:
        with pytest.raises(LeaseHeldError, match="Somebody is writing 'study'"):
            end(lake, "study@1")

    assert str(publish(lake, on_step=do_at("commit visit", interfere))) == "study@2"
    assert [each.retired for each in lake.history("study")] == [None, None]


def test_who_slept_over_its_lease_does_not_retire(lake: Lake) -> None:
    publish(lake)
    sleeper = Sleeper(lake)

    def taken_over() -> None:
        sleeper.sleep()
        lake.leases.take("study", "bob")

    with pytest.raises(LeaseLostError):
        retire(stepping(lake, do_at("retire study@1", taken_over)), "study@1")
    assert [each.retired for each in lake.history("study")] == [None]


@pytest.mark.parametrize("number", [0, 1])
def test_a_crash_while_retiring_leaves_the_version_and_the_next_run_ends_it(
    lake: Lake, number: int
) -> None:
    publish(lake)
    with pytest.raises(CrashError):
        retire(stepping(lake, crash_at(number)), "study@1")
    assert named(lake, "study") == "study@1"

    assert end(lake, "study@1").retired == Retirement(actor=account(), time=NOON)


def test_others_publish_while_one_retires(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(lake)
    real = lake.registry.append
    publish_other = [lambda: publish(lake, name="other")]

    def append_after_other(records: list[StoredRecord], *, based_on: int) -> int:
        if publish_other:
            publish_other.pop()()
        return real(records, based_on=based_on)

    monkeypatch.setattr(lake.registry, "append", append_after_other)
    end(lake, "study@1")

    assert [str(each) for each in lake.list_records()] == ["other@1"]


def test_an_append_on_an_old_registry_is_refused_after_the_fence(lake: Lake) -> None:
    record = publish(lake)
    seen = lake.registry.snapshot().version

    lake.registry.fence()

    with pytest.raises(CommitRaceError):
        lake.registry.append([stored_form(record)], based_on=seen)
    snapshot = lake.registry.snapshot()
    assert snapshot.version == seen + 1
    assert [str(each) for each in snapshot.entries] == ["study@1"]
