"""Tables that are kept open: their logs are read again when, and only when, they changed."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.tables.commits import file_sizes, open_head
from apollo_spark.lake.tables.log_cache import TABLES, OpenTables
from apollo_spark.verbs.verify.verify import verify_records
from tests.support.loading import FIRST, run_load, small_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    commit(tmp_path, 1)
    commit(tmp_path, 2)
    return tmp_path


def commit(folder: Path, value: int) -> None:
    write_deltalake(folder, pa.table({"a": [value]}), mode="append")


def files(table: DeltaTable | None) -> int:
    assert table is not None
    return len(table.file_uris())


def newest_commit(folder: Path) -> Path:
    return max((folder / "_delta_log").glob("*.json"))


def test_an_unchanged_log_is_read_once(folder: Path) -> None:
    tables = OpenTables()

    assert tables.head(folder) is tables.head(folder)
    assert tables.version(folder, 0) is tables.version(folder, 0)
    assert [files(tables.version(folder, each)) for each in (0, 1)] == [1, 2]


def test_a_commit_makes_another_newest_version_and_leaves_the_others(folder: Path) -> None:
    tables = OpenTables()
    head, first = tables.head(folder), tables.version(folder, 1)

    commit(folder, 3)

    assert [files(head), files(tables.head(folder))] == [2, 3]
    assert tables.version(folder, 1) is first


def test_a_table_that_was_made_anew_is_opened_anew(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = OpenTables()
    old = tables.version(folder, 0)
    assert old is not None
    other = tmp_path_factory.mktemp("other")
    commit(other, 5)
    (other / "_delta_log").rename(other / "log")
    (folder / "_delta_log").rename(folder / "gone")
    assert (tables.head(folder), tables.version(folder, 0)) == (None, None)

    (other / "log").rename(folder / "_delta_log")

    found = tables.version(folder, 0)
    assert found is not None
    assert found.metadata().id != old.metadata().id


def test_a_commit_that_was_changed_in_place_is_read_again(folder: Path) -> None:
    tables = OpenTables()
    assert files(tables.version(folder, 1)) == 2
    path = newest_commit(folder)
    stat, content = path.stat(), path.read_bytes()

    # As long as before and with the times of before: only the time of the change betrays it.
    path.write_bytes(content.replace(b'"add"', b'"odd"'))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    changed = tables.version(folder, 1)
    assert changed is None or files(changed) == 1


def test_what_was_not_asked_for_the_longest_is_closed(folder: Path) -> None:
    tables = OpenTables(most=2)
    kept, gone = tables.version(folder, 0), tables.version(folder, 1)
    assert tables.version(folder, 0) is kept

    tables.head(folder)

    assert tables.version(folder, 0) is kept
    assert tables.version(folder, 1) is not gone


def test_all_are_opened_anew_when_they_are_forgotten(folder: Path) -> None:
    tables = OpenTables()
    before = tables.head(folder)

    tables.forget()

    assert tables.head(folder) is not before


def test_who_verifies_reads_every_log(tmp_path: Path) -> None:
    study = small_study(tmp_path, FIRST)
    run_load(study)
    registry = study.lake / "registry" / "records"
    before = TABLES.head(registry)

    verify_records(open_lake(str(study.lake)), None, deep=False)

    assert TABLES.head(registry) is not before


def test_a_table_that_moves_to_a_newer_version_tells_of_its_files(folder: Path) -> None:
    table = open_head(folder)
    assert table is not None
    before = file_sizes(table)

    commit(folder, 3)
    assert file_sizes(table) == before
    table.update_incremental()

    assert len(file_sizes(table)) == 3
