"""Choose and open who runs the tasks of a load, and who answers the checks between rows."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import pyarrow as pa

from apollo_spark.engines.base import Engine, TableFiles
from apollo_spark.engines.tasks import (
    LocalTaskRunner,
    OnProgress,
    SparkTaskRunner,
    TaskRunner,
    no_progress,
)
from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.pin import TablePin
from apollo_spark.operations.locating import spark_engine
from apollo_spark.runtime.machine import CLUSTER_VARIABLES
from apollo_spark.runtime.settings import LakeSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from sqlglot import exp


LOCAL_BYTES = 256 * 1024 * 1024
"""Bytes of input files up to which threads are taken; measured in `docs/decisions/runners.md`."""


class RunnerChoice(NamedTuple):
    """Who runs the tasks, and why."""

    runner: Literal["spark", "local"]
    why: str


def choose_runner(
    settings: LakeSettings, input_bytes: int, *, has_session: bool = False
) -> RunnerChoice:
    """Choose who runs the tasks of a load. Rows, hashes and messages are the same either way.

    Args:
        settings: What the configuration says; `auto` leaves it to the rules here.
        input_bytes: Bytes of all input files.
        has_session: Whether a session was handed over.
    """
    if settings.runner != "auto":
        return RunnerChoice(settings.runner, "the configuration says so")
    if settings.writer == "dataframe":
        return RunnerChoice("spark", "the writer of the configuration needs it")
    if has_session or _session_is_running():
        return RunnerChoice("spark", "a Spark session is running")
    if platform := next((each for each in CLUSTER_VARIABLES if each in os.environ), None):
        return RunnerChoice("spark", f"Spark has started this process ({platform} is set)")
    limit = f"{LOCAL_BYTES >> 20} MB"
    if input_bytes > LOCAL_BYTES:
        return RunnerChoice("spark", f"the files have more than {limit}")
    return RunnerChoice("local", f"files of up to {limit} are loaded before Spark has started")


def read_size(text: str) -> int:
    """Return the bytes of a size such as `200MB` or `1.5 GB`; a KB is 1,024 bytes.

    Raises:
        UsageError: It is not a size.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)B?", text.strip(), re.IGNORECASE)
    if found is None:
        raise UsageError(f"{text!r} is not a size.", fix="Write it as 200MB or 1.5GB.")
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " "))


def _session_is_running() -> bool:
    if "pyspark" not in sys.modules:
        return False
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() is not None


# The checks of keys go to disk above this, so that a load's memory does not grow with its rows.
CHECK_MEMORY = "256MB"
# Above this the C1 compiler, which starts faster, costs more than it saves.
QUICK_BYTES = 200 * 1024 * 1024
# Above this the keys of a load are checked by the cluster rather than by this process.
EMBEDDED_BYTES = 20 * 1024**3


class DeferredEngine:
    """Takes the place of an engine until it is asked: a small load asks nothing.

    Args:
        files: Where this process reads the tables itself.
        make: Returns the engine.
    """

    packs_fields: ClassVar[bool] = False

    def __init__(self, files: TableFiles, make: Callable[[], Engine]) -> None:
        self.files = files
        self._make = make

    @cached_property
    def _engine(self) -> Engine:
        return self._make()

    def run(self, tree: "exp.Query", pins: Mapping[str, TablePin]) -> pa.RecordBatchReader:
        """Answer a question."""
        return self._engine.run(tree, pins)

    def over(self, pins: Mapping[str, TablePin], /) -> AbstractContextManager[Engine]:
        """Give an engine for several questions about the same tables."""
        return self._engine.over(pins)


