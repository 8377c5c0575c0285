"""The command `apollo load clinical` by threads of one process and by Spark, of growing files.

scripts/bench runners RUNS PATIENTS...: start and stop of the process included, as a person waits
for them. Where the two lines cross is the size below which `runner: auto` takes threads.
"""

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from clinical import write_study
from measuring import measure, report

APOLLO = Path(sys.executable).with_name("apollo")


def load(study: Path, runner: str, target: Path) -> None:
    """Load the study in a process of its own."""
    conf = target / "conf.yaml"
    conf.write_text(f"runner: {runner}\n")
    words = ["load", "clinical", "study", "--dictionary", study / "data_dictionary.csv"]
    words += ["--codings", study / "codings.csv"]
    words += [f"--data={each}={study / each}.csv" for each in ("patient", "visit")]
    command = [APOLLO, "--lake", target / "lake", "--conf", conf, *words]
    subprocess.run([str(each) for each in command], check=True, capture_output=True)


def main() -> None:
    """Print one object a size."""
    runs, sizes = int(sys.argv[1]), [int(each) for each in sys.argv[2:]]
    for patients in sizes:
        with tempfile.TemporaryDirectory() as folder:
            study, scratch = Path(folder, "study"), Path(folder, "scratch")
            study.mkdir()
            scratch.mkdir()
            write_study(study, patients)
            size = sum(each.stat().st_size for each in study.iterdir())
            sides = {each: partial(load, study, each) for each in ("local", "spark")}
            seconds = measure(sides, runs=runs, scratch=scratch)
            print(json.dumps(report(seconds, base="local", megabytes=size >> 20)), flush=True)


if __name__ == "__main__":
    main()
