from pathlib import Path

import pytest

from apollo_spark.errors import NotFoundError, StorageRefusedError, UsageError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.storage.root import LakeRoot, open_root
from apollo_spark.model.names import RecordReference
from tests.unit.lake.small_lake import publish, tree


@pytest.mark.parametrize("uri", ["s3a://bucket/lake", "abfss://box@account/lake", "s3:/x"])
def test_an_object_store_is_refused_in_words(uri: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be on (s3a|abfss|s3)://"):
        open_root(uri)


def test_a_file_address_is_a_folder(tmp_path: Path) -> None:
    assert open_root((tmp_path / "a b").as_uri()).path == tmp_path / "a b"


def test_a_file_is_no_lake(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="is not a folder"):
        open_root(str(tmp_path / "file"))


@pytest.mark.parametrize("name", ["my%20lake", "lake#1", "a[1]", "a*", "a?b", "a\\b", "a\nb"])
def test_a_path_that_delta_cannot_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="misread"):
        open_root(str(tmp_path / name))


@pytest.mark.parametrize("step", ["..", ".", "", "a/b", "/etc", "a\\b", ".hidden", "-rf", "a\n"])
def test_no_name_leaves_the_lake(tmp_path: Path, step: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a folder"):
        LakeRoot(tmp_path).place("tables", step)


def test_no_location_leaves_the_lake(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        LakeRoot(tmp_path).locate("tables/../../etc")


def test_what_the_system_refuses_is_refused_by_us(tmp_path: Path) -> None:
    (tmp_path / "tables").touch()

    with pytest.raises(StorageRefusedError, match="Not a directory"):
        LakeRoot(tmp_path).make_folder("tables", "study")


def test_reading_makes_nothing(lake: Lake) -> None:
    with pytest.raises(NotFoundError, match="There is no lake"):
        lake.list_records()
    assert lake.registry.snapshot().entries == ()
    assert lake.leases.find("study") is None
    assert not lake.root.exists


def test_reading_what_is_published_writes_nothing(lake: Lake) -> None:
    published = publish(lake)
    before = tree(lake.root.path)

    record = open_lake(str(lake.root)).load_record(RecordReference(name="study"))
    lake.load_dictionary(record)
    lake.history("study")
    lake.verify(record, deep=True)

    assert record == published
    assert tree(lake.root.path) == before
