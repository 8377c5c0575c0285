"""Who acts in tests: nobody listens but a function that is called at each step."""

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.tasks import LocalTaskRunner, TaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.operations.context import Context, Listener
from apollo_spark.operations.engines import LoadEngines, OpenEngines
from apollo_spark.runtime.settings import LakeSettings

WHOLE_FILE = 1 << 20


def stepping(lake: Lake, on_step: OnStep = no_step) -> Context:
    """Return who acts on a lake, watched at every step."""
    return Context(lake, listener=Listener(on_step=on_step))


def loading(
    lake: Lake,
    on_step: OnStep = no_step,
    *,
    runner: TaskRunner | None = None,
    block_bytes: int = WHOLE_FILE,
    max_columns: int = 400,
    engines: OpenEngines | None = None,
) -> Context:
    """Return who loads into a lake with one thread, or what is given, watched at every step."""

    def open_engines(lake: Lake, _: int) -> LoadEngines:
        return LoadEngines(runner or LocalTaskRunner(1), EmbeddedEngine(lake.tables, threads=1))

    # Blocks of tests are smaller than those that settings allow.
    sizes = {"block_bytes": block_bytes, "max_columns": max_columns}
    return Context(
        lake,
        settings=LakeSettings().model_copy(update=sizes),
        listener=Listener(on_step=on_step),
        engines=engines or open_engines,
    )
