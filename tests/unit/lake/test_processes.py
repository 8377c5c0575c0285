"""Publishing between real processes: killed ones, two of one name, many at once."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from apollo_spark.errors import CommitRaceError
from apollo_spark.lake.lake import Lake, open_lake
from tests.support.apart import FORKED, die, run_apart
from tests.unit.lake.crashing import publish_until
from tests.unit.lake.small_lake import FIRST, SECOND, comparable, publish, rows_of
from tests.unit.lake.test_registry import stored

CHECKOUT = Path(__file__).parents[3]


def start(lake: Lake, step: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.unit.lake.crashing", str(lake.root), step]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=CHECKOUT, text=True, stdin=pipe, stdout=pipe)


@pytest.mark.parametrize(
    "step", ["prepare patient", "commit patient", "commit visit", "store parts", "publish study@2"]
)
def test_a_killed_process_leaves_the_version_before_and_its_lease_is_taken_over(
    lake: Lake, tmp_path: Path, step: str
) -> None:
    first = publish(lake, FIRST)
    killed = run_apart(publish_until, str(lake.root), step, die)
    assert killed.exitcode == -9
    left = lake.leases.find("study")
    assert left is not None
    assert (left.pid, left.epoch, left.renewed_at is None) == (killed.pid, 2, False)
    assert [str(each) for each in lake.history("study")] == ["study@1"]

    second = publish(lake, SECOND)

    other = open_lake(str(tmp_path / "undisturbed"))
    publish(other, FIRST)
    assert comparable(second) == comparable(publish(other, SECOND))
    assert rows_of(lake, first) == {name: list(rows) for name, rows in FIRST.items()}
    assert rows_of(lake, second) == {name: list(rows) for name, rows in SECOND.items()}
    assert lake.verify(first, deep=True) == lake.verify(second, deep=True) == ()


def test_of_two_processes_on_one_name_one_fails_and_names_the_other(lake: Lake) -> None:
    publish(lake, FIRST)
    first = start(lake, "commit visit")
    assert first.stdout is not None
    assert first.stdout.readline() == "waiting\n"

    second = start(lake, "no step")
    refused, _ = second.communicate()
    done, _ = first.communicate("go on\n")

    assert second.returncode == 14
    assert f"process {first.pid})" in refused
    assert (first.returncode, done) == (0, "study@2\n")


def append_record(uri: str, based_on: int, name: str) -> str | None:
    try:
        open_lake(uri).registry.append([stored(name)], based_on=based_on)
    except CommitRaceError:
        return None
    return name


def append_until_done(uri: str, name: str) -> int:
    """Append a record as a publication does, and return how many races were lost."""
    lake = open_lake(uri)
    for lost in range(1_000):
        based_on = lake.registry.snapshot().version
        if append_record(uri, based_on, name) is not None:
            return lost
    raise AssertionError


def test_of_many_processes_with_one_snapshot_one_appends_and_no_record_is_lost(lake: Lake) -> None:
    uri = str(lake.root)
    names = [f"study{number}" for number in range(4)]
    with ProcessPoolExecutor(4, mp_context=FORKED) as pool:
        for turn in range(4):
            based_on = lake.registry.snapshot().version
            tried = [pool.submit(append_record, uri, based_on, f"{name}-{turn}") for name in names]
            winners = [each.result() for each in tried if each.result() is not None]
            assert len(winners) == 1
            assert len(lake.registry.snapshot().entries) == turn + 1
        wanted = {f"{name}-{turn}-all" for name in names for turn in range(5)}
        list(pool.map(append_until_done, [uri] * len(wanted), sorted(wanted)))

    found = {each.name for each in lake.registry.snapshot().entries}
    assert wanted <= found
    assert len(found) == len(wanted) + 4
