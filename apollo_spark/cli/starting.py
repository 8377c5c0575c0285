"""What a command does without, so that it starts at once."""

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

FRAMES = (".h5ad", ".h5mu")
"""Endings of files that are made of frames."""
GARBAGE_AT = 20_000
"""New objects between two searches for cycles; Python's own 700 take a tenth of a small load."""
WITH_NUMPY = "APOLLO_SPARK_WITH_NUMPY"
"""The variable of a command that was started again because it needed numpy."""
PLUGINS = "pydantic.plugin._loader"
"""Pydantic's own module that looks for plugins."""


class _NoPandas:
    """Says that there is no pandas, as long as there is no Spark, which asks for it itself."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != "pandas" or "pyspark" in sys.modules:
            return None
        raise ModuleNotFoundError("No module named 'pandas'", name=fullname)


def disable_plugins() -> None:
    """Let pydantic look for no plugins: it reads the names of all installed packages for that.

    The setting for it spares the reading, but not `importlib.metadata`, which loads what reads
    mail and archives: a tenth of `apollo list`.
    """
    if PLUGINS not in sys.modules:
        nothing = ModuleType(PLUGINS)
        nothing.get_plugins = tuple  # type: ignore[attr-defined] # a module made here
        sys.modules[PLUGINS] = nothing


def use_one_numpy_thread() -> None:
    """Let numpy start no threads for products of matrices, of which no command makes large ones.

    It starts one for every processor as soon as it is loaded, and each looks for work for a while.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def collect_garbage_rarely() -> None:
    """Let Python look for unused cycles of objects more seldom than a long-lived server should.

    Modules and their classes are most of what a command makes, and stay. Tables go without this.
    """
    gc.set_threshold(GARBAGE_AT, 20, 20)  # type: ignore[attr-defined] # mypy takes jobs/gc.py


def makes_frames(words: Sequence[str]) -> bool:
    """Whether a command writes a file that pandas is needed for.

    It is asked before anything is loaded: pyarrow looks for pandas once, and remembers.
    """
    return any(each.lower().endswith(FRAMES) for each in words)


def hide_pandas() -> None:
    """Let pyarrow think that there is no pandas in a process that runs a command.

    pyarrow loads pandas, if it is installed, to look whether what becomes an array is a frame. That
    takes longer than most commands, and few of them make a frame.
    """
    sys.meta_path.insert(0, _NoPandas())


def load_arrow_without_numpy() -> None:
    """Load pyarrow without numpy, for commands that only read records.

    It works without numpy, but stays without it until the process ends. Numpy takes a fifth of
    `apollo list`.
    """
    if WITH_NUMPY in os.environ:
        return
    with _hidden("numpy"):
        import_module("pyarrow")


def start_again_with_numpy() -> None:
    """Run the command of this process anew, where pyarrow was loaded without numpy.

    Most records are shown without it. Few need it, which is known only when they are read: those
    that count people by what was measured of them, after some people were withdrawn.
    """
    lib = sys.modules.get("pyarrow.lib")
    if lib is None or WITH_NUMPY in os.environ or getattr(lib, "np", None) is not None:
        return
    os.environ[WITH_NUMPY] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 the same command


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Let an import of a module fail, unless it is loaded already."""
    if module in sys.modules:
        yield
        return
    # Python's own mark of a module that cannot be imported.
    sys.modules[module] = None  # type: ignore[assignment] # Python allows it
    try:
        yield
    finally:
        del sys.modules[module]
