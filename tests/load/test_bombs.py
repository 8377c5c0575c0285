"""Small files that would become large take no more memory than other refusals do.

What is told of them is in `tests/cases/bombs.py`; here a process of its own reads one of each
kind, and is asked for the most memory that it ever had.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cases.bombs import CASES
from tests.support.cases import prepare_case
from tests.support.study import LOCAL_SETTINGS, apollo

MOST_MEGABYTES = 200
"""What a refusal may take beside what `apollo list` takes."""
KINDS = (
    "a dictionary", "a dictionary of one line", "an annotation", "an annotation that is GTF",
    "an annotation whose header never ends", "the header of a data file", "a row of a matrix",
    "a linking file", "aliases of aliases", "5,000 brackets", "many keys", "a huge file",
    "JSON that is deep", "settings with aliases",
    "a header with a megabyte of blanks inside a name",
    "a megabyte of digits that is not a number",
    "a value of a matrix with a megabyte of digits that is not a number",
)  # fmt: skip
CHILD = """
import json, os, resource, sys
from apollo_spark.cli.main import run

# Who takes hours is stopped.
resource.setrlimit(resource.RLIMIT_CPU, (300, 300))

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

for folder, words in json.load(sys.stdin):
    os.chdir(folder)
    code = run(words)
    print(json.dumps([code, most()]), flush=True)
"""


Step = tuple[str, list[str]]
"""A folder, and the words that are typed there."""


def test_what_would_fill_memory_does_not(tmp_path: Path) -> None:
    cases = {each.name: each for each in CASES}
    steps: list[Step] = []
    for number, name in enumerate(KINDS):
        folder = tmp_path / str(number)
        prepare_case(cases[name], folder, apollo)
        words = ["--conf", str(LOCAL_SETTINGS), "--lake", "lake", *cases[name].command]
        steps.append((str(folder), words))
    has_lake = str(tmp_path / str(KINDS.index("JSON that is deep")))

    answers = run_apart([(has_lake, ["--lake", "lake", "list"]), *steps])

    assert [code for code, _ in answers] == [0, *(cases[name].code for name in KINDS)]
    usual = answers[0][1]
    too_much = {
        name: most - usual
        for name, (_, most) in zip(KINDS, answers[1:], strict=True)
        if most - usual > MOST_MEGABYTES
    }
    assert too_much == {}


def run_apart(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Run commands in a process of their own; return exit code and memory so far of each."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(json.loads(each)) for each in done.stdout.splitlines() if each.startswith("[")]
