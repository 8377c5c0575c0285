from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from apollo_spark.errors import BrokenPinError, CommitRaceError, StorageRefusedError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.tables.commits import NO_TABLE, RETENTION
from apollo_spark.lake.tables.store import WriteMode
from apollo_spark.model.pin import TablePin
from tests.unit.lake.small_lake import SCHEMA, Rows, table_of, tree, write_file

PLACE = "tables/study/patient"
WIDER = SCHEMA.append(pa.field("more", pa.int64()))


def write(
    lake: Lake,
    rows: Rows,
    *,
    load: str = "L1",
    mode: WriteMode = "overwrite",
    schema: pa.Schema = SCHEMA,
) -> int:
    files = [write_file(lake.tables.folder(PLACE), table_of(rows, schema))] if rows else []
    return lake.tables.commit(PLACE, files, schema, mode=mode, load_id=load)


def pin_of(lake: Lake, version: int) -> TablePin:
    return lake.tables.pin("patient", PLACE, version, content_hash="c")


def first_version(lake: Lake) -> TablePin:
    """A table whose version 0 is pinned."""
    lake.tables.prepare(PLACE, None, "L1")
    write(lake, [("P1", 1)])
    return pin_of(lake, 0)


def head(lake: Lake) -> DeltaTable:
    return DeltaTable(lake.tables.folder(PLACE))


def rows_of(lake: Lake, pin: TablePin) -> list[tuple[Any, ...]]:
    rows = [row for file in lake.tables.files(pin) for row in pq.read_table(file).to_pylist()]
    return sorted(tuple(row.values()) for row in rows)


def test_a_table_is_born_with_its_files_and_its_properties_in_one_commit(lake: Lake) -> None:
    assert lake.tables.prepare(PLACE, None, "L1") == NO_TABLE
    assert write(lake, [("P1", 1), ("P2", 2)]) == 0

    born = head(lake)
    protocol = born.protocol()
    assert born.version() == 0
    assert dict(born.metadata().configuration) == RETENTION
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert born.history()[0]["apollo.load"] == "L1"
    assert rows_of(lake, pin_of(lake, 0)) == [("P1", 1), ("P2", 2)]


def test_a_pin_tells_what_it_pins(lake: Lake) -> None:
    pin = first_version(lake)
    write(lake, [("P2", 2), ("P3", 3)], mode="append")
    later = pin_of(lake, 1)

    assert (pin.table, pin.location, pin.version, pin.rows) == ("patient", PLACE, 0, 1)
    assert (later.version, later.rows, later.schema_hash) == (1, 3, pin.schema_hash)
    assert later.table_id == pin.table_id == str(head(lake).metadata().id)
    assert later.files_digest != pin.files_digest
    assert lake.tables.schema(pin) == SCHEMA
    assert rows_of(lake, pin) == [("P1", 1)]
    assert rows_of(lake, later) == [("P1", 1), ("P2", 2), ("P3", 3)]


def test_overwriting_changes_the_columns_and_keeps_the_past(lake: Lake) -> None:
    pin = first_version(lake)
    columns = [("P1", 1, 5)]
    files = [write_file(lake.tables.folder(PLACE), table_of(columns, WIDER))]  # type: ignore[arg-type]

    assert lake.tables.commit(PLACE, files, WIDER, mode="overwrite", load_id="L2") == 1

    assert lake.tables.schema(pin_of(lake, 1)) == WIDER
    assert lake.tables.schema(pin) == SCHEMA
    assert pin_of(lake, 1).schema_hash != pin.schema_hash
    assert dict(head(lake).metadata().configuration) == RETENTION


def test_rows_with_other_columns_are_not_added(lake: Lake) -> None:
    first_version(lake)

    with pytest.raises(StorageRefusedError, match="other columns"):
        lake.tables.commit(PLACE, [], WIDER, mode="append", load_id="L2")


def test_an_untouched_head_is_its_own_base(lake: Lake) -> None:
    pin = first_version(lake)

    assert lake.tables.prepare(PLACE, pin, "L2") == 0
    assert head(lake).version() == 0


def test_a_head_with_other_files_is_brought_back(lake: Lake) -> None:
    pin = first_version(lake)
    write(lake, [("P9", 9)], load="crashed")

    assert lake.tables.prepare(PLACE, pin, "L2") == 2
    assert rows_of(lake, pin_of(lake, 2)) == rows_of(lake, pin) == [("P1", 1)]
    assert head(lake).history(1)[0]["apollo.load"] == "L2"


def test_contents_are_compared_and_not_numbers(lake: Lake) -> None:
    pin = first_version(lake)
    write(lake, [("P9", 9)], load="crashed")
    lake.tables.prepare(PLACE, pin, "also crashed")

    assert lake.tables.prepare(PLACE, pin, "L2") == 2
    assert head(lake).version() == 2


def test_a_head_with_other_columns_is_brought_back(lake: Lake) -> None:
    lake.tables.prepare(PLACE, None, "L1")
    lake.tables.commit(PLACE, [], SCHEMA, mode="overwrite", load_id="L1")
    pin = pin_of(lake, 0)
    lake.tables.commit(PLACE, [], WIDER, mode="overwrite", load_id="crashed")

    assert lake.tables.prepare(PLACE, pin, "L2") == 2
    assert lake.tables.schema(pin_of(lake, 2)) == SCHEMA


