"""Steps of a verb as lines for a person."""

import time
from collections.abc import Callable

from apollo_spark.engines.tasks import ProgressLine
from apollo_spark.lake.publishing import OnStep

STEPS_OF_TABLES = ("prepare ", "commit ", "pin ")


def show_steps(say: Callable[[str], None], progress: ProgressLine, *, verbose: bool) -> OnStep:
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
