"""Sweeping a lake: what is left alone, because it is not ours or cannot be read."""

from pathlib import Path

import pytest

from apollo_spark.errors import (
    BrokenPinError,
)
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from tests.support.contexts import stepping
from tests.support.ending import retire
from tests.unit.lake.small_lake import (
    FIRST,
    SECOND,
    plain,
    publish,
    rows_of,
    tree,
)
from tests.unit.lake.sweeping import (
    data_files,
    named,
    sweep,
    two_versions,
)


def adopt(lake: Lake, location: str) -> DatasetRecord:
    """Publish a record over a table that is not the lake's own."""
    record = publish(lake)
    foreign = record.pins[0].model_copy(update={"location": location, "is_ours": False})
    with lake.publication("adopted", holder="ann") as publication:
        return publication.commit(
            lambda version: record.model_copy(
                update={"name": "adopted", "version": version, "id": location, "pins": (foreign,)}
            )
        )


def test_a_table_that_is_not_ours_is_never_touched(lake: Lake, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    inside = lake.root.path / "tables" / "foreign" / "patient"
    for place in (elsewhere, inside):
        adopt(lake, str(place))
        place.mkdir(parents=True)
        (place / "part-1.parquet").write_text("rows of others")

    outcome = sweep(lake)

    assert tree(elsewhere) == tree(inside) == ["part-1.parquet"]
    assert named(outcome.done) == set()
    assert [e.fault for e in outcome.plan.tables if e.location == "tables/foreign/patient"] == [
        "it was adopted and is not the lake's own"
    ]


def test_a_table_with_a_broken_pin_is_left_alone_and_named(lake: Lake) -> None:
    publish(lake, FIRST)
    second, third = publish(lake, SECOND), publish(lake, FIRST)
    retire(stepping(lake), "study@1")
    broken = Path(lake.tables.files(second.pin_of("patient"))[0])
    broken.unlink()

    outcome = sweep(lake)

    assert {e.location: e.fault for e in outcome.plan.tables} == {
        "tables/study/patient": (
            "1 files of pinned versions are missing; apollo verify names them"
        ),
        "tables/study/visit": "",
    }
    assert {each.rpartition("/")[0] for each in named(outcome.done)} == {"tables/study/visit"}
    assert rows_of(lake, third) == plain(FIRST)


def test_nothing_goes_when_a_record_cannot_be_read(lake: Lake) -> None:
    two_versions(lake)
    before = data_files(lake)
    entry = lake.list_records()[0]
    real = lake.registry.snapshot
    changed = entry.model_copy(update={"hash": "0" * 64})
    lake.registry.snapshot = lambda: real().model_copy(  # type: ignore[method-assign]
        update={"entries": (changed,)}
    )

    with pytest.raises(BrokenPinError, match="study@2 is not as it was published"):
        sweep(lake)
    assert data_files(lake) == before


def test_links_are_not_followed(lake: Lake, tmp_path: Path) -> None:
    publish(lake)
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "part-1.parquet").write_text("not of this lake")
    tables = lake.root.path / "tables" / "study"
    (tables / "linked").symlink_to(treasure)
    (tables / "patient" / "more").symlink_to(treasure)

    sweep(lake)

    assert tree(treasure) == ["part-1.parquet"]


# Steps of a sweep that brings a table back, deletes files, a whole table and parts.
