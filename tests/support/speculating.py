"""A load whose first attempt at one task hangs after it wrote its file, in a process of its own.

python -m tests.support.speculating LAKE SOURCE MARKS MASTER
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.assays.expression.tasks.tiles.spec import MatrixTask
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.tasks import SparkTaskRunner
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.engines import LoadEngines
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import SMALL_WORK, SessionSettings
from apollo_spark.verbs.table import perform
from tests.jobs.processes import QUICK_JAVA
from tests.support.contexts import loading

BLOCK_BYTES = 65_536
SLOW = "part-00000-00001"
FOREVER = 600.0
SPECULATE = {
    "spark.speculation": "true",
    "spark.speculation.interval": "100ms",
    "spark.speculation.multiplier": "1.5",
    "spark.speculation.quantile": "0.5",
}


@dataclass(frozen=True)
class SlowFirst:
    """Does a task, notes the attempt, and hangs if it is the first at the task that is slow.

    Tasks that write no tiles, such as those that count fields, are only done.
    """

    function: Callable[[Any], dict[str, Any]]
    marks: str

    def __call__(self, task: Any) -> dict[str, Any]:
        result = self.function(task)
        if not isinstance(task, MatrixTask):
            return result
        folder = Path(self.marks) / task.target.name
        is_first = not folder.exists()
        folder.mkdir(exist_ok=True)
        (folder / uuid4().hex).touch()
        if is_first and task.target.name == SLOW:
            time.sleep(FOREVER)
        return result


@dataclass(frozen=True)
class SlowRunner:
    """Spark's tasks, one of them slow at first."""

    runner: SparkTaskRunner
    marks: str

    def run(self, function: Callable[[Any], dict[str, Any]], items: Sequence[Any]) -> list[Any]:
        return self.runner.run(SlowFirst(function, self.marks), items)


def request(source: str, name: str) -> ExpressionLoad:
    return ExpressionLoad(name=name, assay="rna", unit="count", sources=(source,))


def main(root: str, source: str, marks: str, master: str) -> None:
    """Load as `of_spark`."""
    options = (*SMALL_WORK, *SPECULATE.items(),
               ("spark.executorEnv.PYTHONPATH", str(Path(__file__).parents[2])),
               ("spark.executor.extraJavaOptions", QUICK_JAVA),
               ("spark.executor.memory", "512m"), ("spark.executor.cores", "1"))  # fmt: skip
    lake = open_lake(root)
    spark = open_session(SessionSettings(master=master, driver_memory="512m", options=options))
    engines = LoadEngines(
        runner=SlowRunner(SparkTaskRunner(spark), marks), engine=EmbeddedEngine(lake.tables)
    )
    try:
        context = loading(lake, block_bytes=BLOCK_BYTES, engines=lambda *_: engines)
        perform(context, request(source, "of_spark"))
    finally:
        close_session(spark)


if __name__ == "__main__":
    main(*sys.argv[1:])
