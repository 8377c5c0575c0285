"""Databases that stay open: who is answered by which, what one may read, and when it is closed."""

import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.engines.databases import Limits, OpenDatabases
from apollo_spark.engines.embedded import open_database

LIMITS = Limits(memory="100MB", threads=1)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders for what does not fit into memory, of all databases that were opened."""
    folders: list[str] = []
    connect = duckdb.connect

    def watched(*words: object, config: dict[str, str]) -> duckdb.DuckDBPyConnection:
        folders.append(config["temp_directory"])
        return connect(*words, config=config)  # type: ignore[arg-type]

    monkeypatch.setattr(duckdb, "connect", watched)
    return folders


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = [str(tmp_path / f"{number}.parquet") for number in range(4)]
    for number, path in enumerate(paths):
        pq.write_table(pa.table({"a": [number]}), path)
    return paths


def ask(databases: OpenDatabases, *paths: str, limits: Limits = LIMITS) -> list[int]:
    with databases.over(limits, paths) as connection:
        return read(connection, *paths)


def read(connection: duckdb.DuckDBPyConnection, *paths: str) -> list[int]:
    rows = connection.sql(f"SELECT a FROM read_parquet({list(paths)}) ORDER BY a").fetchall()
    return [row[0] for row in rows]


def test_a_question_about_files_asked_about_before_opens_no_database(
    files: list[str], opened: list[str]
) -> None:
    databases = OpenDatabases(open_database)

    assert ask(databases, *files[:2]) == [0, 1]
    assert ask(databases, files[1]) == [1]
    assert len(opened) == 1
    assert ask(databases, files[2]) == [2]
    assert ask(databases, files[2], limits=Limits(memory="200MB")) == [2]
    assert len(opened) == 3

    databases.close()
    assert not any(Path(each).exists() for each in opened)


def test_a_file_that_was_not_asked_about_is_not_read(files: list[str]) -> None:
    databases = OpenDatabases(open_database)
    ask(databases, files[0])

    with (
        databases.over(LIMITS, files[:1]) as connection,
        pytest.raises(duckdb.PermissionException),
    ):
        read(connection, files[1])

    databases.close()


def test_a_file_that_changed_meanwhile_is_read_again(files: list[str]) -> None:
    databases = OpenDatabases(open_database)
    ask(databases, files[0])
    before = Path(files[0]).stat()
    pq.write_table(pa.table({"a": [7]}), files[0])
    os.utime(files[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert Path(files[0]).stat().st_size == before.st_size

    assert ask(databases, files[0]) == [7]

    databases.close()


def test_those_asked_last_stay_open_and_nobody_loses_one_in_use(
    files: list[str], opened: list[str]
) -> None:
    databases = OpenDatabases(open_database, most=2)

    with databases.over(LIMITS, files[:1]) as first:
        for each in (1, 2, 1):
            assert ask(databases, files[each]) == [each]
        assert len(opened) == 3
        assert read(first, files[0]) == [0]
        assert Path(opened[0]).exists()
    assert [Path(each).exists() for each in opened] == [False, True, True]
    assert ask(databases, files[3]) == [3]
    assert [Path(each).exists() for each in opened] == [False, True, False, True]

    databases.close()


def test_a_database_in_which_something_went_wrong_is_not_used_again(
    files: list[str], opened: list[str]
) -> None:
    databases = OpenDatabases(open_database)

    with databases.over(LIMITS, files) as beside:
        with (
            pytest.raises(duckdb.Error),
            databases.over(LIMITS, files) as connection,
        ):
            connection.sql("SELECT error('broken')").fetchall()
        assert ask(databases, *files) == [0, 1, 2, 3]
        assert read(beside, *files) == [0, 1, 2, 3]
        assert len(opened) == 2
    assert [Path(each).exists() for each in opened] == [False, True]

    databases.close()
