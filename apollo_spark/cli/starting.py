"""What a command does without, so that it starts at once."""

import gc
import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec

GARBAGE_AT = 20_000
"""New objects between two searches for cycles; Python's own 700 take a tenth of a small load."""


class _NoPandas(MetaPathFinder):
    """Says that there is no pandas, as long as there is no Spark, which asks for it itself."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != "pandas" or "pyspark" in sys.modules:
            return None
        raise ModuleNotFoundError("No module named 'pandas'", name=fullname)


def look_for_no_plugins() -> None:
    """Let pydantic look for no plugins: it reads the names of all installed packages for that."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def look_seldom_for_garbage() -> None:
    """Let Python look for unused cycles of objects more seldom than a long-lived server should.

    Modules and their classes are most of what a command makes, and stay. Tables go without this.
    """
    gc.set_threshold(GARBAGE_AT, 20, 20)  # type: ignore[attr-defined] # mypy takes jobs/gc.py


def leave_pandas_alone() -> None:
    """Let pyarrow think that there is no pandas in a process that runs a command.

    pyarrow loads pandas, if it is installed, to look whether what becomes an array is a frame. That
    takes longer than most commands, and none of them gives or takes a frame.
    """
    sys.meta_path.insert(0, _NoPandas())
