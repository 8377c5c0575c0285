"""How many files a load goes through: who follows it has to read them."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import apollo_spark
from tests.support.study import LOCAL_SETTINGS, Study

PACKAGE = Path(apollo_spark.__file__).parent
ELSEWHERE = ("model", "workers", "errors.py")
"""Values, tasks and refusals, which nobody reads to follow a load."""
MOST = 68
OPTIMIZED = 1
"""The flag of code that is a function: bodies of classes are run when they are imported."""


def visited_by(work: Callable[[], object]) -> set[str]:
    """Return the files of the package whose functions are called."""
    found: set[str] = set()

    def watch(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_flags & OPTIMIZED:
            found.add(code.co_filename)

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    own = (Path(each).relative_to(PACKAGE) for each in found if Path(each).is_relative_to(PACKAGE))
    return {each.as_posix() for each in own if each.parts[0] not in ELSEWHERE}


def test_a_clinical_load_goes_through_few_files(tmp_path: Path) -> None:
    study = Study(tmp_path)
    # What is imported for the first time is not what the load goes through.
    assert study.load(name="first").code == 0

    visited = visited_by(lambda: study.load(name="second"))

    assert "verbs/load_clinical.py" in visited
    assert len(visited) <= MOST, sorted(visited)


def test_a_small_load_loads_no_engine(tmp_path: Path) -> None:
    study = Study(tmp_path)
    words = ["apollo", "--conf", str(LOCAL_SETTINGS), *map(str, study.load_words())]
    code = (
        f"import atexit, sys; sys.argv = {words!r}\n"
        "atexit.register(lambda: print(*sys.modules))\n"
        "from apollo_spark.cli.main import main; main()"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    published, loaded = ended.stdout.splitlines()
    assert published == "study@1"
    assert {"duckdb", "pandas", "pyspark", "sqlglot"} & set(loaded.split()) == set()
    assert "deltalake" in loaded.split()
