"""Drafts of tables: who publishes writes, reads and throws away through them, and opens nothing."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.errors import BrokenPinError, StorageRefusedError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.tables.draft import TableDraft
from apollo_spark.lake.tables.staging import Staging
from apollo_spark.lake.tables.workspace import Workspace
from apollo_spark.workers.files import row_files
from apollo_spark.workers.values.hashing import hash_table
from tests.unit.lake.small_lake import SCHEMA, table_of

ROWS = [("P1", 1), ("P2", 2), ("P3", 3)]


@pytest.fixture
def draft(lake: Lake) -> Iterator[TableDraft]:
    with lake.publication("study", holder="ann") as publication:
        yield publication.table("patient")


def files_in(draft: TableDraft) -> set[str]:
    return {each.name for each in Path(draft.folder).glob("*.parquet")}


def test_a_small_table_is_written_and_committed_in_one(lake: Lake, draft: TableDraft) -> None:
    draft.write(table_of(ROWS[:2]))
    draft.write(table_of(ROWS[2:]), mode="append")
    pin = draft.pin(content_hash=hash_table(table_of(ROWS)).hex())

    assert lake.tables.read(pin).sort_by("key") == table_of(ROWS)
    assert lake.tables.read(pin, ["amount"]).column_names == ["amount"]
    assert (draft.rows, draft.files, len(files_in(draft))) == (1, 1, 2)


def test_a_file_takes_the_place_of_others(lake: Lake, draft: TableDraft) -> None:
    first = draft.add(table_of(ROWS[:2]))
    draft.commit([first], SCHEMA)
    draft.write(table_of(ROWS), mode="append", removed=[first.path])

    assert lake.tables.read(draft.pin(content_hash="any")) == table_of(ROWS)


def test_rows_that_come_are_written_to_files_of_bounded_size(
    lake: Lake, draft: TableDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_files, "FILE_ROWS", 2)
    batches = [table_of([each]).to_batches()[0] for each in ROWS]

    files, content = draft.add_rows(iter(batches), SCHEMA)

    assert [each.rows for each in files] == [2, 1]
    assert content == hash_table(table_of(ROWS))
    assert draft.read(files, SCHEMA) == table_of(ROWS)
    assert draft.add_rows([], SCHEMA)[0] == []


def test_files_in_no_commit_are_read_and_thrown_away(draft: TableDraft) -> None:
    kept, gone = draft.add(table_of(ROWS[:1])), draft.add(table_of(ROWS[1:]))

    assert draft.read([gone], pa.schema([("key", pa.string())])).to_pydict() == {
        "key": ["P2", "P3"]
    }
    draft.discard([gone])

    assert files_in(draft) == {kept.path}
    with pytest.raises(StorageRefusedError, match="Cannot remove"):
        draft.discard([gone])


def test_a_workspace_removes_what_is_not_kept(draft: TableDraft) -> None:
    kept, gone = draft.add(table_of(ROWS[:1])), draft.add(table_of(ROWS[1:]))
    with Workspace() as workspace:
        for path in draft.paths([kept, gone]):
            workspace.add(path)
        _, writer = workspace.open_patch(draft.folder, SCHEMA)
        writer.close()
        workspace.keep(draft.paths([kept]))
        assert len(files_in(draft)) == 3

    assert files_in(draft) == {kept.path}


def test_a_column_of_several_versions_is_read_once(lake: Lake, draft: TableDraft) -> None:
    pins = []
    for mode, each in (("overwrite", ROWS[:2]), ("append", ROWS[2:])):
        draft.write(table_of(each), mode=mode)
        pins.append(draft.pin(content_hash="any"))

    found = lake.tables.read_versions(pins, SCHEMA.field("key"))

    assert sorted(found.to_pylist()) == ["P1", "P2", "P3"]


def test_some_files_of_a_version_are_read_with_their_footers(lake: Lake, draft: TableDraft) -> None:
    files = [draft.add(table_of([each])) for each in ROWS]
    draft.commit(files, SCHEMA)
    pin, names = draft.pin(content_hash="any"), [each.path for each in files[1:]]

    assert lake.tables.read_files(pin, names) == table_of(ROWS[1:])
    assert {name: each.num_rows for name, each in lake.tables.footers(pin, names).items()} == (
        dict.fromkeys(names, 1)
    )
    Path(draft.folder, names[0]).write_bytes(b"")
    for read in (lake.tables.read_files, lake.tables.footers):
        with pytest.raises(BrokenPinError, match=names[0]):
            read(pin, names)


def test_what_spark_wrote_is_moved_to_the_table_and_the_rest_goes(draft: TableDraft) -> None:
    with Staging(draft.folder) as staging:
        folder = Path(unquote(urlsplit(staging.uri).path))
        folder.mkdir()
        for number, rows in enumerate((ROWS, [], ROWS[:1])):
            pq.write_table(table_of(rows), folder / f"part-{number}.parquet")
        first, empty, _ = staging.names()
        taken, nothing = staging.take(first, "tiles", SCHEMA), staging.take(empty, "none", SCHEMA)

    assert nothing is None
    assert taken is not None
    assert taken.path.startswith("tiles-")
    assert draft.read([taken], SCHEMA) == table_of(ROWS)
    assert [each.name for each in Path(draft.folder).iterdir()] == [taken.path]
