"""A disk that is full: what is refused, what works all the same, and what is said of it."""

import errno
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.storage import space
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.storage.space import FREEING_BYTES, SPARE_BYTES, Spare, has_space
from tests.support.loading import FIRST, run_load, small_study, versions
from tests.support.study import CommandResult, Study

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refuse(*_: object, **__: object) -> None:
    raise FULL


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Three versions of a study; the files are those of a fourth."""
    study = small_study(tmp_path_factory.mktemp("stand"), FIRST)
    for old, new in (("61.5", "62.5"), ("62.5", "63.5"), ("63.5", "64.5")):
        run_load(study)
        study.replace("patient.csv", old, new)
    study.write("gone.csv", "patient_id\nP3\n")
    return study


@pytest.fixture
def study(stand: Study, tmp_path: Path) -> Study:
    shutil.copytree(stand.folder, tmp_path / "files")
    return Study.reopen(tmp_path / "files", lake=tmp_path / "files" / "lake", data=stand.data)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(words, check=False, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no small disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path, *, left: int = 0) -> None:
    """Leave so many bytes of a disk."""
    (place / "rest").unlink(missing_ok=True)
    free = os.statvfs(place)
    space.allocate(place / "rest", max(free.f_bavail * free.f_frsize - left, 1))


def on_disk(study: Study, place: Path) -> Study:
    shutil.move(study.lake, place / "lake")
    study.lake = place / "lake"
    return study


def require_plain(done: CommandResult, said: str) -> None:
    """Require one line of ours, and none of a library."""
    for word in ("panicked", "backtrace", "Traceback", "Exception ignored", "Unexpected"):
        assert word not in done.err + said, done.err + said


def test_a_full_disk_refuses_loads_and_takes_what_frees_it(
    study: Study, small_disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    on_disk(study, small_disk)
    fill(small_disk)
    for words in ("view study --as part --fields patient.weight", ""):
        refused = study.ask(*words.split()) if words else study.load()
        require_plain(refused, capfd.readouterr().err)
        assert (refused.code, refused.out) == (15, "")
        assert "No space left on device" in refused.err
    gone = str(study.folder / "gone.csv")
    for freeing in (
        ("retire", "study@1"),
        ("withdraw", gone, "--of", "study.patient", "--apply"),
        ("retire", "study@2"),
        ("gc", "--apply", "--grace", "0"),
    ):
        done = study.ask(*freeing)
        require_plain(done, capfd.readouterr().err)
        assert done.code == 0, (freeing, done.err)
    assert [str(each) for each in open_lake(str(study.lake)).list_records()] == ["study@3"]
    assert study.ask("verify", "--deep").code == 0
    assert study.rows("patient.patient_id")[1:] == ["P1", "P2"]
    (small_disk / "rest").unlink()
    assert study.load().last_line == "study@4"
    assert (study.lake / "registry" / "spare").stat().st_size == SPARE_BYTES


@pytest.mark.parametrize("left", [100, 300, 400, 600])
def test_a_disk_that_fills_in_the_middle_of_a_load_leaves_it_as_it_was(
    study: Study, small_disk: Path, capfd: pytest.CaptureFixture[str], left: int
) -> None:
    on_disk(study, small_disk)
    numbers = random.Random(1)
    rows = [f"Q{each},F,{numbers.random()}\n" for each in range(60_000)]
    study.write("patient.csv", "patient_id,sex,weight\nP1,F,1\nP3,F,1\n" + "".join(rows))
    fill(small_disk, left=left * 1024)

    refused = study.load("--wait", 0)

    require_plain(refused, capfd.readouterr().err)
    assert (refused.code, refused.out) == (15, ""), refused.err
    assert "No space left on device" in refused.err
    assert versions(study.lake) == ["study@1", "study@2", "study@3"]
    assert study.ask("retire", "study@1").code == 0
    (small_disk / "rest").unlink()
    again = study.load("--wait", 0)
    assert (again.code, again.last_line) == (0, "study@4"), again.err
    assert study.ask("verify", "--deep").code == 0


@pytest.mark.parametrize("number", range(8))
def test_a_load_whose_commit_finds_no_room_is_made_good_by_the_next(
    study: Study, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is the same one: it knows the lease that it could not give back."""
    real, left = space.allocate, [number]

    def allocate(file: Path, size: int) -> None:
        if size == space.COMMIT_BYTES:
            left[0] -= 1
            if left[0] < 0:
                raise FULL
        real(file, size)

    with monkeypatch.context() as full:
        full.setattr(space, "allocate", allocate)
        done = study.load("--wait", 0)

    is_published = "study@4" in versions(study.lake)
    assert (done.code, done.last_line if done.out else "") == (
        (0, "study@4") if is_published else (15, "")
    ), done.err
    again = study.load("--wait", 0)
    assert (again.code, again.last_line) == (0, "study@4"), again.err


def test_a_report_that_cannot_be_written_loses_no_version(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", refuse)
        done = study.load()

    assert (done.code, done.last_line) == (0, "study@4"), done.err
    assert any(
        "study@4 is published, but not all of its report" in each for each in caplog.messages
    )
    assert versions(study.lake)[-1] == "study@4"
    # What is not published says so.
    study.replace("patient.csv", "64.5", "heavy")
    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", refuse)
        assert study.load("--dry-run", "--report", study.folder / "report").code == 15


def test_room_that_is_kept_is_given_up_where_the_disk_is_full_and_kept_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry").mkdir()
    spare, file, real = Spare(LakeRoot(tmp_path)), tmp_path / "registry" / "spare", space.allocate
    spare.keep()
    assert file.stat().st_size == SPARE_BYTES
    with spare.used_when_full():
        assert file.exists()
    free = [0]

    def allocate(path: Path, size: int) -> None:
        if size > free[0] + (0 if file.exists() else SPARE_BYTES):
            raise FULL
        real(path, size)

    monkeypatch.setattr(space, "allocate", allocate)
    with spare.used_when_full():
        assert not file.exists()
        assert has_space(tmp_path / "registry", FREEING_BYTES)
        free[0] = -100_000
    # As much as there is.
    assert SPARE_BYTES - 300_000 < file.stat().st_size < SPARE_BYTES
    assert sorted(each.name for each in file.parent.iterdir()) == ["spare"]


def test_what_cannot_be_found_out_about_room_is_left_to_the_commit(tmp_path: Path) -> None:
    assert has_space(tmp_path / "not there")
    assert list(tmp_path.iterdir()) == []
