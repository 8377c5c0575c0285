"""A table of inputs with what they must give: exit code, rules, messages, stored rows.

Each module of `tests/cases` holds the cases of one kind of fault, as `CASES`. The local runner
executes all of them (`tests/cases/test_cases.py`), Spark those that say `on_spark`
(`tests/spark/test_cases.py`), which is at least one of each module that loads anything.
"""

import importlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.study import CommandResult

Run = Callable[..., CommandResult]
"""Runs `apollo` with some words and returns what it left behind."""


@dataclass(frozen=True)
class Case:
    """One input and what it must give.

    Every command runs in the case's own folder with the lake `lake`, and is a list of words as a
    person types them, without `apollo` and `--lake`.

    Attributes:
        name: What is special about the input, as part of a sentence.
        files: The files of the folder: text, bytes, or None for an empty folder.
        command: The words under test.
        before: Commands that must succeed first, in order.
        code: The exit code.
        rules: The rules broken and how often each, by the report in `--report report`; None where
            nothing is said about a report.
        says: Texts that stdout and stderr together hold.
        hides: Texts that neither holds.
        stored: By the words of a further command, the lines that it prints on stdout. Where the
            command under test is refused and this is empty, nothing may have been published.
        on_spark: Whether Spark's tasks run it too.
    """

    name: str
    files: Mapping[str, str | bytes | None]
    command: Sequence[str]
    before: Sequence[Sequence[str]] = ()
    code: int = 0
    rules: Mapping[str, int] | None = None
    says: Sequence[str] = ()
    hides: Sequence[str] = ()
    stored: Mapping[str, Sequence[str]] = field(default_factory=dict)
    on_spark: bool = False


def all_cases() -> dict[str, Case]:
    """Return the cases of all modules by `module: name`."""
    found: dict[str, Case] = {}
    for path in sorted((Path(__file__).parent.parent / "cases").glob("*.py")):
        if path.stem.startswith(("test_", "__")):
            continue
        for case in importlib.import_module(f"tests.cases.{path.stem}").CASES:
            label = f"{path.stem}: {case.name}"
            assert label not in found, f"two cases are called {label}"
            found[label] = case
    return found


_PREPARED: dict[Any, Path] = {}
_PLACE = TemporaryDirectory(prefix="apollo-cases-")


def prepare_case(case: Case, folder: Path, run: Run) -> None:
    """Write the files of a case into a folder, and run what comes before it.

    What comes before several cases runs once, and each gets a copy of what it left.
    """
    if case.before:
        shutil.copytree(_prepared(case, run), folder, dirs_exist_ok=True)
    _write(case.files, folder)


def _prepared(case: Case, run: Run) -> Path:
    words = [word for each in case.before for word in each]
    later = _named(case.files, case.command) - _named(case.files, words)
    files = {name: content for name, content in case.files.items() if name not in later}
    key = (tuple(files.items()), tuple(map(tuple, case.before)), run)
    if key not in _PREPARED:
        folder = Path(_PLACE.name) / str(len(_PREPARED))
        folder.mkdir()
        _write(files, folder)
        with inside(folder):
            for each in case.before:
                done = run("--lake", "lake", *each)
                assert done.code == 0, (each, done.err)
        _PREPARED[key] = folder
    return _PREPARED[key]


def _named(files: Collection[str], words: Sequence[str]) -> set[str]:
    """Return the files that words name, or the folders of which they name."""
    ends = [word.split("=")[-1].rstrip("/") for word in words]
    return {
        name
        for name in files
        if any(name in word for word in words) or any(name.startswith(f"{x}/") for x in ends)
    }


def _write(files: Mapping[str, str | bytes | None], folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


def require_case(case: Case, folder: Path, run: Run) -> None:
    """Run a case in a folder and require all that it says."""
    prepare_case(case, folder, run)
    with inside(folder):
        published, before = _records(run), _lake_files()
        result = run("--lake", "lake", *case.command)
        _require_answer(case, result)
        if "--dry-run" in case.command:
            assert _lake_files() == before, "a dry run writes nothing"
        for words, lines in case.stored.items():
            shown = run("--lake", "lake", *words.split())
            assert shown.code == 0, (words, shown.err)
            assert shown.out.splitlines() == list(lines), words
        if case.code and not case.stored:
            assert _records(run) == published


def _lake_files() -> dict[str, tuple[int, int]]:
    """Return the size of every file of the lake, and when it was written."""
    files = (each for each in Path("lake").rglob("*") if each.is_file())
    return {str(each): (each.stat().st_size, each.stat().st_mtime_ns) for each in files}


def _require_answer(case: Case, result: CommandResult) -> None:
    said = result.out + result.err
    assert result.code == case.code, said
    assert "Traceback" not in said
    for text in case.says:
        assert text in said, said
    for text in case.hides:
        assert text not in said, said
    if case.rules is not None:
        assert _rules() == dict(case.rules), said


def _rules() -> dict[str, int]:
    found: dict[str, int] = {}
    for report in sorted(Path("report").rglob("*.json")):
        for each in json.loads(report.read_text())["findings"]:
            found[each["rule"]] = found.get(each["rule"], 0) + each["count"]
    return found


def _records(run: Run) -> Any:
    if not Path("lake", "registry").exists():
        return {"records": []}
    return run("--lake", "lake", "list", "--json").json


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder, as somebody who types commands there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
