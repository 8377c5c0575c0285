import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from apollo_spark.errors import BrokenPinError, CommitRaceError, NotFoundError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.registry import rows
from apollo_spark.lake.registry.rows import MOST_FILES, StoredRecord
from apollo_spark.lake.tables.commits import NO_TABLE
from apollo_spark.lake.tables.contents import file_names
from apollo_spark.model.base import sha256_text
from apollo_spark.model.names import parse_reference
from apollo_spark.workers.files.checksums import has_checksums
from tests.support.example_lake import open_example
from tests.unit.lake.small_lake import publish

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def stored(name: str, version: int = 1, *, text: str = "{}", kind: str = "dataset") -> StoredRecord:
    return StoredRecord(
        kind=kind,
        name=name,
        version=version,
        id=f"{name}-{version}",
        hash=sha256_text(text),
        actor="ann",
        time=NOON + timedelta(days=version),
        json_text=text,
    )


def fill(lake: Lake, *records: StoredRecord) -> None:
    lake.registry.append(records, based_on=lake.registry.snapshot().version)


def test_an_empty_registry_is_at_no_version(lake: Lake) -> None:
    assert lake.registry.snapshot().version == NO_TABLE


def test_what_is_appended_comes_back_without_its_json(lake: Lake) -> None:
    one, two = stored("study", text="one"), stored("study", 2, text="two")

    assert lake.registry.append([one], based_on=NO_TABLE) == 0
    assert lake.registry.append([two], based_on=0) == 1

    snapshot = lake.registry.snapshot()
    expected = [each.model_dump(exclude={"json_text"}) for each in (one, two)]
    assert snapshot.version == 1
    assert [each.model_dump() for each in snapshot.entries] == expected
    assert [lake.registry.read_json(each) for each in snapshot.entries] == ["one", "two"]


@pytest.mark.parametrize("based_on", [NO_TABLE, 0, 2, 7])
def test_an_append_on_another_version_than_the_newest_is_refused(lake: Lake, based_on: int) -> None:
    fill(lake, stored("study"))
    fill(lake, stored("study", 2))

    with pytest.raises(CommitRaceError, match="Somebody else committed"):
        lake.registry.append([stored("other")], based_on=based_on)
    assert [str(each) for each in lake.registry.snapshot().entries] == ["study@1", "study@2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("study", "study@10"),
        ("STUDY", "study@10"),
        ("study@2", "study@2"),
        ("Study@10", "study@10"),
        ("study@2026-03-03", "study@2"),
        ("study@2026-03-04T12:00:00", "study@3"),
        ("study@2026-03-04T11:59:59", "study@2"),
    ],
)
def test_a_reference_finds_its_version(lake: Lake, text: str, expected: str) -> None:
    fill(lake, *(stored("study", version) for version in range(10, 0, -1)), stored("other", 77))

    assert str(lake.registry.snapshot().get(parse_reference(text))) == expected


@pytest.mark.parametrize(
    ("day", "expected"), [("03", 1), ("04", 1), ("05", 3), ("06", 4), ("09", 4)]
)
def test_a_version_that_says_to_be_older_than_the_one_before_is_not_found_earlier(
    lake: Lake, day: str, expected: int
) -> None:
    # As a registry has it whose writers had clocks that were wrong.
    days = {1: 2, 2: 5, 3: 3, 4: 6, 5: 60}
    versions = [
        stored("study", version).model_copy(update={"time": NOON.replace(day=1) + timedelta(day)})
        for version, day in ((v, d - 1) for v, d in days.items())
    ]
    fill(lake, *versions)

    found = lake.registry.snapshot().get(parse_reference(f"study@2026-03-{day}"))

    assert found.version == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stuy", "There is no 'stuy' in the lake. Did you mean 'Study'?"),
        ("unlike", "There is no 'unlike' in the lake. apollo list shows what there is."),
        ("study@4", "There is no study@4 in the lake. Its newest version is 1."),
        (
            "study@2026-03-01",
            (
                "There is no study@2026-03-01T23:59:59.999999+00:00 in the lake."
                " Its first version was published at 2026-03-02T12:00:00Z."
            ),
        ),
    ],
)
def test_what_is_not_there_is_answered_in_words(lake: Lake, text: str, message: str) -> None:
    fill(lake, stored("Study"))

    with pytest.raises(NotFoundError) as refused:
        lake.registry.snapshot().get(parse_reference(text))
    assert str(refused.value) == message


def test_an_empty_lake_says_so(lake: Lake) -> None:
    with pytest.raises(NotFoundError, match="lake is empty, or is somewhere else"):
        lake.load_record(parse_reference("study"))


def test_a_list_shows_the_newest_version_of_each_name(lake: Lake) -> None:
    fill(lake, stored("b"), stored("A"), stored("b", 2))

    assert [str(each) for each in lake.list_records()] == ["A@1", "b@2"]
    assert [str(each) for each in lake.history("B")] == ["b@1", "b@2"]


def test_a_changed_row_of_the_registry_is_seen(lake: Lake) -> None:
    publish(lake)
    entry = lake.list_records()[0]

    with pytest.raises(BrokenPinError, match="not as it was published"):
        lake.registry.read_json(entry.model_copy(update={"hash": sha256_text("other")}))


def test_another_kind_of_record_is_no_dataset(lake: Lake) -> None:
    fill(lake, stored("people", kind="cohort"))

    with pytest.raises(NotFoundError, match="people@1 is a cohort and no dataset"):
        lake.load_record(parse_reference("people"))


def test_small_files_are_folded_and_every_record_stays(lake: Lake) -> None:
    names = [f"study{number:03}" for number in range(MOST_FILES + 3)]
    for name in names:
        fill(lake, stored(name, text=name))

    snapshot = lake.registry.snapshot()
    assert [each.name for each in snapshot.entries] == names
    assert [lake.registry.read_json(each) for each in snapshot.entries] == names
    assert snapshot.version == len(names)  # one commit more than records: the folding


def test_files_without_checksums_are_folded_however_large_and_every_row_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake(str(open_example("0_1_0", tmp_path)))
    before = lake.registry.snapshot()
    # No file counts as small: they stand for the large ones of a registry of many records.
    monkeypatch.setattr(rows, "FOLDED_BYTES", 0)

    fill(lake, stored("zoo"))

    after = lake.registry.snapshot()
    opened = lake.registry.open()
    assert opened is not None
    assert all(map(has_checksums, file_names(opened)))
    assert after.entries[:-1] == before.entries
    assert after.withdrawals == before.withdrawals
    assert len(list(lake.registry.read_texts(after.entries))) == len(before.entries) + 1


def test_ten_thousand_records_are_listed(lake: Lake) -> None:
    """Prints how long it takes; nothing is asserted about that."""
    text = "x" * 5_000
    records = [stored(f"study{n % 500}", n // 500 + 1, text=f"{n}{text}") for n in range(10_000)]
    for start in range(0, len(records), 1_000):
        fill(lake, *records[start : start + 1_000])

    begin = time.perf_counter()
    snapshot = lake.registry.snapshot()
    listed = time.perf_counter()
    found = lake.registry.read_json(snapshot.get(parse_reference("study77@13")))
    print(f"list {listed - begin:.3f} s, one record {time.perf_counter() - listed:.3f} s")

    assert len(snapshot.entries) == 10_000
    assert found == f"{77 + 12 * 500}{text}"
