"""Publish the second version of a study in a process, and die at a step or wait at it.

python -m tests.unit.lake.crashing LAKE STEP
"""

import sys
from collections.abc import Callable

from apollo_spark.errors import ApolloError
from apollo_spark.lake.lake import open_lake
from tests.unit.lake.small_lake import SECOND, publish


def publish_until(uri: str, step: str, act: Callable[[], object]) -> int:
    """Publish, and act before each step of this name."""

    def watch(name: str) -> None:
        if name == step:
            act()

    try:
        print(publish(open_lake(uri), SECOND, on_step=watch))
    except ApolloError as error:
        print(error)
        return error.exit_code
    return 0


def wait() -> None:
    """Wait until a line comes."""
    print("waiting", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    sys.exit(publish_until(sys.argv[1], sys.argv[2], wait))
