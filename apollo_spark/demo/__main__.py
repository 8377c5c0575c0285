"""Generate the lung study, load it, show it, and ask three questions: the tour in one command."""

import argparse
import csv
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from apollo_spark.cli.main import run
from apollo_spark.cli.terminal import show
from apollo_spark.demo.data import DATA_FILES, STUDY, write_demo
from apollo_spark.demo.questions import codes_under, count_by, mean_by

BRANCH = "LA"
BY_SPARK = """
All of it ran in one process, without Java. On Spark: scripts/setup installs Spark and Java into the
same .venv, and the same commands with --conf conf/spark.yaml, or from spark-submit, load with it.
Rows and hashes are the same. apollo doctor --load-size 5GB says who would run a load, and why."""


class StepFailedError(Exception):
    """A command of the tour ended with another exit code than 0."""


class Tour:
    """Runs commands on one lake, each printed as it would be typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = str(folder / "lake")

    def run(self, *arguments: str) -> None:
        """Print a command, then run it here rather than in a new process, which starts slower."""
        typed = shlex.join([_command(), "--lake", self.lake, *arguments])
        show(f"\n$ {typed}")
        if (code := run(["--lake", self.lake, *arguments])) != 0:
            raise StepFailedError(code)

    def extract(self, answer: str, *fields: str, values: str) -> list[dict[str, str]]:
        """Extract fields into a csv file and return its rows."""
        file = self.folder / "answers" / answer
        file.parent.mkdir(parents=True, exist_ok=True)
        wanted = ("--fields", ",".join(fields), "--values", values)
        self.run("extract", "fields", STUDY, *wanted, "-o", str(file), "--force")
        with file.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))


def generate(folder: Path, release: int) -> Path:
    """Write the files of a release and return their folder."""
    target = folder / "data" / f"release_{release}"
    show(f"Writing the invented study {STUDY}, release {release}, to {target}")
    write_demo(target, release=release)
    return target


def load(tour: Tour, source: Path) -> None:
    """Load the files; files that are loaded already are only recognised."""
    dictionaries = ("dictionary", "codings", "entities")
    files = ("data_dictionary.csv", "codings.csv", "entity_dictionary.csv")
    options = [f"--{each}={source / file}" for each, file in zip(dictionaries, files, strict=True)]
    data = [f"--data={entity}={source / file}" for entity, file in DATA_FILES.items()]
    tour.run("load", "clinical", STUDY, *options, *data)


def ask(tour: Tour) -> None:
    """Answer two questions by the command line and one by Python."""
    show("\nHow many patients are there by smoking and sex?")
    fields = ("patient.patient_id", "patient.sex", "patient.smoking_status")
    rows = tour.extract("smoking.csv", *fields, values="decoded")
    show(count_by(rows, "patient.smoking_status", "patient.sex"))

    show("\nWhat is the mean FEV1, in litres, at each visit? Codes such as -1 are not litres.")
    rows = tour.extract("fev1.csv", "visit.visit_number", "visit.fev1_l", values="exclude-sparse")
    show(mean_by(rows, "visit.visit_number", "visit.fev1_l"))

    show("\nHow many patients have any disease of the airways?")
    show(count_with_branch(tour.lake, BRANCH))


def count_with_branch(lake: str, branch: str) -> str:
    """Count, by the Python interface, patients with a diagnosis under a branch of the tree."""
    from apollo_spark import open_lake

    show(f'\n>>> open_lake("{lake}").dataset("{STUDY}").retrieve_fields(...)')
    dataset = open_lake(lake).dataset(STUDY)
    fields = ["patient.main_diagnosis", "patient.other_diagnoses"]
    rows = dataset.retrieve_fields(fields, to="arrow").to_pylist()
    coding = dataset.coding("diagnosis")
    wanted = codes_under(coding.parents, branch)
    sick = sum(not wanted.isdisjoint([row[fields[0]], *(row[fields[1]] or ())]) for row in rows)
    return f"{sick} of {len(rows)} have a diagnosis under {branch} ({coding.meanings[branch]})."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tour and return the exit code of the first command that failed, or 0."""
    parser = argparse.ArgumentParser(prog="python -m apollo_spark.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("apollo_demo"), help="where to write")
    parser.add_argument("--release", type=int, choices=(1, 2), default=1, help="2: a year later")
    options = parser.parse_args(arguments)
    tour = Tour(options.folder)
    try:
        load(tour, generate(options.folder, options.release))
        tour.run("show", STUDY)
        ask(tour)
        show(BY_SPARK)
    except StepFailedError as failed:
        return int(failed.args[0])
    return 0


def _command() -> str:
    """Return the command as it can be typed here: the one of the running environment, if any."""
    beside = Path(sys.executable).with_name("apollo")
    return os.path.relpath(beside) if beside.exists() else "apollo"


if __name__ == "__main__":
    sys.exit(main())
