"""What each part may load, tried in a fresh Python: import-linter reads code, this runs it."""

import ast
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import apollo_spark

PACKAGE = Path(apollo_spark.__path__[0])
JOBS = PACKAGE.parent / "jobs"
ENGINES = {"pyspark", "delta", "py4j", "pandas", "deltalake", "duckdb"}
DECISIONS = ("errors", "workers", "model", "sources", "tables", "records", "query")
# Names that only reach Spark's Java, or start it.
SESSION_WORDS = {"_jvm", "_jsc", "_gateway", "sparkContext", "builder"}


def modules_of(*parts: str) -> list[str]:
    found = []
    for part in parts:
        folder, name = PACKAGE / part, f"apollo_spark.{part.replace('/', '.')}"
        names = [name]
        if folder.is_dir():
            names += [each.name for each in pkgutil.walk_packages([str(folder)], f"{name}.")]
        found += names
    return found


def loaded_by(modules: list[str]) -> set[str]:
    """Return the top-level names in sys.modules of a fresh Python after it imported modules."""
    code = (
        f"import importlib, sys\nfor each in {modules!r}: importlib.import_module(each)\n"
        "print(*{each.partition('.')[0] for each in sys.modules})"
    )
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())


def test_importing_the_package_loads_neither_spark_nor_pydantic() -> None:
    assert loaded_by(["apollo_spark"]) & (ENGINES | {"pydantic", "pyarrow", "numpy"}) == set()


@pytest.mark.parametrize("part", DECISIONS)
def test_decisions_load_no_engine(part: str) -> None:
    assert loaded_by(modules_of(part)) & ENGINES == set()


def test_what_runs_in_tasks_loads_only_the_standard_library_numpy_and_pyarrow() -> None:
    bare = loaded_by(["numpy", "pyarrow", "pyarrow.csv", "pyarrow.parquet", "pyarrow.compute"])
    tasks = modules_of("workers", "assays/expression/tasks")
    extra = loaded_by(tasks) - bare - set(sys.stdlib_module_names)

    assert extra == {"apollo_spark"}


def test_settings_and_the_look_at_the_machine_load_no_engine() -> None:
    modules = [f"apollo_spark.runtime.{name}" for name in ("settings", "machine", "jars")]

    assert loaded_by(modules) & ENGINES == set()


def test_only_the_session_module_touches_sparks_java() -> None:
    own = PACKAGE / "runtime" / "session.py"
    files = [each for each in [*PACKAGE.rglob("*.py"), *JOBS.glob("*.py")] if each != own]

    assert [place for each in files for place in session_words(each)] == []


def test_no_job_hides_a_module_of_python() -> None:
    """The folder of a job comes first where Spark looks for modules; built-in ones before it."""
    names = {each.stem for each in JOBS.glob("*.py")} - set(sys.builtin_module_names)

    assert names & sys.stdlib_module_names == set()


def session_words(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute) or node.attr not in SESSION_WORDS:
            continue
        # A builder of something else than a session is none of our business.
        of_session = isinstance(node.value, ast.Name) and node.value.id == "SparkSession"
        if node.attr != "builder" or of_session:
            yield f"{file.relative_to(PACKAGE.parent)}:{node.lineno} {node.attr}"
