import hashlib
import os
import time
from pathlib import Path

import pytest

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.lake.storage.root import LakeRoot

TEXT = '{"meaning":"Größe ☃"}'
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.fixture
def parts(tmp_path: Path) -> PartStore:
    return PartStore(LakeRoot(tmp_path))


def only_file(folder: Path) -> Path:
    (found,) = (each for each in folder.rglob("*") if each.is_file())
    return found


def test_a_part_is_named_by_its_sha256_and_comes_back(parts: PartStore) -> None:
    assert parts.put(TEXT) == DIGEST
    assert parts.get(DIGEST) == TEXT


def test_storing_a_part_again_only_makes_it_young(parts: PartStore, tmp_path: Path) -> None:
    parts.put(TEXT)
    os.utime(only_file(tmp_path), ns=(1, 1))
    before = only_file(tmp_path).read_bytes(), only_file(tmp_path).stat().st_ino

    parts.put(TEXT)

    assert (only_file(tmp_path).read_bytes(), only_file(tmp_path).stat().st_ino) == before
    assert time.time_ns() - only_file(tmp_path).stat().st_mtime_ns < 60 * 10**9


def test_equal_parts_are_equal_files_in_every_lake(tmp_path: Path) -> None:
    for name in ("one", "two"):
        PartStore(LakeRoot(tmp_path / name)).put(TEXT)

    assert only_file(tmp_path / "one").read_bytes() == only_file(tmp_path / "two").read_bytes()


def test_a_missing_part_is_a_broken_pin(parts: PartStore) -> None:
    with pytest.raises(BrokenPinError, match="missing"):
        parts.get(DIGEST)


@pytest.mark.parametrize("damage", [b"", b"not gzip", None], ids=["empty", "other", "cut off"])
def test_a_damaged_part_is_seen_and_healed(
    parts: PartStore, tmp_path: Path, damage: bytes | None
) -> None:
    parts.put(TEXT)
    file = only_file(tmp_path)
    file.write_bytes(file.read_bytes()[:-9] if damage is None else damage)

    with pytest.raises(BrokenPinError, match="damaged"):
        parts.get(DIGEST)
    assert parts.put(TEXT) == DIGEST
    assert parts.get(DIGEST) == TEXT


def test_another_text_in_its_place_is_seen(parts: PartStore, tmp_path: Path) -> None:
    parts.put(TEXT)
    place = only_file(tmp_path)
    other = PartStore(LakeRoot(tmp_path / "other"))
    other.put("something else")
    place.write_bytes(only_file(tmp_path / "other").read_bytes())

    with pytest.raises(BrokenPinError, match="damaged"):
        parts.get(DIGEST)


@pytest.mark.parametrize("digest", ["../../etc/passwd", DIGEST.upper(), DIGEST + "\n", ""])
def test_what_is_no_sha256_names_no_part(parts: PartStore, digest: str) -> None:
    with pytest.raises(BrokenPinError, match="not a SHA-256"):
        parts.get(digest)
