"""A named pipe or a device in the place of a file is refused in one line; nothing waits for it."""

import gzip
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.study import apollo

SECONDS = 60
FILES = {
    "d.csv": "entity,name,type,primary_key_type\np,p_id,string,global\np,age,integer,\n",
    "p.csv": "p_id,age\nA,1\n",
    "m.tsv": "gene_id\tS1\nENSG00000000001\t1\n",
    "job.yaml": "name: s\n",
}
CLINICAL = ("load", "clinical", "t", "--data", "p=p.csv", "--dictionary")
RNA = ("load", "expression", "r", "--assay", "a", "--unit", "count", "--source")
COMMANDS = {
    "dictionary": (*CLINICAL, "ODD"),
    "codings": (*CLINICAL, "d.csv", "--codings", "ODD"),
    "entity dictionary": (*CLINICAL, "d.csv", "--entities", "ODD"),
    "policy": (*CLINICAL, "d.csv", "--policy", "ODD"),
    "policy of expression": (*RNA, "m.tsv", "--policy", "ODD"),
    "data file": ("load", "clinical", "t", "--dictionary", "d.csv", "--data", "p=ODD"),
    "rows": ("extend", "s", "--data", "p=ODD"),
    "new entity": ("extend", "s", "--data", "q=ODD"),
    "keys to delete": ("extend", "s", "--delete", "p=ODD"),
    "matrix": (*RNA, "ODD"),
    "id map": (*RNA, "m.tsv", "--id-map", "ODD"),
    "annotation": (*RNA, "m.tsv", "--annotation", "ODD"),
    "sample table": (*RNA, "m.tsv", "--dictionary", "ODD", "--data", "sample=p.csv"),
    "keys to withdraw": ("withdraw", "ODD", "--of", "s.p"),
    "new names": ("rebase", "s", "--onto", "s@1", "--map", "ODD"),
    "settings": ("--conf", "ODD", *CLINICAL, "d.csv"),
}


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """End a test that waits, as an error of its own."""

    def give_up(*_: object) -> None:
        raise TimeoutError("it waited for a file that is none")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    for name, content in FILES.items():
        (folder / name).write_text(content)
    os.mkfifo(folder / "pipe.csv")
    lake, data = folder / "lake", f"p={folder / 'p.csv'}"
    words = ("load", "clinical", "s", "--dictionary", folder / "d.csv", "--data", data)
    assert apollo("--lake", lake, *words).code == 0
    return folder


@pytest.mark.parametrize("odd", ["pipe.csv", "/dev/zero"])
@pytest.mark.parametrize("role", COMMANDS)
def test_it_is_refused(role: str, odd: str, loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(loaded)
    words = [each.replace("ODD", odd) for each in COMMANDS[role]]
    result = apollo("--lake", "lake", *words)
    assert result.code in (2, 10), result.err
    lines = [each for each in result.err.splitlines() if each.startswith("error:")]
    assert len(lines) == 1
    what = "a named pipe" if odd == "pipe.csv" else "a device"
    assert what in result.err.lower()
    assert "Traceback" not in result.err


def test_a_link_to_a_file_is_a_file(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(loaded)
    link = loaded / "link.csv"
    link.symlink_to(loaded / "d.csv")
    assert apollo("--lake", "other", *CLINICAL, "link.csv").code == 0
    shutil.rmtree(loaded / "other")


def test_keys_packed_to_fill_memory_are_refused(
    loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.chdir(loaded)
    Path("keys.csv").write_bytes(gzip.compress(b"p_id\n" + b"\n" * (64 << 20)))
    for words in (("withdraw", "keys.csv", "--of", "s.p"),
                  ("rebase", "s", "--onto", "s@1", "--map", "keys.csv")):  # fmt: skip
        result = apollo("--lake", "lake", *words)
        assert result.code == 10, result.err
        assert "times its size" in result.err
