"""Extensions and compactions in processes of their own, which kill themselves at a step.

python -m tests.support.dying LAKE NUMBER [SOURCE]
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from apollo_spark.lake.publishing import OnStep
from tests.support.growing import extend, fold

CHECKOUT = Path(__file__).parents[2]


def die_in(root: Path, number: int, source: Path | None) -> int:
    """Extend by a source, or compact without one, and die at the step of this number.

    Returns:
        The exit code; below zero is the signal.
    """
    words = [str(root), str(number), *([str(source)] if source else [])]
    command = [sys.executable, "-m", "tests.support.dying", *words]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def kill_at(number: int) -> OnStep:
    """Return a step watcher that ends the process at the step of this number, from 0."""
    left = [number]

    def watch(_: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return watch


def main(root: str, number: str, source: str = "") -> None:
    """Do as told."""
    if source:
        extend(Path(root), Path(source), on_step=kill_at(int(number)))
    else:
        fold(Path(root), on_step=kill_at(int(number)))


if __name__ == "__main__":
    main(*sys.argv[1:])
