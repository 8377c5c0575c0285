"""Pins outlive the retention of Delta: weeks later, after VACUUM, Spark reads the old version."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.tables.commits import RETENTION
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.values.hashing import hash_table
from tests.unit.lake.small_lake import publish

DAY = 24 * 60 * 60
AGE_DAYS = 40
# Spark writes a checkpoint, and cleans the log, at each tenth commit: the first one of VACUUM.
VERSIONS = 10
TIMES = re.compile(r'"(timestamp|deletionTimestamp|modificationTime|createdTime)":(\d{13})')
REFUSED = "DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION_DURATION"


def published_lake(folder: Path) -> tuple[Lake, list[DatasetRecord]]:
    """A study with ten versions, and a checkpoint among them."""
    lake = open_lake(str(folder))
    records = []
    for number in range(VERSIONS):
        records.append(publish(lake, {"patient": [("P1", number), (f"P{number + 2}", 7)]}))
        if number == VERSIONS // 2:
            DeltaTable(folder_of(lake)).create_checkpoint()
    return lake, records


def folder_of(lake: Lake) -> Path:
    return lake.tables.folder("tables/study/patient")


def make_older(folder: Path) -> None:
    """Move everything that tells a time back by weeks: files, and what the log says inside."""
    for log in (folder / "_delta_log").glob("*.json"):
        log.write_text(TIMES.sub(moved_back, log.read_text()))
    for order, file in enumerate(sorted(each for each in folder.rglob("*") if each.is_file())):
        # Equal times keep Delta from cleaning its log.
        then = file.stat().st_mtime - AGE_DAYS * DAY + order
        os.utime(file, (then, then))


def moved_back(found: "re.Match[str]") -> str:
    return f'"{found[1]}":{int(found[2]) - AGE_DAYS * DAY * 1000}'


def read_hash(spark: SparkSession, lake: Lake, pin: TablePin) -> str:
    """Hash the rows that Spark reads at a pin."""
    reader = spark.read.format("delta").option("versionAsOf", pin.version)
    return hash_table(reader.load(str(folder_of(lake))).toArrow()).hex()


def vacuum(spark: SparkSession, lake: Lake) -> None:
    spark.sql(f"VACUUM delta.`{folder_of(lake)}`").collect()


@pytest.mark.usefixtures("interpreted")
def test_every_pin_is_read_after_weeks_and_vacuum(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    lake, records = published_lake(tmp_path / "lake")
    make_older(folder_of(lake))

    vacuum(spark_session, lake)

    pins = [record.pin_of("patient") for record in (records[0], records[-2], records[-1])]
    assert [read_hash(spark_session, lake, pin) for pin in pins] == [
        pin.content_hash for pin in pins
    ]
    assert [lake.verify(record, deep=True) for record in records] == [()] * VERSIONS
    assert str(publish(lake, {"patient": [("P1", 1)]})) == f"study@{VERSIONS + 1}"


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        ({}, "the version is not in the table's log"),
        (
            {"delta.logRetentionDuration": RETENTION["delta.logRetentionDuration"]},
            "1 of 1 files are missing or damaged",
        ),
    ],
    ids=["no property", "only the log is kept"],
)
def test_without_the_properties_an_aged_pin_is_lost(
    spark_session: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kept: dict[str, Any],
    lost: str,
) -> None:
    monkeypatch.setattr("apollo_spark.lake.tables.store.RETENTION", kept)
    lake, records = published_lake(tmp_path / "lake")
    make_older(folder_of(lake))
    old = records[-2].pin_of("patient")

    with pytest.raises(Exception, match=REFUSED):
        read_hash(spark_session, lake, old)
    vacuum(spark_session, lake)

    found = [problem.what for problem in lake.verify(records[-2]) if problem.is_broken]
    assert [each.partition(" (")[0] for each in found] == [lost]
