"""Retiring: a version ends, its number stays taken, and nothing else changes."""

from datetime import datetime, timedelta, timezone

import pytest

from apollo_spark.errors import (
    CommitRaceError,
    ConflictError,
    LeaseHeldError,
    LeaseLostError,
    NotFoundError,
)
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry import StoredRecord, stored_form
from apollo_spark.lake.snapshot import RecordEntry, Retirement
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.workflows.history import describe_history
from apollo_spark.workflows.retire import plan_retirement, retire
from apollo_spark.workflows.tools import actor
from apollo_spark.workflows.verify import verify_records
from tests.unit.lake.small_lake import (
    FIRST,
    SECOND,
    CrashError,
    comparable,
    crash_at,
    do_at,
    plain,
    publish,
    rows_of,
    tree,
)

NOON = datetime(2026, 4, 1, 12, tzinfo=timezone.utc)


def end(lake: Lake, version: str) -> RecordEntry:
    return retire(lake, version, clock=lambda: NOON)


def named(lake: Lake, text: str) -> str:
    return str(lake.registry.snapshot().get(parse_reference(text)))


def merge(lake: Lake, parent: DatasetRecord, *, name: str = "merged") -> DatasetRecord:
    """Publish a record that stands on another one: it names it and pins its tables."""
    with lake.publication(name, holder="ann") as publication:
        return publication.commit(lambda version: standing_on(parent, name, version))


def standing_on(parent: DatasetRecord, name: str, version: int) -> DatasetRecord:
    lineage = parent.lineage.model_copy(
        update={"operation": "merge clinical", "parents": (str(parent),)}
    )
    return parent.model_copy(
        update={"name": name, "version": version, "id": f"{name}-{version}", "lineage": lineage}
    )


def test_a_retired_version_is_not_found_and_says_when_and_by_whom(lake: Lake) -> None:
    publish(lake, FIRST)
    publish(lake, SECOND)
    end(lake, "study@1")

    with pytest.raises(NotFoundError) as refused:
        lake.load_record(parse_reference("study@1"))

    assert str(refused.value) == (
        f"study@1 is retired. {actor()} retired it at 2026-04-01T12:00:00Z."
        " study@2 is the newest version that is not."
    )


def test_the_bare_name_means_the_newest_version_that_is_left(lake: Lake) -> None:
    for study in (FIRST, SECOND, FIRST):
        publish(lake, study)

    end(lake, "study@3")
    assert named(lake, "study") == "study@2"
    end(lake, "STUDY@1")
    assert named(lake, "Study") == "study@2"
    assert [str(each) for each in lake.list_records()] == ["study@2"]


def test_a_name_of_which_nothing_is_left_is_not_found_but_has_its_history(lake: Lake) -> None:
    publish(lake)
    end(lake, "study@1")

    with pytest.raises(NotFoundError, match=r"study@1 is retired\. .* at 2026-04-01T12:00:00Z\.$"):
        named(lake, "study")
    assert lake.list_records() == ()
    assert [each.retired for each in lake.history("study")] == [
        Retirement(actor=actor(), time=NOON)
    ]


def test_a_date_means_the_version_of_then_and_no_other_in_its_place(lake: Lake) -> None:
    for day in (1, 2, 3):
        publish(lake, time=datetime(2026, 3, day, 12, tzinfo=timezone.utc))
    end(lake, "study@2")

    assert named(lake, "study@2026-03-01") == "study@1"
    assert named(lake, "study@2026-03-03") == "study@3"
    with pytest.raises(NotFoundError, match="study@2 is retired"):
        named(lake, "study@2026-03-02")


def test_the_number_of_a_retired_version_is_not_used_again(lake: Lake) -> None:
    first = publish(lake, FIRST)
    publish(lake, SECOND)
    end(lake, "study@2")

    third = publish(lake, SECOND)

    assert str(third) == "study@3"
    assert rows_of(lake, third) == plain(SECOND)
    assert rows_of(lake, first) == plain(FIRST)
    assert verify_records(lake, None, deep=True).problems == ()


def test_a_load_stands_on_the_newest_version_that_is_left(lake: Lake) -> None:
    first = publish(lake, FIRST)
    publish(lake, SECOND)
    end(lake, "study@2")

    with lake.publication("study", holder="ann") as publication:
        assert publication.base == first
        assert publication.table("patient").base == first.pin_of("patient")


def test_a_name_stays_with_its_kind_when_all_of_it_is_retired(lake: Lake) -> None:
    record = publish(lake)
    cohort = record.model_copy(update={"kind": "cohort", "name": "people"})
    lake.registry.append([stored_form(cohort)], based_on=lake.registry.snapshot().version)
    end(lake, "people@1")

    with pytest.raises(ConflictError, match="taken by a cohort"):
        publish(lake, name="people")


