"""Nothing above the lake opens, lists, renames or deletes a file of a lake."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import apollo_spark

PACKAGE = Path(apollo_spark.__path__[0])
ROOMS = ("operations", "ingest", "assays", "verbs", "api", "cli", "engines")
TASKS = "assays/expression/tasks"
"""What runs in tasks is given full paths, and is held by contracts of its own."""

# Calls by the name of the method alone.
METHODS = {
    "chmod", "exists", "glob", "hardlink_to", "is_dir", "is_file", "iterdir", "lstat", "mkdir",
    "read_bytes", "rename", "rglob", "rmdir", "stat", "symlink_to", "touch", "unlink",
    "write_bytes", "write_text",
}  # fmt: skip
MODULES = {"shutil", "gzip", "ds"}
OF_PARQUET = {"ParquetDataset", "ParquetFile", "ParquetWriter", "read_metadata", "read_schema",
              "read_table", "write_table"}  # fmt: skip
OF_SYSTEM = {"listdir", "makedirs", "mkdir", "open", "remove", "rename", "replace", "rmdir",
             "scandir", "stat", "unlink", "walk"}  # fmt: skip
# Functions of `workers` that open a file whose path they are given.
HELPERS = {"BlockWriter", "DeltaTable", "FileWriter", "ParquetWriter", "add_checksums",
           "check_chunks", "finish_file", "open", "open_writer", "read_small_table",
           "write_row_files", "write_small_table"}  # fmt: skip
MODES = {"r", "rb", "rt", "w", "wb", "wt", "a", "ab"}

INPUT = "a file that a person gave"
OUTPUT = "the file or folder where a person wants the answer"
SCRATCH = "a folder of this process that is thrown away"
SOURCES = "assays/expression/sources"
ALLOWED = {
    "assays/expression/extend/plan.py": (SCRATCH, {"own.mkdir"}),
    "assays/expression/plan/long.py": (SCRATCH, {"pq.ParquetFile"}),
    "assays/expression/plan/long_ids.py": (SCRATCH, {"pq.ParquetFile"}),
    "assays/expression/plan/plan.py": (INPUT, {".is_file", ".stat"}),
    "assays/expression/plan/rows.py": (
        f"{INPUT}, unpacked to {SCRATCH}",
        {".open", "gzip.open", "scratch.iterdir", "shutil.copyfileobj", "target.open"},
    ),
    "assays/expression/read/rows.py": (OUTPUT, {"ParquetWriter", "part.replace"}),
    f"{SOURCES}/annotation/gtf.py": (INPUT, {"path.open"}),
    f"{SOURCES}/annotation/release.py": (INPUT, {"gzip.open", "path.open"}),
    f"{SOURCES}/annotation/table.py": (INPUT, {".open"}),
    f"{SOURCES}/files/files.py": (INPUT, {"path.is_dir"}),
    f"{SOURCES}/files/reading.py": (INPUT, {".is_file"}),
    f"{SOURCES}/files/top.py": (INPUT, {"gzip.open", "path.open"}),
    f"{SOURCES}/formats/manifest.py": (INPUT, {"path.is_file"}),
    "ingest/drafting.py": (INPUT, {".exists", ".is_dir"}),
    "verbs/draft_dictionary.py": (OUTPUT, {".write_text", "target.mkdir"}),
    "engines/reading.py": (
        "reads the files of a pin beside the engines",
        {".is_file", "check_chunks", "pq.ParquetFile", "pq.read_metadata", "read_small_table"},
    ),
    "engines/shipping.py": (
        "the package itself, which goes to executors",
        {"home.is_file", "shutil.copyfile"},
    ),
    "operations/field_lists.py": (INPUT, {"path.is_file"}),
    "operations/past_request.py": (SCRATCH, {"path.write_text"}),
    "verbs/ask/diff.py": (OUTPUT, {"folder.mkdir"}),
    "verbs/ask/extract.py": (OUTPUT, {"path.write_text", "target.mkdir"}),
    "verbs/dashboard/export.py": (OUTPUT, {"folder.mkdir"}),
    "verbs/cohort/trial.py": (f"invented rows, in {SCRATCH}", {"pq.write_table"}),
    "verbs/extend/files.py": (INPUT, {".is_file", ".read_bytes"}),
    "verbs/merge/counts.py": (OUTPUT, {".mkdir"}),
    "verbs/merge/plan.py": (SCRATCH, {"pq.write_table"}),
    "verbs/seal.py": (OUTPUT, {"folder.exists", "folder.is_dir", "folder.iterdir"}),
    "verbs/verify/sources.py": (
        f"{INPUT}, and {SCRATCH}",
        {"path.is_file", "path.stat", "scratch.mkdir"},
    ),
    "verbs/withdraw/linked_tables.py": (SCRATCH, {"pq.read_schema", "pq.write_table"}),
}
"""Modules that touch files which are not the lake's: whose they are, and by which calls."""


