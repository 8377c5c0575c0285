"""Files that take the place of others in one commit, beside files that nobody touches."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from apollo_spark.errors import CommitRaceError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.pin import TablePin
from tests.unit.lake.small_lake import SCHEMA, Rows, table_of, write_file

PLACE = "tables/study/patient"


def commit(lake: Lake, *parts: Rows, removed: tuple[str, ...] = (), load: str = "L1") -> TablePin:
    """Add a file for each part, and take others out."""
    files = [write_file(lake.tables.folder(PLACE), table_of(each)) for each in parts]
    version = lake.tables.commit(PLACE, files, SCHEMA, mode="append", load_id=load, removed=removed)
    return lake.tables.pin("patient", PLACE, version, content_hash="c")


def first_version(lake: Lake) -> TablePin:
    lake.tables.prepare(PLACE, None, "L1")
    return commit(lake, [("P1", 1)], [("P2", 2)], [("P3", 3)])


def rows_of(lake: Lake, pin: TablePin) -> list[tuple[str, int]]:
    rows = [row for file in lake.tables.files(pin) for row in pq.read_table(file).to_pylist()]
    return sorted(tuple(row.values()) for row in rows)


def names_by_row(lake: Lake, pin: TablePin) -> dict[str, str]:
    files = map(Path, lake.tables.files(pin))
    return {pq.read_table(each).to_pylist()[0]["key"]: each.name for each in files}


def test_files_take_the_place_of_others_in_one_commit(lake: Lake) -> None:
    first = first_version(lake)
    names = names_by_row(lake, first)
    before = {each: Path(each).stat().st_mtime_ns for each in lake.tables.files(first)}

    second = commit(lake, [("P2", 20), ("P4", 4)], removed=(names["P2"], names["P3"]))

    assert second.version == first.version + 1
    assert rows_of(lake, second) == [("P1", 1), ("P2", 20), ("P4", 4)]
    assert rows_of(lake, first) == [("P1", 1), ("P2", 2), ("P3", 3)]
    assert (second.rows, first.rows) == (3, 3)
    assert {each: Path(each).stat().st_mtime_ns for each in before} == before
    assert names["P1"] in {Path(each).name for each in lake.tables.files(second)}


def test_rows_can_go_without_any_coming(lake: Lake) -> None:
    first = first_version(lake)

    second = commit(lake, removed=tuple(names_by_row(lake, first).values()))

    assert rows_of(lake, second) == []
    assert rows_of(lake, first) == [("P1", 1), ("P2", 2), ("P3", 3)]


def test_files_that_took_the_place_of_others_go_when_the_base_comes_back(lake: Lake) -> None:
    first = first_version(lake)
    names = names_by_row(lake, first)
    commit(lake, [("P2", 20)], removed=(names["P2"],), load="crashed")

    after = lake.tables.prepare(PLACE, first, "L2")
    third = commit(lake, [("P3", 30)], removed=(names["P3"],), load="L2")

    assert lake.tables.check_chain(PLACE, after=after, load_id="L2") == third.version
    assert rows_of(lake, third) == [("P1", 1), ("P2", 2), ("P3", 30)]


def test_a_file_that_is_not_there_cannot_be_replaced(lake: Lake) -> None:
    first = first_version(lake)
    names = names_by_row(lake, first)
    commit(lake, removed=(names["P2"],))

    with pytest.raises(CommitRaceError):
        commit(lake, [("P2", 20)], removed=(names["P1"], names["P2"]))
    assert DeltaTable(lake.tables.folder(PLACE)).version() == first.version + 1


def test_another_reader_sees_the_same_rows(lake: Lake) -> None:
    first = first_version(lake)
    commit(lake, [("P2", 20)], removed=(names_by_row(lake, first)["P2"],))
    table = DeltaTable(lake.tables.folder(PLACE))

    assert sorted(duckdb.from_arrow(table.to_pyarrow_table()).fetchall()) == [
        ("P1", 1), ("P2", 20), ("P3", 3),
    ]  # fmt: skip


def test_the_log_tells_size_rows_and_bounds_of_files(lake: Lake) -> None:
    first = first_version(lake)
    folder = lake.tables.folder(PLACE)

    found = lake.tables.stored_files(first)

    assert [each.path for each in found] == sorted(names_by_row(lake, first).values())
    assert [each.size for each in found] == [(folder / each.path).stat().st_size for each in found]
    assert {each.rows for each in found} == {1}
    assert sorted((each.least["key"], each.largest["key"]) for each in found) == [
        ("P1", "P1"), ("P2", "P2"), ("P3", "P3"),
    ]  # fmt: skip
