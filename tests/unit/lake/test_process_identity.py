"""Whether a process that holds a lease still runs."""

from pathlib import Path

import pytest

from apollo_spark.lake.storage.system import ProcessIdentity, SystemProcesses


def stat_of(started: str, state: str = "S") -> str:
    fields = " ".join(str(number) for number in range(4, 22))
    return f"7 (a ) name) {state} {fields} {started} 23 24"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A folder like /proc with this process and process 7."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot-1\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")
    (tmp_path / "7").mkdir()
    (tmp_path / "7/stat").write_text(stat_of("1000"))
    return tmp_path


def process(proc: Path, **changes: object) -> ProcessIdentity:
    me = SystemProcesses(proc).me()
    return me.model_copy(update={"pid": 7, "started": "1000", **changes})


@pytest.mark.parametrize(
    ("stat", "changes", "expected"),
    [
        (stat_of("1000"), {}, False),
        (stat_of("2000"), {}, True),
        (stat_of("1000", "Z"), {}, True),
        (None, {}, True),
        (None, {"host": "elsewhere"}, False),
        (None, {"machine": "boot-0/pid:[1]"}, False),
    ],
    ids=["runs", "number used again", "zombie", "gone", "other host", "other boot"],
)
def test_a_process_is_dead_only_when_that_is_certain(
    proc: Path, stat: str | None, changes: dict[str, object], expected: bool
) -> None:
    if stat is None:
        (proc / "7/stat").unlink()
    else:
        (proc / "7/stat").write_text(stat)

    assert SystemProcesses(proc).is_dead(process(proc, **changes)) is expected


def test_where_the_system_tells_nothing_no_process_is_dead(tmp_path: Path) -> None:
    processes = SystemProcesses(tmp_path / "nothing")

    assert processes.me().machine == ""
    assert not processes.is_dead(processes.me())


def test_this_process_is_alive() -> None:
    processes = SystemProcesses()

    assert not processes.is_dead(processes.me())
