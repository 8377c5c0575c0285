"""Retiring: a version ends, its number stays taken, and nothing else changes."""

from datetime import datetime, timezone

import pytest

from apollo_spark.errors import (
    ConflictError,
    NotFoundError,
)
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.rows import stored_form
from apollo_spark.lake.registry.snapshot import Retirement
from apollo_spark.model.names import parse_reference
from apollo_spark.model.plan import WorkPlan
from apollo_spark.operations.context import account
from apollo_spark.verbs.verify.verify import verify_records
from tests.support.asking import describe_history
from tests.support.contexts import stepping
from tests.support.ending import plan_retirement, retire
from tests.unit.lake.retirements import NOON, end, merge, named
from tests.unit.lake.small_lake import (
    FIRST,
    SECOND,
    comparable,
    plain,
    publish,
    rows_of,
    tree,
)


def test_a_retired_version_is_not_found_and_says_when_and_by_whom(lake: Lake) -> None:
    publish(lake, FIRST)
    publish(lake, SECOND)
    end(lake, "study@1")

    with pytest.raises(NotFoundError) as refused:
        lake.load_record(parse_reference("study@1"))

    assert str(refused.value) == (
        f"study@1 is retired. {account()} retired it at 2026-04-01T12:00:00Z."
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
        Retirement(actor=account(), time=NOON)
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

    again = retire(stepping(lake), "study@1")

    assert again == first
    assert lake.registry.snapshot().version == 1


def test_the_plan_says_what_it_means_and_writes_nothing(lake: Lake) -> None:
    record = publish(lake, FIRST)
    publish(lake, SECOND)
    merge(lake, record)
    before = tree(lake.root.path)

    plan = plan_retirement(lake, "study@1")

    assert plan.model_dump(exclude=set(WorkPlan.model_fields)) == {
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
        (1, "load clinical", 2, "ann", {"actor": account(), "time": "2026-04-01T12:00:00Z"}),
        (2, "load clinical", 2, "ann", None),
    ]
    assert describe_history(lake, "merged")[0]["operation"] == "merge clinical"


def test_records_are_read_in_one_pass_and_come_back_whole(lake: Lake) -> None:
    records = [publish(lake, study) for study in (FIRST, SECOND)]
    records.append(publish(lake, name="other"))
    end(lake, "study@1")

    found = dict(lake.registry.read_texts(lake.registry.snapshot().entries))

    assert {str(entry): text for entry, text in found.items()} == {
        str(each): each.to_json() for each in records
    }
    assert comparable(records[0])["name"] == "study"
