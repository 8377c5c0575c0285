from pathlib import Path

import pytest

from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.dataset import DatasetRecord
from tests.unit.lake.small_lake import (
    FIRST,
    LINEAGE,
    SCHEMA,
    SECOND,
    STEPS,
    CrashError,
    Study,
    comparable,
    crash_at,
    plain,
    publish,
    rows_of,
    table_of,
    write_file,
    write_study,
)


def undisturbed(folder: Path, studies: list[Study]) -> DatasetRecord:
    lake = open_lake(str(folder))
    return [publish(lake, study) for study in studies][-1]


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
    assert lake.registry.snapshot().entries == ()

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
