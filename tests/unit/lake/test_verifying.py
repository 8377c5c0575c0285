import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake import verifying
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.tables import contents
from apollo_spark.lake.tables.commits import RETENTION
from apollo_spark.model.assay import AssayRecord, AssayTable
from apollo_spark.model.dataset import DatasetRecord, RowRule
from apollo_spark.model.pin import TablePin
from apollo_spark.verbs.verify.verify import verify_records
from tests.unit.lake.small_lake import FIRST, SECOND, plain, publish, rows_of, table_of

LOG = "00000000000000000000.json"
Damage = Callable[[Lake, DatasetRecord], object]


def patient_file(lake: Lake, record: DatasetRecord) -> Path:
    (file,) = lake.tables.files(record.pin_of("patient"))
    return Path(file)


def patient_log(lake: Lake, record: DatasetRecord, version: int) -> Path:
    return patient_file(lake, record).parent / "_delta_log" / f"{version:020}.json"


def delete_file(lake: Lake, record: DatasetRecord) -> None:
    patient_file(lake, record).unlink()


def cut_file(lake: Lake, record: DatasetRecord) -> None:
    file = patient_file(lake, record)
    file.write_bytes(file.read_bytes()[:-1])


def lengthen_file(lake: Lake, record: DatasetRecord) -> None:
    file = patient_file(lake, record)
    file.write_bytes(bytes(1) + file.read_bytes())


def lose_rows(lake: Lake, record: DatasetRecord) -> None:
    file = patient_file(lake, record)
    size = file.stat().st_size
    pq.write_table(table_of([("P1", 1)]), file, write_statistics=False)
    # A reader of Parquet looks at the end of a file only.
    file.write_bytes(bytes(size - file.stat().st_size) + file.read_bytes())


def lose_all_rows(lake: Lake, record: DatasetRecord) -> None:
    pq.write_table(table_of([]), patient_file(lake, record))


def rename_column(lake: Lake, record: DatasetRecord) -> None:
    log = patient_log(lake, record, 0)
    log.write_text(log.read_text().replace("amount", "amounx"))


def rename_file(lake: Lake, record: DatasetRecord) -> None:
    file = patient_file(lake, record)
    log = patient_log(lake, record, 0)
    log.write_text(log.read_text().replace(file.stem, "part-other"))
    file.rename(file.with_name("part-other.parquet"))


def delete_table(lake: Lake, record: DatasetRecord) -> None:
    folder = patient_file(lake, record).parent
    folder.rename(folder.with_name("gone"))


def replace_table(lake: Lake, record: DatasetRecord) -> None:
    delete_table(lake, record)
    (lake.tables.folder("tables/study/visit")).rename(lake.tables.folder("tables/study/patient"))


@pytest.mark.parametrize(
    ("damage", "what", "readable"),
    [
        (delete_file, "1 of 1 files are missing or damaged (F)", "0 of 2 rows can be read"),
        (lengthen_file, "1 of 1 files are missing or damaged (F)", "0 of 2 rows can be read"),
        (cut_file, "1 of 1 files are missing or damaged (F)", "0 of 2 rows can be read"),
        (lose_rows, "it has 1 rows instead of 2", "1 of 2 rows can be read"),
        (
            rename_column,
            f"its columns are others, as its log up to {LOG} tells",
            "nothing of it is shown",
        ),
        (
            rename_file,
            f"its list of files is another, as its log up to {LOG} tells",
            "nothing of it is shown",
        ),
        (
            delete_table,
            f"the version is not in the table's log ({LOG}: it is missing)",
            "nothing of the table can be read",
        ),
        (replace_table, "another table lies in its place", "nothing of it can be read"),
    ],
)
def test_damage_is_named_with_what_can_still_be_read(
    lake: Lake, damage: Damage, what: str, readable: str
) -> None:
    record = publish(lake)
    name = patient_file(lake, record).name
    damage(lake, record)

    found = [each for each in lake.verify(record) if each.table == "patient" and each.is_broken]

    expected = f"study@1, patient@0: {what}; {readable}".replace("(F)", f"({name})")
    assert [str(each) for each in found] == [expected]


def test_versions_cut_from_the_log_are_named_with_those_that_are_there(lake: Lake) -> None:
    records = [publish(lake, study) for study in (FIRST, SECOND, FIRST, SECOND)]
    folder = patient_file(lake, records[0]).parent
    DeltaTable(folder, version=2).create_checkpoint()
    for version in (0, 1):
        patient_log(lake, records[-1], version).unlink()

    found = [lake.verify(record) for record in records]

    assert [len(problems) for problems in found] == [1, 1, 0, 0]
    assert (found[0][0].what, found[0][0].readable) == (
        f"the version is not in the table's log ({LOG}: it is missing)",
        "versions 2 to 3 are there",
    )


