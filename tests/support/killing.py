"""Commands in processes of their own, which kill themselves at a step of what they publish.

python -m tests.support.killing NUMBER WORD...
"""

import subprocess
import sys

from tests.support.dying import CHECKOUT, kill_at
from tests.support.study import apollo
from tests.support.watching import watched


def die_in_command(number: int, *words: object) -> int:
    """Run a command in a process that dies at the step of this number, from 0.

    Returns:
        The exit code; below zero is the signal.
    """
    command = [sys.executable, "-m", "tests.support.killing", str(number), *map(str, words)]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def main(number: str, *words: str) -> int:
    """Do as told."""
    with watched(kill_at(int(number))):
        return apollo(*words).code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
