from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from deltalake import write_deltalake

from apollo_spark.dataset.build import build_dataset_record
from apollo_spark.errors import (
    CommitRaceError,
    ConflictError,
    LeaseHeldError,
    LeaseLostError,
    StorageRefusedError,
)
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import MOST_BEGINNINGS, Publication
from apollo_spark.lake.registry import StoredRecord, stored_form
from apollo_spark.model.dataset import DatasetRecord
from tests.unit.lake.small_lake import (
    DICTIONARY,
    FIRST,
    LINEAGE,
    SCHEMA,
    SECOND,
    Study,
    comparable,
    publish,
    rows_of,
    table_of,
    write_file,
    write_study,
)

STEPS = [
    "take the lease",
    "prepare patient",
    "prepare visit",
    "write patient",
    "commit patient",
    "write visit",
    "commit visit",
    "pin patient",
    "pin visit",
    "store parts",
]


class CrashError(Exception):
    """Stands for a process that ends here."""


def crash_at(number: int) -> Callable[[str], None]:
    """Return a step watcher that raises at the given step."""
    left = [number]

    def watch(name: str) -> None:
        if left[0] == 0:
            raise CrashError(name)
        left[0] -= 1

    return watch


def do_at(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Return a step watcher that acts once, before a step."""
    left = [act]

    def watch(name: str) -> None:
        if name == step and left:
            left.pop()()

    return watch


def undisturbed(folder: Path, studies: list[Study]) -> DatasetRecord:
    lake = open_lake(str(folder))
    return [publish(lake, study) for study in studies][-1]


def plain(study: Study) -> dict[str, list[tuple[str, int]]]:
    return {name: list(rows) for name, rows in study.items()}


@pytest.mark.parametrize("version", [1, 2])
def test_every_effect_is_announced_before_it_acts(lake: Lake, version: int) -> None:
    for _ in range(version - 1):
        publish(lake)
    seen: list[str] = []

    publish(lake, SECOND, on_step=seen.append)

    assert seen == [*STEPS, f"publish study@{version}"]


@pytest.mark.parametrize("number", range(len(STEPS) + 1))
def test_a_crash_of_the_first_load_leaves_nothing_to_see(
    lake: Lake, tmp_path: Path, number: int
) -> None:
    with pytest.raises(CrashError):
        publish(lake, FIRST, on_step=crash_at(number))
    assert lake.list_records() == ()

    record = publish(lake, FIRST)

    assert comparable(record) == comparable(undisturbed(tmp_path / "undisturbed", [FIRST]))
    assert rows_of(lake, record) == plain(FIRST)
    assert lake.verify(record, deep=True) == ()


@pytest.mark.parametrize("number", range(len(STEPS) + 1))
def test_a_crash_of_a_later_load_leaves_the_version_before(
    lake: Lake, tmp_path: Path, number: int
) -> None:
    first = publish(lake, FIRST)
    with pytest.raises(CrashError):
        publish(lake, SECOND, on_step=crash_at(number))
    assert [str(each) for each in lake.list_records()] == ["study@1"]
    assert rows_of(lake, first) == plain(FIRST)

    second = publish(lake, SECOND)

    assert comparable(second) == comparable(undisturbed(tmp_path / "un", [FIRST, SECOND]))
    assert rows_of(lake, first) == plain(FIRST)
    assert rows_of(lake, second) == plain(SECOND)
    assert lake.verify(first, deep=True) == lake.verify(second, deep=True) == ()


def test_rows_are_added_to_the_base_and_not_to_what_a_crash_left(lake: Lake) -> None:
    publish(lake, FIRST)
    with pytest.raises(CrashError):
        publish(lake, SECOND, on_step=crash_at(len(STEPS)))

    with lake.publication("study", holder="ann") as publication:
        assert publication.table("patient").base is not None
        draft = publication.table("patient")
        draft.commit([write_file(draft.folder, table_of([("P7", 7)]))], SCHEMA, mode="append")
        pin = draft.pin(content_hash="any")

    assert pin.rows == len(FIRST["patient"]) + 1


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


class SlowWriter:
    """A clock that jumps over the end of a lease."""

    def __init__(self, lake: Lake) -> None:
        self.now = datetime.now(timezone.utc)
        self.lake = lake
        lake.leases._clock = lambda: self.now

    def sleep(self) -> None:
        self.now += timedelta(seconds=61)


def test_a_late_writer_whose_lease_was_taken_over_cannot_publish(lake: Lake) -> None:
    slow = SlowWriter(lake)

    def taken_over() -> None:
        slow.sleep()
        lake.leases.take("study", "bob")

    with pytest.raises(LeaseLostError, match="nothing was published"):
        publish(lake, on_step=do_at("publish study@1", taken_over))
    assert lake.list_records() == ()


def test_a_writer_who_slept_and_was_not_missed_publishes(lake: Lake) -> None:
    slow = SlowWriter(lake)

    assert str(publish(lake, on_step=do_at("publish study@1", slow.sleep))) == "study@1"


@pytest.mark.parametrize(
    "step", ["commit patient", "pin patient", "commit visit", "publish study@1"]
)
def test_a_whole_load_in_the_sleep_of_another_wins(lake: Lake, step: str) -> None:
    slow = SlowWriter(lake)
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
        dictionary=DICTIONARY,
        entities=(),
        codings=(),
        pins=(),
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


def test_a_publication_gives_its_lease_back(lake: Lake) -> None:
    publish(lake)

    lease = lake.leases.find("study")
    assert lease is not None
    assert (lease.epoch, lease.holder, lease.renewed_at) == (1, "ann", None)


def test_a_table_dropped_and_added_again_keeps_its_past(lake: Lake) -> None:
    first = publish(lake, FIRST)
    publish(lake, {"patient": FIRST["patient"]})
    third = publish(lake, SECOND)

    assert rows_of(lake, first) == plain(FIRST)
    assert rows_of(lake, third) == plain(SECOND)


def test_what_a_publication_begins_with(lake: Lake) -> None:
    first = publish(lake)

    with lake.publication("STUDY", holder="ann") as publication:
        assert (publication.name, publication.base) == ("study", first)
        pins = write_study(publication, SECOND)

    assert [pin.version for pin in pins] == [1, 1]
    assert lake.history("study")[-1].time == LINEAGE.time
    assert isinstance(publication, Publication)
