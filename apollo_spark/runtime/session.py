"""The Spark session: the cluster's own where one runs, else one that is started here.

The only module that builds a session or touches Spark's Java objects.
"""

import atexit
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from apollo_spark.errors import EnvironmentProblemError
from apollo_spark.runtime.jars import DELTA_COORDINATES, find_jar_folder
from apollo_spark.runtime.machine import CLUSTER_VARIABLES, require_java
from apollo_spark.runtime.settings import SessionSettings
from apollo_spark.runtime.spark_options import (
    CATALOG_KEY,
    DELTA_CATALOG,
    DELTA_EXTENSION,
    EXTENSIONS_KEY,
    session_options,
)

try:
    from py4j.protocol import Py4JJavaError
    from pyspark.conf import SparkConf
    from pyspark.core.context import SparkContext
    from pyspark.sql import SparkSession

    from apollo_spark.runtime.launch import first_cause, launch_java
except ModuleNotFoundError as missing:
    raise EnvironmentProblemError(
        f"Spark is not installed: there is no {missing.name}.",
        fix="Install the extra: pip install 'apollo_spark[spark]'.",
    ) from missing

__all__ = ["SessionSettings", "close_session", "count_tasks", "open_session", "tuple_adder"]

JAVA_END_SECONDS = 120
"""How long Java may take to end: it writes its class archive then, when asked to."""


@dataclass(frozen=True)
class _OwnJava:
    """What a session of our own holds besides itself."""

    gateway: Any
    workplace: Path


_own: WeakKeyDictionary[SparkSession, _OwnJava] = WeakKeyDictionary()


def open_session(settings: SessionSettings, *, verbose: bool = False) -> SparkSession:
    """Return the session that runs already, the cluster's, or a new one.

    Args:
        settings: How a session of our own is started. A running one is taken as it is.
        verbose: Let Java print on stderr; otherwise a session of our own is silent.

    Raises:
        EnvironmentProblemError: Java or the Delta jars are missing, or Spark cannot start.
    """
    if running := SparkSession.getActiveSession():
        return running
    if any(name in os.environ for name in CLUSTER_VARIABLES):
        return _join_cluster()
    return _start_session(settings, verbose=verbose)


def close_session(session: SparkSession) -> None:
    """Stop a session and its Java if `open_session` started them; leave any other alone."""
    own = _own.pop(session, None)
    if own is None:
        return
    session.stop()
    _end_java(own.gateway)
    shutil.rmtree(own.workplace, ignore_errors=True)


def count_tasks(session: SparkSession) -> tuple[int, int]:
    """Return how many tasks of the running stages are done, and of how many; zeros if unknown."""
    if "SPARK_REMOTE" in os.environ:
        return 0, 0
    tracker = session.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
    known = [each for each in stages if each is not None]
    return sum(each.numCompletedTasks for each in known), sum(each.numTasks for each in known)


def tuple_adder(session: SparkSession) -> Any:
    """Return an accumulator to which tasks add tuples; it begins empty."""
    from pyspark.accumulators import AddingAccumulatorParam

    adding: Any = AddingAccumulatorParam
    return session.sparkContext.accumulator((), adding(()))


def _start_session(settings: SessionSettings, *, verbose: bool) -> SparkSession:
    require_java()
    jar_folder = find_jar_folder()
    # Workers would otherwise run whatever python3 is on PATH, without our packages.
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    workplace = Path(tempfile.mkdtemp(prefix="apollo_spark-"))
    atexit.register(shutil.rmtree, workplace, ignore_errors=True)
    options = session_options(settings, workplace=workplace, jar_folder=jar_folder)
    gateway = launch_java(options, workplace=workplace, verbose=verbose)
    SparkContext._ensure_initialized(gateway=gateway)
    try:
        session = SparkSession.builder.config(map=dict(options)).getOrCreate()
    except Py4JJavaError as error:
        _end_java(gateway)
        raise _refusal(error) from error
    _own[session] = _OwnJava(gateway, workplace)
    return session


def _join_cluster() -> SparkSession:
    """Return the session of the platform; add Delta where spark-submit was not told of it."""
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return SparkSession.builder.getOrCreate()
    SparkContext._ensure_initialized()
    conf = SparkConf()
    if (conf.get("spark.master") or "local").startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder
    extensions = conf.get(EXTENSIONS_KEY) or ""
    if DELTA_EXTENSION not in extensions.split(","):
        _require_delta_class()
        builder = builder.config(EXTENSIONS_KEY, f"{extensions},{DELTA_EXTENSION}".strip(","))
    if not conf.contains(CATALOG_KEY):
        builder = builder.config(CATALOG_KEY, DELTA_CATALOG)
    return builder.getOrCreate()


def _require_delta_class() -> None:
    """Refuse a spark-submit without the Delta jars: they cannot be added once Java runs."""
    assert SparkContext._jvm is not None
    thread = SparkContext._jvm.java.lang.Thread.currentThread()
    try:
        thread.getContextClassLoader().loadClass(DELTA_EXTENSION)
    except Py4JJavaError as error:
        raise EnvironmentProblemError(
            "spark-submit was started without the Delta jars.",
            fix=f"Add --packages {DELTA_COORDINATES}, or --jars with the files.",
        ) from error


def _end_java(gateway: Any) -> None:
    gateway.shutdown()
    # Java waits for its input to end, and cleans its own folders then.
    gateway.proc.stdin.close()
    gateway.proc.wait(timeout=JAVA_END_SECONDS)
    SparkContext._gateway = SparkContext._jvm = None


def _refusal(error: Py4JJavaError) -> EnvironmentProblemError:
    return EnvironmentProblemError(
        "Spark could not start.",
        why=first_cause(str(error.java_exception)),
        fix="Look at the section spark of the configuration; apollo doctor looks at the machine.",
    )