def used(file: Path) -> Iterator[str]:
    """Yield the calls by which a module touches files."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and (name := _touching(node)):
            yield name


def _touching(call: ast.Call) -> str | None:
    called = call.func
    if isinstance(called, ast.Name):
        return called.id if called.id in HELPERS else None
    if not isinstance(called, ast.Attribute):
        return None
    of = called.value.id if isinstance(called.value, ast.Name) else ""
    texts = {each.value for each in call.args if isinstance(each, ast.Constant)}
    touches = (
        called.attr in METHODS
        or of in MODULES
        or (of == "pq" and called.attr in OF_PARQUET)
        or (of == "os" and called.attr in OF_SYSTEM)
        or (called.attr == "replace" and len(call.args) == 1 and not call.keywords)
        or (called.attr == "open" and (texts & MODES or _has_text_options(call)))
        or (of == "pa" and called.attr in ("OSFile", "memory_map"))
    )
    return f"{of}.{called.attr}" if touches else None


def _has_text_options(call: ast.Call) -> bool:
    return any(each.arg in ("encoding", "newline", "errors") for each in call.keywords)


def modules() -> list[str]:
    files = [each for room in ROOMS for each in (PACKAGE / room).rglob("*.py")]
    return sorted(str(each.relative_to(PACKAGE)) for each in files if TASKS not in str(each))


def test_no_room_above_the_lake_touches_a_file_of_it() -> None:
    nothing: tuple[str, set[str]] = ("", set())
    found = {each: set(used(PACKAGE / each)) - ALLOWED.get(each, nothing)[1] for each in modules()}

    assert {each: calls for each, calls in found.items() if calls} == {}


def test_what_is_allowed_is_used() -> None:
    lost = {
        each: calls - set(used(PACKAGE / each)) if (PACKAGE / each).is_file() else calls
        for each, (_, calls) in ALLOWED.items()
    }

    assert {each: calls for each, calls in lost.items() if calls} == {}


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("(draft.folder / name).unlink()", ".unlink"),
        ("path.replace(target)", "path.replace"),
        ("Path(folder).glob('*')", ".glob"),
        ("Path(name).open('rb')", ".open"),
        ("path.open(encoding='utf-8')", "path.open"),
        ("open(path)", "open"),
        ("pq.read_table(path)", "pq.read_table"),
        ("shutil.rmtree(folder)", "shutil.rmtree"),
        ("os.listdir(folder)", "os.listdir"),
        ("write_small_table(folder, table)", "write_small_table"),
        ("DeltaTable(folder)", "DeltaTable"),
    ],
)
def test_every_way_to_a_file_is_seen(line: str, call: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line)

    assert list(used(tmp_path / "module.py")) == [call]


@pytest.mark.parametrize(
    "line",
    [
        "lake.open(reference)",
        "self.lake.tables.open(pin)",
        "text.replace('a', 'b')",
        "replace(value, name='x')",
        "moment.replace(hour=1)",
        "Path(path).name",
    ],
)
def test_what_touches_no_file_is_let_through(line: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line)

    assert list(used(tmp_path / "module.py")) == []