def test_a_table_without_its_properties_is_a_warning(lake: Lake) -> None:
    record = publish(lake)
    folder = lake.tables.folder("tables/study/visit")
    DeltaTable(folder).alter.set_table_properties({"delta.enableExpiredLogCleanup": "true"})

    (problem,) = lake.verify(record)

    assert not problem.is_broken
    assert str(problem) == (
        "study@1, visit@0: the table lacks delta.enableExpiredLogCleanup,"
        " so that VACUUM may break the pin; all its rows can be read now"
    )
    assert "delta.enableExpiredLogCleanup" in RETENTION


def vacuum(lake: Lake, record: DatasetRecord) -> None:
    """Do what `VACUUM ... RETAIN 0 HOURS` does: our properties do not hold against it."""
    table = DeltaTable(patient_file(lake, record).parent)
    table.vacuum(0, dry_run=False, enforce_retention_duration=False)


def test_a_raw_vacuum_breaks_the_older_version_and_not_the_newer(lake: Lake) -> None:
    first, second = publish(lake, FIRST), publish(lake, SECOND)
    file = patient_file(lake, first).name
    vacuum(lake, second)

    assert [str(each) for each in lake.verify(first)] == [
        f"study@1, patient@0: 1 of 1 files are missing or damaged ({file}); 0 of 2 rows can be read"
    ]
    assert lake.verify(second, deep=True) == ()


def commit_by_hand(lake: Lake, record: DatasetRecord, action: dict[str, Any]) -> None:
    """Commit to the table of patients what an older or newer writer would."""
    version = DeltaTable(patient_file(lake, record).parent).version() + 1
    patient_log(lake, record, version).write_text(json.dumps(action) + "\n")


READER_2 = {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}
UNKNOWN = {
    "protocol": {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["yetUnknown"],
        "writerFeatures": ["yetUnknown"],
    }
}


@pytest.mark.parametrize(
    ("action", "what"),
    [
        (
            READER_2,
            (
                "the table was upgraded to reader version 2 and writer version 5,"
                " so that some readers refuse it"
            ),
        ),
        (
            UNKNOWN,
            "the newest version of the table cannot be opened, so that nothing can be added",
        ),
    ],
    ids=["upgraded", "unknown"],
)
def test_a_table_that_another_writer_upgraded_is_a_warning(
    lake: Lake, action: dict[str, Any], what: str
) -> None:
    record = publish(lake)
    commit_by_hand(lake, record, action)

    (problem,) = lake.verify(record, deep=True)

    assert not problem.is_broken
    assert str(problem) == f"study@1, patient@0: {what}; all its rows can be read now"
    assert rows_of(lake, record) == plain(FIRST)


def test_a_damaged_log_is_named_with_the_versions_before_it(lake: Lake) -> None:
    records = [publish(lake, study) for study in (FIRST, SECOND, FIRST)]
    patient_log(lake, records[0], 1).write_text('{"garbage')

    found = [[each for each in lake.verify(record) if each.is_broken] for record in records]

    damaged = "00000000000000000001.json: it is damaged"
    assert [[(e.what, e.readable) for e in each] for each in found] == [
        [],
        [(f"the version is not in the table's log ({damaged})", "versions 0 to 0 are there")],
        [(f"the version is not in the table's log ({damaged})", "versions 0 to 0 are there")],
    ]
    assert rows_of(lake, records[0]) == plain(FIRST)


def test_properties_that_are_gone_and_files_that_are_gone_are_both_told(lake: Lake) -> None:
    first, second = publish(lake, FIRST), publish(lake, SECOND)
    folder = patient_file(lake, second).parent
    DeltaTable(folder).alter.set_table_properties({"delta.enableExpiredLogCleanup": "true"})
    vacuum(lake, second)

    broken, risk = lake.verify(first)

    assert (broken.is_broken, risk.is_broken) == (True, False)
    assert risk.readable == "what can be read is listed above"


def test_the_tables_of_a_rule_are_looked_at_too(lake: Lake) -> None:
    record, base = publish(lake), publish(lake, SECOND, name="base")
    rule = RowRule(
        entity="patient",
        text='patient.key = "P1"',
        main_entity="patient",
        entities=base.entities,
        pins=base.pins,
    )
    view = record.model_copy(update={"name": "view", "rules": (rule,)})
    patient_file(lake, base).unlink()

    assert [str(each).partition(":")[0] for each in lake.verify(view)] == ["view@1, patient@0"]


