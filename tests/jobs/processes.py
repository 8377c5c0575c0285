"""Commands as processes of their own, with nothing of this process but its Python."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
APOLLO = (sys.executable, "-c", "from apollo_spark.cli.main import main; main()")
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For short lives of Java: the quick compiler and the plain collector."""
# What leads a process to another Python, another Spark or the settings of whoever runs the tests.
FOREIGN = ("PYTHONPATH", "SPARK_", "PYSPARK_", "APOLLO_LAKE", "APOLLO_CONF")


@dataclass(frozen=True)
class Finished:
    """What a process left behind."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The last line of stdout."""
        return self.out.strip().splitlines()[-1]


def environment(**more: str) -> dict[str, str]:
    """Return the variables of this process without the foreign ones, and some more."""
    own = {name: each for name, each in os.environ.items() if not name.startswith(FOREIGN)}
    return {**own, **more}


def finish(
    words: Sequence[object], *, folder: Path, variables: Mapping[str, str] | None = None
) -> Finished:
    """Run a command in a folder to its end."""
    done = subprocess.run(
        [str(each) for each in words],
        cwd=folder,
        env=environment() if variables is None else variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(code=done.returncode, out=done.stdout, err=done.stderr)