@dataclass(frozen=True)
class LoadEngines:
    """Who runs the tasks, and who answers the checks between rows.

    Attributes:
        runner: Runs tasks that write their files themselves.
        engine: Answers the checks.
        make_runner: Makes a runner by a `RowWriter`, where Spark writes the files; else None.
    """

    runner: TaskRunner
    engine: Engine
    make_runner: "Callable[[RowWriter], TaskRunner] | None" = None

    def written_by(self, row_writer: "RowWriter | None") -> "LoadEngines":
        """Return the same for tasks whose rows a type of assay has Spark write, if any does."""
        if row_writer is None or self.make_runner is None:
            return self
        return replace(self, runner=self.make_runner(row_writer))

    def ask(self, tree: "exp.Query", pins: Mapping[str, TablePin]) -> pa.Array:
        """Return the one column that answers a question."""
        return self.engine.run(tree, pins).read_all().column(0).combine_chunks()


OpenEngines = Callable[[Lake, int], LoadEngines]
"""Opens the engines for a lake, given the bytes of the inputs; called when they are needed."""


def checking_engine(lake: Lake) -> Engine:
    """Return the engine in this process for the checks of a load."""

    def open_engine() -> Engine:
        from apollo_spark.engines.embedded import EmbeddedEngine

        return EmbeddedEngine(lake.tables, memory_limit=CHECK_MEMORY)

    return DeferredEngine(lake.tables, open_engine)


def local_engines(lake: Lake, on_progress: OnProgress = no_progress) -> LoadEngines:
    """Return engines that need no JVM: threads and DuckDB of this process."""
    return LoadEngines(LocalTaskRunner(on_progress=on_progress), checking_engine(lake))


RowWriter = Callable[..., TaskRunner]
"""Makes a runner whose tasks give rows that Spark writes, where tasks cannot write files."""


class EngineOpener:
    """Opens the engines of a load when they are needed, and stops what it started.

    Args:
        settings: Which they are.
        session: A session to use instead of one that is started and stopped here.
        verbose: Whether Spark's own messages are shown.
        on_progress: Called with how many tasks are done.
    """

    def __init__(
        self,
        settings: LakeSettings,
        *,
        session: "SparkSession | None",
        verbose: bool,
        on_progress: OnProgress,
    ) -> None:
        self._settings = settings
        self._on_progress = on_progress
        self._session = session
        self._started: SparkSession | None = None
        self._verbose = verbose

    def __enter__(self) -> "EngineOpener":
        """Open nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the session that was started here."""
        if self._started is not None:
            from apollo_spark.runtime.session import close_session

            close_session(self._started)

    def open(self, lake: Lake, input_bytes: int) -> LoadEngines:
        """Return the runner of the settings and the engine for the checks between rows."""
        choice = choose_runner(self._settings, input_bytes, has_session=self._session is not None)
        if choice.runner == "local":
            return local_engines(lake, self._on_progress)
        spark = self._session or self._start(input_bytes)
        is_small = input_bytes <= EMBEDDED_BYTES
        return LoadEngines(
            runner=self._spark_runner(spark, SparkTaskRunner),
            engine=checking_engine(lake) if is_small else spark_engine(lake, spark),
            make_runner=self._runner_maker(spark),
        )

    def _runner_maker(self, spark: "SparkSession") -> "Callable[[RowWriter], TaskRunner] | None":
        from apollo_spark.runtime.session import tuple_adder

        if self._settings.writer != "dataframe":
            return None
        return lambda row_writer: self._spark_runner(
            spark, partial(row_writer, adder=lambda: tuple_adder(spark))
        )

    def _spark_runner(self, spark: "SparkSession", make: "RowWriter") -> TaskRunner:
        from apollo_spark.runtime.session import count_tasks

        return make(spark, count_done=lambda: count_tasks(spark), on_progress=self._on_progress)

    def _start(self, input_bytes: int) -> "SparkSession":
        from apollo_spark.runtime.session import open_session

        spark = self._settings.spark
        quick = spark.quick and input_bytes <= QUICK_BYTES
        self._started = open_session(
            spark.model_copy(update={"quick": quick}), verbose=self._verbose
        )
        return self._started
