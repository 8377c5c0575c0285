"""Run as a process: publish the second version of a study, and die at a step or wait at it.

python -m tests.unit.lake.crashing LAKE STEP [die|wait]
"""

import os
import signal
import sys

from apollo_spark.errors import ApolloError
from apollo_spark.lake.lake import open_lake
from tests.unit.lake.small_lake import SECOND, publish


def main(uri: str, step: str, deed: str) -> int:
    def watch(name: str) -> None:
        if name != step:
            return
        if deed == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        print("waiting", flush=True)
        sys.stdin.readline()

    try:
        print(publish(open_lake(uri), SECOND, on_step=watch))
    except ApolloError as error:
        print(error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