def test_a_head_that_lost_its_properties_is_brought_back(lake: Lake) -> None:
    pin = first_version(lake)
    head(lake).alter.set_table_properties({"delta.enableExpiredLogCleanup": "true"})

    assert lake.tables.prepare(PLACE, pin, "L2") == 2
    assert dict(head(lake).metadata().configuration) == RETENTION


def test_without_a_base_the_head_is_emptied_and_the_past_kept(lake: Lake) -> None:
    pin = first_version(lake)

    assert lake.tables.prepare(PLACE, None, "L2") == 1
    assert lake.tables.files(pin_of(lake, 1)) == ()
    assert lake.tables.prepare(PLACE, None, "L2") == 1
    write(lake, [("P2", 2)], mode="append")
    assert rows_of(lake, pin_of(lake, 2)) == [("P2", 2)]
    assert rows_of(lake, pin) == [("P1", 1)]


def test_a_table_that_somebody_else_made_is_refused(lake: Lake) -> None:
    folder = lake.root.make_folder(*PLACE.split("/"))
    write_deltalake(str(folder), table_of([("P1", 1)]))

    with pytest.raises(StorageRefusedError, match="not made by this lake"):
        lake.tables.prepare(PLACE, None, "L1")


def test_a_base_whose_files_are_gone_is_a_broken_pin(lake: Lake) -> None:
    pin = first_version(lake)
    write(lake, [("P9", 9)], load="crashed")
    for file in lake.tables.files(pin):
        Path(file).unlink()

    with pytest.raises(BrokenPinError, match="1 of its 1 files are missing"):
        lake.tables.prepare(PLACE, pin, "L2")


def test_a_base_of_another_table_is_a_broken_pin(lake: Lake) -> None:
    pin = first_version(lake).model_copy(update={"table_id": "other"})

    with pytest.raises(BrokenPinError):
        lake.tables.prepare(PLACE, pin, "L2")
    with pytest.raises(BrokenPinError):
        lake.tables.files(pin)


def test_a_version_that_is_not_there_is_a_broken_pin(lake: Lake) -> None:
    pin = first_version(lake).model_copy(update={"version": 5})

    with pytest.raises(BrokenPinError, match="Version 5 of the table 'patient'"):
        lake.tables.schema(pin)
    with pytest.raises(BrokenPinError):
        pin_of(lake, 5)


def test_a_chain_of_own_commits_is_whole(lake: Lake) -> None:
    lake.tables.prepare(PLACE, None, "L1")
    assert lake.tables.check_chain(PLACE, after=NO_TABLE, load_id="L1") == NO_TABLE
    for amount in range(3):
        write(lake, [("P1", amount)])

    assert lake.tables.check_chain(PLACE, after=NO_TABLE, load_id="L1") == 2
    assert lake.tables.check_chain(PLACE, after=2, load_id="anything") == 2


@pytest.mark.parametrize("loads", [["X", "L2"], ["L2", "X"], ["L2", "X", "L2"], ["X"]])
def test_a_commit_of_another_load_breaks_the_chain(lake: Lake, loads: list[str]) -> None:
    pin = first_version(lake)
    after = lake.tables.prepare(PLACE, pin, "L2")
    for load in loads:
        write(lake, [("P1", 1)], load=load)

    with pytest.raises(CommitRaceError, match="Somebody else committed"):
        lake.tables.check_chain(PLACE, after=after, load_id="L2")


def test_a_commit_by_another_tool_breaks_the_chain(lake: Lake) -> None:
    first_version(lake)
    write_deltalake(head(lake), table_of([("P2", 2)]), mode="append")

    with pytest.raises(CommitRaceError):
        lake.tables.check_chain(PLACE, after=0, load_id="L2")


def test_a_table_that_was_made_anew_breaks_the_chain(lake: Lake) -> None:
    first_version(lake)

    with pytest.raises(CommitRaceError):
        lake.tables.check_chain(PLACE, after=4, load_id="L2")


def test_a_commit_on_an_older_version_is_refused(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_version(lake)
    stale = head(lake)
    write(lake, [("P2", 2)], load="other")
    found = iter([stale])
    real = DeltaTable
    monkeypatch.setattr(
        "apollo_spark.lake.tables.commits.DeltaTable",
        lambda folder, **options: next(found, None) or real(folder, **options),
    )

    with pytest.raises(CommitRaceError):
        write(lake, [("P3", 3)])
    assert real(lake.tables.folder(PLACE)).version() == 1


def test_a_refused_commit_is_no_race(lake: Lake) -> None:
    lake.tables.prepare(PLACE, None, "L1")
    (lake.tables.folder(PLACE) / "_delta_log").touch()

    with pytest.raises(StorageRefusedError, match="was refused"):
        write(lake, [("P1", 1)])


def test_preparing_a_new_table_makes_its_folder_only(lake: Lake) -> None:
    lake.tables.prepare(PLACE, None, "L1")

    assert tree(lake.root.path) == ["tables", "tables/study", "tables/study/patient"]
