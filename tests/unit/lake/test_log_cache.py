"""Tables that are kept open: their logs are read again when, and only when, they changed."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.registry.row_table import commit_rows
from apollo_spark.lake.tables import log_cache
from apollo_spark.lake.tables.commits import add_actions, file_sizes, open_head
from apollo_spark.lake.tables.log_cache import FILES, TABLES, OpenTables, ReadFiles
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
    commit(folder, 3)
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


def test_the_newest_version_is_opened_once_by_whatever_it_is_asked_for(folder: Path) -> None:
    tables = OpenTables()

    assert tables.version(folder, 1) is tables.head(folder)
    assert tables.version(folder, 2) is None
    assert tables.version(folder, 0) is not tables.head(folder)


def rows_of(value: int) -> pa.Table:
    return pa.table({"a": [value]})


def test_who_committed_leaves_the_table_to_those_who_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in (1, 2):
        commit_rows(tmp_path, open_head(tmp_path), rows_of(value), mode="append", configuration={})
    before, opened = TABLES.head(tmp_path), open_head(tmp_path)

    commit_rows(tmp_path, opened, rows_of(3), mode="append", configuration={})

    fresh = open_head(tmp_path)
    monkeypatch.setattr(log_cache, "open_head", None)
    found = TABLES.head(tmp_path)
    assert found is opened
    assert found is not None
    assert fresh is not None
    assert before is not None
    assert (before.version(), found.version()) == (1, 2)
    assert add_actions(found).sort_by("path") == add_actions(fresh).sort_by("path")
    assert found.metadata() == fresh.metadata()


def test_a_commit_that_cannot_be_read_again_is_opened_by_who_asks(folder: Path) -> None:
    tables = OpenTables()
    table = open_head(folder)
    assert table is not None
    commit(folder, 3)
    newest_commit(folder).write_text("{")

    tables.keep_committed(folder, table)

    with pytest.raises(BrokenPinError):
        tables.head(folder)


def read_by(files: ReadFiles, path: Path) -> list[int]:
    """Read a file of one number, and return how often that was done with what it holds."""
    times: list[int] = []

    def read() -> list[pa.Table]:
        times.append(1)
        return [rows_of(int(path.read_text()))]

    (group,) = files.groups(str(path), path.stat(), read)
    return [len(times), *group.column("a").to_pylist()]


def test_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    files, path = ReadFiles(), tmp_path / "file"
    path.write_text("1")

    assert [read_by(files, path) for _ in range(2)] == [[1, 1], [0, 1]]
    files.forget()
    assert read_by(files, path) == [1, 1]


def test_a_file_that_was_changed_in_place_is_read_again(tmp_path: Path) -> None:
    files, path = ReadFiles(), tmp_path / "file"
    path.write_text("1")
    stat = path.stat()
    read_by(files, path)

    path.write_text("2")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert read_by(files, path) == [1, 2]


def test_of_more_rows_than_are_kept_those_not_asked_for_the_longest_go(tmp_path: Path) -> None:
    files = ReadFiles(most=2 * rows_of(0).nbytes)
    paths = [tmp_path / name for name in "abc"]
    for value, path in enumerate(paths):
        path.write_text(str(value))

    for path in (paths[0], paths[1], paths[0], paths[2]):
        read_by(files, path)

    assert [read_by(files, path)[0] for path in (paths[0], paths[2], paths[1])] == [0, 0, 1]


def test_who_verifies_reads_every_file_of_the_registry(tmp_path: Path) -> None:
    study = small_study(tmp_path, FIRST)
    run_load(study)
    (path,) = (study.lake / "registry" / "records").glob("*.parquet")
    FILES.groups(str(path), path.stat(), list)

    verify_records(open_lake(str(study.lake)), None, deep=False)

    assert FILES.groups(str(path), path.stat(), list)


def test_who_commits_meanwhile_is_not_overlooked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, table, look = OpenTables(), open_head(folder), log_cache._state_of
    assert table is not None

    def commit_and_look(folder: Path) -> log_cache.State | None:
        commit(folder, 3)
        return look(folder)

    with monkeypatch.context() as patched:
        patched.setattr(log_cache, "_state_of", commit_and_look)
        tables.keep_committed(folder, table)

    assert files(tables.head(folder)) == 3
