"""What a command does without, so that it starts at once."""

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec


class _NoPandas(MetaPathFinder):
    """Says that there is no pandas, as long as there is no Spark, which asks for it itself."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != "pandas" or "pyspark" in sys.modules:
            return None
        raise ModuleNotFoundError("No module named 'pandas'", name=fullname)


def look_for_no_plugins() -> None:
    """Let pydantic look for no plugins: it reads the names of all installed packages for that."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def leave_pandas_alone() -> None:
    """Let pyarrow think that there is no pandas in a process that runs a command.

    pyarrow loads pandas, if it is installed, to look whether what becomes an array is a frame. That
    takes longer than most commands, and none of them gives or takes a frame.
    """
    sys.meta_path.insert(0, _NoPandas())
