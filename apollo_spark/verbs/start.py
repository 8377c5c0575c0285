"""Start a load: choose who runs its tasks, show its steps, throw a dry run's lake away."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from apollo_spark.assays.expression.extend.extend import extend_assay
from apollo_spark.assays.expression.extend.plan import AssayExtension
from apollo_spark.assays.expression.load.load import load_expression
from apollo_spark.assays.expression.load.tile_rows import TileRowsRunner
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.engines.progress import OnProgress, ProgressLine
from apollo_spark.engines.tasks import SparkTaskRunner
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import OnStep
from apollo_spark.lake.storage.missing import describe_new_lake, require_place_for_lake
from apollo_spark.operations.loading import LoadEngines, checking_engine, local_engines
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.report import LoadReporter
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.operations.runner_choice import choose_runner
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.ask.extract import spark_engine
from apollo_spark.verbs.compact import CompactionOutcome, compact
from apollo_spark.verbs.extend.choose import extend_clinical
from apollo_spark.verbs.load_clinical import load_clinical

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Above this the C1 compiler, which starts faster, costs more than it saves.
QUICK_BYTES = 200 * 1024 * 1024
# Above this the keys of a load are checked by the cluster rather than by this process.
EMBEDDED_BYTES = 20 * 1024**3

STEPS_OF_TABLES = ("prepare ", "commit ", "pin ")

Say = Callable[[str], None]
AnyLoad = ClinicalLoad | ExpressionLoad | AssayExtension | ClinicalExtension


def run_clinical_load(
    lake: Lake,
    request: ClinicalLoad,
    *,
    settings: LakeSettings,
    say: Say,
    verbose: bool = False,
    session: "SparkSession | None" = None,
) -> Outcome:
    """Run a load with the runner of the settings; see `load_clinical`.

    Args:
        lake: Where it is published.
        request: The options of `apollo load clinical`.
        settings: Who runs the tasks, and how Spark is started.
        say: Prints a line of progress or a warning.
        verbose: Whether Spark's own messages are shown.
        session: A session to use instead of one that is started and stopped here.
    """
    starter = _Starter(lake, settings, say, verbose=verbose, session=session)
    return starter.run(partial(load_clinical, max_columns=settings.max_columns), request)


def run_expression_load(
    lake: Lake,
    request: ExpressionLoad,
    *,
    settings: LakeSettings,
    say: Say,
    verbose: bool = False,
    session: "SparkSession | None" = None,
) -> Outcome:
    """Run a load with the runner of the settings; see `load_expression`.

    The arguments are those of `run_clinical_load`, the request that of `apollo load expression`.
    """
    starter = _Starter(lake, settings, say, verbose=verbose, session=session)
    return starter.run(load_expression, request)


def run_assay_extension(
    lake: Lake,
    request: AssayExtension,
    *,
    settings: LakeSettings,
    say: Say,
    verbose: bool = False,
    session: "SparkSession | None" = None,
) -> Outcome:
    """Add samples to an assay with the runner of the settings; see `extend_assay`.

    The arguments are those of `run_clinical_load`, the request that of `apollo extend`.
    """
    starter = _Starter(lake, settings, say, verbose=verbose, session=session)
    return starter.run(extend_assay, request)


def run_clinical_extension(
    lake: Lake,
    request: ClinicalExtension,
    *,
    settings: LakeSettings,
    say: Say,
    verbose: bool = False,
    session: "SparkSession | None" = None,
) -> Outcome:
    """Add fields, rows or an entity with the runner of the settings; see `extend_clinical`.

    The arguments are those of `run_clinical_load`, the request that of `apollo extend`.
    """
    starter = _Starter(lake, settings, say, verbose=verbose, session=session)
    extend = partial(extend_clinical, show=say, max_columns=settings.max_columns)
    return starter.run(extend, request, name=request.target)


def run_compaction(
    lake: Lake,
    name: str | None,
    *,
    settings: LakeSettings,
    say: Say,
    verbose: bool = False,
    session: "SparkSession | None" = None,
) -> CompactionOutcome:
    """Fold small blocks and files with the runner of the settings; see `compact`.

    The arguments are those of `run_clinical_load`; without a name all datasets are compacted.
    """
    progress = ProgressLine(say)
    opener = EngineOpener(settings, session=session, verbose=verbose, on_progress=progress)
    with opener:
        return compact(
            lake,
            name,
            open_engines=lambda size: opener.open(lake, size),
            on_step=show_steps(say, progress, verbose=verbose),
        )


class _Starter:
    """What every load needs around it: engines, a report, progress, the lake of a dry run."""

    def __init__(
        self,
        lake: Lake,
        settings: LakeSettings,
        say: Say,
        *,
        verbose: bool,
        session: "SparkSession | None",
    ) -> None:
        self._lake = lake
        self._settings = settings
        self._say = say
        self._verbose = verbose
        self._session = session

    def run(
        self, load: Callable[..., Outcome], request: AnyLoad, *, name: str | None = None
    ) -> Outcome:
        """Run a load and tell its notes and warnings; `name` is that of the report."""
        reporter = LoadReporter(
            self._lake, name or request.name, request.report, is_dry_run=request.dry_run
        )
        progress = ProgressLine(self._say)
        opener = EngineOpener(
            self._settings, session=self._session, verbose=self._verbose, on_progress=progress
        )
        with (
            opener,
            _telling_of_new(self._lake, self._say),
            _target(self._lake, is_dry_run=request.dry_run) as target,
        ):
            outcome = load(
                target,
                request,
                open_engines=opener.open,
                reporter=reporter,
                block_bytes=self._settings.block_bytes,
                on_step=show_steps(self._say, progress, verbose=self._verbose),
            )
        if request.dry_run and outcome.plan is None:
            # What stands already is recognised before anything is written, in a dry run too.
            outcome = outcome.planned(request.name)
        for note in outcome.notes:
            self._say(f"note: {note}")
        if outcome.findings:
            self._say(reporter.text(outcome.findings))
        return outcome


@contextmanager
def _telling_of_new(lake: Lake, say: Say) -> Iterator[None]:
    """Say that a lake was made where there was none: a name may have been mistyped.

    Raises:
        UsageError: No lake can be made there.
        BrokenPinError: What lies there has lost its registry.
    """
    require_place_for_lake(lake.root)
    is_new = not lake.is_there
    try:
        yield
    finally:
        if is_new and lake.is_there:
            say(describe_new_lake(lake.root))


class EngineOpener:
    """Opens the engines of a load when they are needed, and stops what it started."""

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
        runner = self._spark_runner(spark)
        if input_bytes <= EMBEDDED_BYTES:
            return LoadEngines(runner=runner, engine=checking_engine(lake))
        return LoadEngines(runner=runner, engine=spark_engine(lake, spark))

    def _spark_runner(self, spark: "SparkSession") -> SparkTaskRunner:
        from apollo_spark.runtime.session import count_tasks, tuple_adder

        make: Callable[..., SparkTaskRunner] = SparkTaskRunner
        if self._settings.writer == "dataframe":
            make = partial(TileRowsRunner, adder=lambda: tuple_adder(spark))
        return make(spark, count_done=lambda: count_tasks(spark), on_progress=self._on_progress)

    def _start(self, input_bytes: int) -> "SparkSession":
        from apollo_spark.runtime.session import open_session

        spark = self._settings.spark
        quick = spark.quick and input_bytes <= QUICK_BYTES
        self._started = open_session(
            spark.model_copy(update={"quick": quick}), verbose=self._verbose
        )
        return self._started


@contextmanager
def _target(lake: Lake, *, is_dry_run: bool) -> Iterator[Lake]:
    """Give the lake, or for a dry run one that is thrown away."""
    if not is_dry_run:
        yield lake
        return
    with tempfile.TemporaryDirectory(prefix="apollo-dry-run-") as folder:
        yield open_lake(folder)


def show_steps(say: Say, progress: ProgressLine, *, verbose: bool) -> OnStep:
    """Return a function that prints each step with the seconds since the start.

    Steps of single tables are many and short: only `verbose` shows them.
    """
    start = time.monotonic()

    def show(name: str) -> None:
        progress.restart()
        if name.startswith(STEPS_OF_TABLES) and not verbose:
            return
        say(f"{time.monotonic() - start:6.1f} s  {name}")

    return show