def test_a_record_that_was_changed_is_told_beside_what_else_is_broken(lake: Lake) -> None:
    first = publish(lake)
    publish(lake, name="other")
    real = lake.registry.snapshot()
    changed = tuple(
        each.model_copy(update={"hash": "0" * 64}) if each.name == "other" else each
        for each in real.entries
    )
    lake.registry.snapshot = lambda: real.model_copy(  # type: ignore[method-assign]
        update={"entries": changed}
    )
    patient_file(lake, first).unlink()

    found = verify_records(lake, None, deep=False)

    assert [str(each).partition(";")[0].partition(" (")[0] for each in found.problems] == [
        "other@1, registry: the record is missing or is not as it was published",
        "study@1, patient@0: 1 of 1 files are missing or damaged",
    ]


def change_value(lake: Lake, record: DatasetRecord) -> None:
    """Change a value so that size, footer and log say the same."""
    file = patient_file(lake, record)
    before = file.read_bytes()
    pq.write_table(table_of([("P1", 2), ("P2", 1)]), file)
    size = len(before) - file.stat().st_size
    file.write_bytes(bytes(size) + file.read_bytes() if size else file.read_bytes())


def test_a_changed_value_of_a_large_table_is_seen_by_the_deep_look_only(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = publish(lake)
    change_value(lake, record)

    (small,) = lake.verify(record)
    assert "its rows are not those that were published" in small.what
    # It stands for a table that is too large to be hashed, and whose files have no checksums.
    monkeypatch.setattr(contents, "HASHED_BYTES", 0)
    assert lake.verify(record) == ()
    (problem,) = lake.verify(record, deep=True)
    assert problem.what == "its rows are not those that were published"


@pytest.mark.parametrize("damage", [cut_file, lengthen_file, delete_file, lose_all_rows])
def test_a_large_file_without_checksums_of_another_length_is_not_read(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, damage: Damage
) -> None:
    record = publish(lake)
    damage(lake, record)
    # It stands for a table that is too large to be hashed, and whose files have no checksums.
    monkeypatch.setattr(contents, "HASHED_BYTES", 0)

    with pytest.raises(BrokenPinError, match=r"bytes instead of|missing"):
        lake.tables.files(record.pin_of("patient"))


def test_a_file_damaged_inside_is_named(lake: Lake) -> None:
    record = publish(lake)
    file = patient_file(lake, record)
    content = bytearray(file.read_bytes())
    content[4:60] = bytes(56)
    file.write_bytes(content)

    (problem,) = lake.verify(record, deep=True)
    assert file.name in problem.what


def test_a_missing_part_is_seen(lake: Lake) -> None:
    record = publish(lake)
    part = record.entities[1].part
    (lake.root.place("registry", "parts", part[:2]) / f"{part}.gz").unlink()

    (problem,) = lake.verify(record)
    assert str(problem) == (
        f"study@1, registry: the part of the entity visit ({part}.gz) is missing or damaged;"
        " the rows are not touched by it"
    )


def test_everything_wrong_is_told_at_once(lake: Lake) -> None:
    record = publish(lake)
    for table in FIRST:
        (file,) = lake.tables.files(record.pin_of(table))
        Path(file).unlink()

    assert [each.table for each in lake.verify(record)] == ["patient", "visit"]


def shared_by_two(lake: Lake, update: dict[str, Any] | None = None) -> list[DatasetRecord]:
    """Return two records that read the same tables."""
    record = publish(lake)
    return [record.model_copy(update={"name": name, **(update or {})}) for name in ("one", "two")]


def test_tables_that_records_share_are_read_once_and_their_faults_told_of_each(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, read = shared_by_two(lake), []
    real = verifying.content_hash
    monkeypatch.setattr(
        verifying,
        "content_hash",
        lambda files, schema: [read.append(files), real(files, schema)][1],
    )
    seen = verifying.Seen()

    assert [lake.verify(each, deep=True, seen=seen) for each in records] == [(), ()]
    assert len(read) == 2

    delete_file(lake, records[0])
    seen = verifying.Seen()
    told = [lake.verify(each, deep=deep, seen=seen) for each in records for deep in (False, True)]
    assert [[problem.record for problem in each] for each in told] == [
        ["one@1"], ["one@1"], ["two@1"], ["two@1"],
    ]  # fmt: skip


def test_a_table_of_an_assay_is_looked_at_for_each_record(lake: Lake) -> None:
    assay = AssayRecord.model_construct(
        tables=(AssayTable(role="samples", table="patient"),), link=None
    )
    hashed = []

    def hash_special(pin: TablePin, _files: list[str]) -> str:
        hashed.append(pin.table)
        return pin.content_hash

    seen = verifying.Seen()
    for each in shared_by_two(lake, {"assays": (assay,)}):
        lake.verify(each, deep=True, seen=seen, hash_special=hash_special)

    assert hashed == ["patient", "visit", "patient"]
