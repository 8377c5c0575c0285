"""What in a folder of raw files cannot be read is named, never skipped, and nothing hangs."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from apollo_spark.sources import regular_files
from tests.support.study import CommandResult, apollo

DICTIONARY = "entity,name,type,primary_key_type\npatient,patient_id,string,global\n"
MATRIX = "gene_id\tS1\nENSG00000000001\t5\n"
QUANT = "Name\tLength\tEffectiveLength\tTPM\tNumReads\nENST00000000001\t5\t5\t1\t1\n"


def link_to_nothing(folder: Path) -> None:
    (folder / "b.csv").symlink_to(folder / "gone.csv")


def link_to_itself(folder: Path) -> None:
    (folder / "b.csv").symlink_to(folder / "b.csv")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "b.csv")


def pipe_of_any_name(folder: Path) -> None:
    os.mkfifo(folder / "queue")


def bound_socket(folder: Path) -> None:
    before = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("b.csv")
    finally:
        os.chdir(before)


def loop(folder: Path) -> None:
    (folder / "again").symlink_to(folder)


def loop_further_down(folder: Path) -> None:
    (folder / "above").symlink_to(folder.parent)


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "link to nothing": (link_to_nothing, "leads to nothing"),
    "link to itself": (link_to_itself, "leads to nothing"),
    "named pipe": (pipe, "a named pipe"),
    "named pipe of any name": (pipe_of_any_name, "a named pipe"),
    "socket": (bound_socket, "a socket"),
    "folder loop": (loop, "a folder that it lies in"),
    "loop to the folder above": (loop_further_down, "a folder that it lies in"),
}


def load_clinical(tmp_path: Path, data: Path) -> CommandResult:
    (tmp_path / "d.csv").write_text(DICTIONARY)
    return apollo("--lake", tmp_path / "lake", "load", "clinical", "s", "--dictionary",
                  tmp_path / "d.csv", "--data", f"patient={data}")  # fmt: skip


def load_matrices(tmp_path: Path, source: Path) -> CommandResult:
    return apollo("--lake", tmp_path / "lake", "load", "expression", "s", "--assay", "rna",
                  "--unit", "tpm", "--source", source)  # fmt: skip


@pytest.mark.parametrize(("make", "said"), ODD.values(), ids=ODD)
def test_of_a_folder_of_clinical_files(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("patient_id\nP1\n")
    make(folder)

    refused = load_clinical(tmp_path, folder)

    assert (refused.code, said in refused.err) == (10, True), refused.err
    assert "(file_missing), once" in refused.err


@pytest.mark.parametrize("below", [".", "S1"])
@pytest.mark.parametrize(("make", "said"), ODD.values(), ids=ODD)
def test_of_a_folder_of_expression_files(
    tmp_path: Path, make: Callable[[Path], None], said: str, below: str
) -> None:
    folder = tmp_path / "data"
    (folder / "S1").mkdir(parents=True)
    (folder / "S1" / "quant.sf").write_text(QUANT)
    make(folder / below)

    refused = load_matrices(tmp_path, folder)

    assert (refused.code, said in refused.err) == (10, True), refused.err


def test_a_linked_folder_of_samples_is_read(tmp_path: Path) -> None:
    folder, far = tmp_path / "data", tmp_path / "far"
    for name in (folder / "S1", far):
        name.mkdir(parents=True)
        (name / "quant.sf").write_text(QUANT)
    (folder / "S2").symlink_to(far)

    assert load_matrices(tmp_path, folder).code == 0
    shown = apollo("--lake", tmp_path / "lake", "extract", "expression", "s")
    assert [line.split(",")[1] for line in shown.out.splitlines()[1:]] == ["S1", "S2"]


@pytest.mark.parametrize("load", [load_clinical, load_matrices])
def test_a_pipe_that_is_given_is_no_file(
    tmp_path: Path, load: Callable[[Path, Path], CommandResult]
) -> None:
    os.mkfifo(tmp_path / "p.csv")

    refused = load(tmp_path, tmp_path / "p.csv")

    assert (refused.code, "a named pipe" in refused.err) == (10, True), refused.err


@pytest.mark.parametrize("load", [load_clinical, load_matrices])
def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path,
    load: Callable[[Path, Path], CommandResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("patient_id\nP1\n")
    (folder / "b.csv").write_text("patient_id\nP2\n")
    # Who runs the tests may be allowed to read everything.
    monkeypatch.setattr(regular_files.os, "access", lambda path, _: Path(path).name != "b.csv")

    refused = load(tmp_path, folder)

    assert refused.code == 10
    assert "b.csv: it may not be read (file_missing), once" in refused.err


def test_of_a_folder_with_nothing_else_only_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    pipe(folder)

    refused = load_matrices(tmp_path, folder)

    assert refused.code == 10
    assert "(file_missing), once" in refused.err
    assert "no data file" not in refused.err