def test_retiring_writes_one_row_and_touches_no_table(lake: Lake) -> None:
    first = publish(lake)
    before = tree(lake.root.path / "tables"), tree(lake.root.path / "registry" / "parts")

    end(lake, "study@1")

    assert (tree(lake.root.path / "tables"), tree(lake.root.path / "registry" / "parts")) == before
    assert lake.registry.snapshot().version == 1
    assert rows_of(lake, first) == plain(FIRST)


def test_retiring_again_changes_nothing(lake: Lake) -> None:
    publish(lake)
    first = end(lake, "study@1")

    again = retire(lake, "study@1")

    assert again == first
    assert lake.registry.snapshot().version == 1


def test_the_plan_says_what_it_means_and_writes_nothing(lake: Lake) -> None:
    record = publish(lake, FIRST)
    publish(lake, SECOND)
    merge(lake, record)
    before = tree(lake.root.path)

    plan = plan_retirement(lake, "study@1")

    assert plan.model_dump() == {
        "version": "study@1",
        "retired": None,
        "name_means": "study@2",
        "versions_left": 1,
        "stand_on_it": ("merged@1",),
    }
    assert tree(lake.root.path) == before


def test_what_stands_on_a_retired_version_stays(lake: Lake) -> None:
    record = publish(lake)
    merged = merge(lake, record)

    end(lake, "study@1")

    assert lake.load_record(parse_reference("merged")) == merged
    assert lake.verify(merged, deep=True) == ()


def test_history_tells_what_made_each_version_and_which_are_retired(lake: Lake) -> None:
    record = publish(lake)
    merge(lake, record)
    publish(lake, SECOND)
    end(lake, "study@1")

    lines = describe_history(lake, "study")

    assert [(e["version"], e["operation"], e["rows"], e["actor"], e["retired"]) for e in lines] == [
        (1, "load clinical", 2, "ann", {"actor": actor(), "time": "2026-04-01T12:00:00Z"}),
        (2, "load clinical", 2, "ann", None),
    ]
    assert describe_history(lake, "merged")[0]["operation"] == "merge clinical"


def test_a_parent_that_is_retired_before_the_commit_refuses_it(lake: Lake) -> None:
    record = publish(lake)
    meanwhile = do_at("publish merged@1", lambda: end(lake, "study@1"))

    with (
        pytest.raises(NotFoundError, match="study@1 is retired"),
        lake.publication("merged", holder="ann", on_step=meanwhile) as publication,
    ):
        publication.commit(lambda version: standing_on(record, "merged", version))
    assert lake.list_records() == ()


def test_a_parent_that_is_retired_while_the_commit_is_tried_refuses_it(lake: Lake) -> None:
    record = publish(lake)
    real = lake.registry.append
    retired: list[RecordEntry] = []

    def append_after_retirement(records: list[StoredRecord], *, based_on: int) -> int:
        if not retired and records[0].name == "merged":
            retired.append(end(lake, "study@1"))
        return real(records, based_on=based_on)

    lake.registry.append = append_after_retirement  # type: ignore[method-assign, assignment]
    with pytest.raises(NotFoundError, match="study@1 is retired"):
        merge(lake, record)
    assert lake.list_records() == ()


def test_a_pin_that_no_unretired_record_has_refuses_the_commit(lake: Lake) -> None:
    record = publish(lake)
    end(lake, "study@1")

    def build(version: int) -> DatasetRecord:
        orphan = standing_on(record, "orphan", version)
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
    now = [datetime.now(timezone.utc)]
    lake.leases._clock = lambda: now[0]

    def taken_over() -> None:
        now[0] += timedelta(seconds=61)
        lake.leases.take("study", "bob")

    with pytest.raises(LeaseLostError):
        retire(lake, "study@1", on_step=do_at("retire study@1", taken_over))
    assert [each.retired for each in lake.history("study")] == [None]


@pytest.mark.parametrize("number", [0, 1])
def test_a_crash_while_retiring_leaves_the_version_and_the_next_run_ends_it(
    lake: Lake, number: int
) -> None:
    publish(lake)
    with pytest.raises(CrashError):
        retire(lake, "study@1", on_step=crash_at(number))
    assert named(lake, "study") == "study@1"

    assert end(lake, "study@1").retired == Retirement(actor=actor(), time=NOON)


def test_others_publish_while_one_retires(lake: Lake) -> None:
    publish(lake)
    real = lake.registry.append
    publish_other = [lambda: publish(lake, name="other")]

    def append_after_other(records: list[StoredRecord], *, based_on: int) -> int:
        if publish_other:
            publish_other.pop()()
        return real(records, based_on=based_on)

    lake.registry.append = append_after_other  # type: ignore[method-assign, assignment]
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


def test_records_are_read_in_one_pass_and_come_back_whole(lake: Lake) -> None:
    records = [publish(lake, study) for study in (FIRST, SECOND)]
    records.append(publish(lake, name="other"))
    end(lake, "study@1")

    found = dict(lake.registry.read_texts(lake.registry.snapshot().entries))

    assert {str(entry): text for entry, text in found.items()} == {
        str(each): each.to_json() for each in records
    }
    assert comparable(records[0])["name"] == "study"
