"""Loads in processes of their own, which kill themselves at a step or wait at it.

python -m tests.support.crashing FOLDER LAKE DATA STEP
"""

import subprocess
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from apollo_spark.errors import ApolloError
from tests.support.apart import die, run_apart
from tests.support.loading import do_at, run_load
from tests.support.study import Study

CHECKOUT = Path(__file__).parents[2]


def start_load(study: Study, step: str) -> "subprocess.Popen[str]":
    """Start the load of a study in another process, which waits at a step for a line."""
    words = (str(study.folder), str(study.lake), ",".join(study.data), step)
    command = [sys.executable, "-m", "tests.support.crashing", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=CHECKOUT, text=True, stdin=pipe, stdout=pipe)


def kill_at(study: Study, step: str) -> ForkServerProcess:
    """Load in a process that is killed at a step; return it when it is dead."""
    return run_apart(_die_at, study, step)


def _die_at(study: Study, step: str) -> None:
    run_load(study, on_step=do_at(step, die))


def main(folder: str, lake: str, data: str, step: str) -> int:
    """Load as told and return the exit code of the command."""

    def watch(name: str) -> None:
        if name != step:
            return
        print("waiting", flush=True)
        sys.stdin.readline()

    study = Study.reopen(Path(folder), lake=Path(lake), data=data.split(","))
    try:
        outcome = run_load(study, on_step=watch)
    except ApolloError as error:
        print(error)
        return error.exit_code
    print(*outcome.published, *outcome.current)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
