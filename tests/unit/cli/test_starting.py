"""What a command does before anything else, so that it starts at once."""

import gc
import subprocess
import sys

import pytest

from apollo_spark.cli import main
from apollo_spark.cli.starting import GARBAGE_AT


def test_a_command_looks_for_garbage_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_threshold()
    seen: list[tuple[int, int, int]] = []
    for other in ("hide_pandas", "disable_plugins", "use_one_numpy_thread"):
        monkeypatch.setattr(main, other, lambda: None)
    monkeypatch.setattr(main, "run", lambda **_: seen.append(gc.get_threshold()))

    try:
        with pytest.raises(SystemExit):
            main.main()
    finally:
        gc.set_threshold(*before)

    assert seen == [(GARBAGE_AT, 20, 20)]


def printed(code: str) -> str:
    """Return what a new Python prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_models_are_built_without_a_look_for_plugins() -> None:
    code = (
        "import sys; from apollo_spark.cli.starting import disable_plugins\n"
        "disable_plugins()\n"
        "import apollo_spark.model.base as base\n"
        "print('importlib.metadata' in sys.modules, base.Record())"
    )

    assert printed(code).split() == ["False"]


def test_arrow_is_loaded_without_numpy_which_others_may_load_after_it() -> None:
    code = (
        "import sys; from apollo_spark.cli.starting import load_arrow_without_numpy\n"
        "load_arrow_without_numpy()\n"
        "import pyarrow; print('numpy' in sys.modules, pyarrow.array([1, None]).to_pylist())\n"
        "import numpy; print(numpy.arange(2).tolist())"
    )

    assert printed(code).splitlines() == ["False [1, None]", "[0, 1]"]


def test_arrow_that_is_loaded_after_numpy_keeps_it() -> None:
    code = (
        "import numpy; from apollo_spark.cli.starting import load_arrow_without_numpy\n"
        "load_arrow_without_numpy()\n"
        "import pyarrow; print(pyarrow.array(numpy.arange(2)).to_numpy().tolist())"
    )

    assert printed(code) == "[0, 1]\n"


def test_pandas_is_there_for_commands_that_make_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole process is needed to see it: pyarrow looks for pandas once."""
    seen: list[str] = []
    for other in ("collect_garbage_rarely", "disable_plugins", "use_one_numpy_thread"):
        monkeypatch.setattr(main, other, lambda: None)
    monkeypatch.setattr(main, "hide_pandas", lambda: seen.append("alone"))
    monkeypatch.setattr(main, "run", lambda **_: 0)

    for target in ("x.csv", "X.H5AD", "--output=x.h5mu"):
        monkeypatch.setattr("sys.argv", ["apollo", "extract", "expression", "rna", "-o", target])
        with pytest.raises(SystemExit):
            main.main()

    assert seen == ["alone"]
