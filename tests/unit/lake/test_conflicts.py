"""Publishing while others publish, sleep or write to the tables."""

import pytest
from deltalake import write_deltalake

from apollo_spark.errors import (
    CommitRaceError,
    ConflictError,
    LeaseHeldError,
    LeaseLostError,
    StorageRefusedError,
)
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import MOST_BEGINNINGS
from apollo_spark.lake.registry.rows import StoredRecord, stored_form
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.records.content import Content, build_dataset_record
from tests.support.clock import Sleeper
from tests.unit.lake.small_lake import (
    DICTIONARY,
    FIRST,
    LINEAGE,
    SECOND,
    STEPS,
    do_at,
    plain,
    publish,
    rows_of,
    table_of,
)


def test_a_second_writer_fails_and_names_the_first(lake: Lake) -> None:
    def interfere() -> None:
        with pytest.raises(
            LeaseHeldError, match=r"^Somebody is writing 'study' .*ann \(host .*pro"
        ):
            publish(lake, name="STUDY")

    assert str(publish(lake, on_step=do_at("commit visit", interfere))) == "study@1"
    assert str(publish(lake)) == "study@2"


def test_two_names_are_written_at_once(lake: Lake) -> None:
    publish(lake, on_step=do_at("commit visit", lambda: publish(lake, name="other")))

    assert [str(each) for each in lake.list_records()] == ["other@1", "study@1"]


def test_a_late_writer_whose_lease_was_taken_over_cannot_publish(lake: Lake) -> None:
    slow = Sleeper(lake)

    def taken_over() -> None:
        slow.sleep()
        lake.leases.take("study", "bob")

    with pytest.raises(LeaseLostError, match="nothing was published"):
        publish(lake, on_step=do_at("publish study@1", taken_over))
    assert lake.list_records() == ()


def test_a_writer_who_slept_and_was_not_missed_publishes(lake: Lake) -> None:
    slow = Sleeper(lake)

    assert str(publish(lake, on_step=do_at("publish study@1", slow.sleep))) == "study@1"


@pytest.mark.parametrize(
    "step", ["commit patient", "pin patient", "commit visit", "publish study@1"]
)
def test_a_whole_load_in_the_sleep_of_another_wins(lake: Lake, step: str) -> None:
    slow = Sleeper(lake)
    others: list[DatasetRecord] = []

    def overtake() -> None:
        slow.sleep()
        others.append(publish(lake, SECOND))

    with pytest.raises(LeaseLostError):
        publish(lake, FIRST, on_step=do_at(step, overtake))

    assert [str(each) for each in lake.history("study")] == ["study@1"]
    assert rows_of(lake, others[0]) == plain(SECOND)
    assert lake.verify(others[0], deep=True) == ()


def intrude(lake: Lake) -> None:
    """Commit a row to a table of the study, as another tool would."""
    folder = lake.tables.folder("tables/study/patient")
    write_deltalake(str(folder), table_of([("PX", 99)]), mode="append")


@pytest.mark.parametrize(
    ("versions", "step"),
    [(1, "write visit"), (1, "pin patient"), (2, "commit patient"), (2, "pin patient")],
)
def test_an_intruder_is_seen_and_the_load_begins_again(
    lake: Lake, step: str, versions: int
) -> None:
    for _ in range(versions - 1):
        publish(lake, FIRST)
    seen: list[str] = []
    disturb = do_at(step, lambda: intrude(lake))

    def watch(name: str) -> None:
        seen.append(name)
        disturb(name)

    record = publish(lake, SECOND, on_step=watch)

    assert seen.count("begin again") == 1
    assert rows_of(lake, record) == plain(SECOND)
    assert lake.verify(record, deep=True) == ()


def test_a_table_that_an_intruder_made_first_is_refused(lake: Lake) -> None:
    with pytest.raises(StorageRefusedError, match="not made by this lake"):
        publish(lake, on_step=do_at("commit patient", lambda: intrude(lake)))
    assert lake.list_records() == ()


def test_an_intruder_after_the_pin_changes_nothing(lake: Lake) -> None:
    record = publish(lake, on_step=do_at("publish study@1", lambda: intrude(lake)))

    assert rows_of(lake, record) == plain(FIRST)
    assert rows_of(lake, publish(lake, SECOND)) == plain(SECOND)


def test_a_load_that_is_always_disturbed_gives_up(lake: Lake) -> None:
    seen: list[str] = []

    def watch(name: str) -> None:
        seen.append(name)
        if name == "pin patient":
            intrude(lake)

    with pytest.raises(CommitRaceError):
        publish(lake, on_step=watch)
    assert seen.count("begin again") == MOST_BEGINNINGS - 1
    assert lake.list_records() == ()
    assert str(publish(lake)) == "study@1"


def put_record(lake: Lake, *, name: str, version: int = 1, kind: str = "dataset") -> None:
    """Publish a record behind the back of a publication, as a lost lease would."""
    record = build_dataset_record(
        name=name,
        version=version,
        content=Content(DICTIONARY, {}, ()),
        lineage=LINEAGE,
        receipt="",
        schema_tag=None,
    ).model_copy(update={"kind": kind})
    lake.registry.append([stored_form(record)], based_on=lake.registry.snapshot().version)


def test_a_name_of_another_kind_is_refused_before_anything_is_written(lake: Lake) -> None:
    put_record(lake, name="people", kind="cohort")

    with pytest.raises(ConflictError, match=r"'People' cannot be .* taken by a cohort"):
        publish(lake, name="People")
    assert not lake.root.place("tables").exists()
    lease = lake.leases.find("people")
    assert lease is not None
    assert lease.renewed_at is None


def test_a_name_taken_meanwhile_by_another_kind_is_refused(lake: Lake) -> None:
    taken = do_at("publish study@1", lambda: put_record(lake, name="STUDY", kind="cohort"))

    with pytest.raises(ConflictError, match="taken by a cohort"):
        publish(lake, on_step=taken)


def test_another_name_published_meanwhile_is_no_obstacle(lake: Lake) -> None:
    seen: list[str] = []
    real = lake.registry.append
    publish_other = [lambda: put_record(lake, name="other")]

    def append_after_other(records: list[StoredRecord], *, based_on: int) -> int:
        if publish_other:
            publish_other.pop()()
        return real(records, based_on=based_on)

    lake.registry.append = append_after_other  # type: ignore[method-assign, assignment]
    record = publish(lake, on_step=seen.append)

    assert seen.count("publish study@1") == 2
    assert seen.count("begin again") == 0
    assert str(record) == "study@1"
    assert [str(each) for each in lake.list_records()] == ["other@1", "study@1"]


def test_a_version_taken_meanwhile_is_begun_again(lake: Lake) -> None:
    seen: list[str] = []
    taken = do_at("publish study@1", lambda: put_record(lake, name="study"))

    def watch(name: str) -> None:
        seen.append(name)
        taken(name)

    record = publish(lake, on_step=watch)

    assert seen[len(STEPS) + 1 :] == ["begin again", *STEPS[1:], "publish study@2"]
    assert str(record) == "study@2"


def test_a_commit_whose_answer_was_lost_is_not_made_twice(lake: Lake) -> None:
    real = lake.registry.append
    calls: list[int] = []

    def lossy(records: list[StoredRecord], *, based_on: int) -> int:
        calls.append(real(records, based_on=based_on))
        raise CommitRaceError("The answer was lost.")

    lake.registry.append = lossy  # type: ignore[method-assign, assignment]
    record = publish(lake)

    assert calls == [0]
    assert [str(each) for each in lake.list_records()] == [str(record)]
