"""The small study with an expression assay that is joined to its people, and what it measured."""

import csv
from io import StringIO
from pathlib import Path

from tests.support.filter_model import Measured
from tests.support.study import CommandResult, Study

E1, E2, E3 = (f"ENSG0000000000{number}" for number in (1, 2, 3))
TPM = f"feature_id,S1,S2,S3,S4\n{E1},1.5,8,3,9\n{E2},5,,7,1\n{E3},1,1,1,1\n"
COUNT = f"feature_id,S1,S2,S3,S4\n{E1},10,20,30,40\n{E2},1,,2,3\n{E3},0,0,0,0\n"
LINKS = "sample_id,patient_id\nS1,P1\nS2,P1\nS3,P2\n"
ANNOTATION = f"feature_id,symbol\n{E1},TP53\n{E2},TWIN\n{E3},TWIN\n"


def done(study: Study, *words: object) -> CommandResult:
    """Run a command that must succeed."""
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


def expressed(folder: Path) -> Study:
    """Load the study and rna, and join it: `one` has the unit tpm, `two` has count as well."""
    study = Study(folder)
    assert study.load().code == 0
    load_rna(study, "tpm", TPM, "--annotation", study.write("genes.csv", ANNOTATION))
    join_rna(study, "one")
    load_rna(study, "count", COUNT)
    join_rna(study, "two")
    return study


def load_rna(study: Study, unit: str, matrix: str, *more: object, name: str = "rna") -> None:
    """Load an assay rna as the next version of a name."""
    source = study.write(f"{unit}.csv", matrix)
    done(study, "load", "expression", name, "--assay", "rna", "--unit", unit, "--source", source,
         *more)  # fmt: skip


def join_rna(study: Study, name: str, source: str = "rna") -> None:
    """Join the newest assay of a name to the people of the study."""
    links = study.write("links.csv", LINKS)
    done(study, "merge", "assay", source, "study", "--as", name, "--assay", "rna",
         "--link-file", links)  # fmt: skip


def measured_in(matrix: str, *, without: frozenset[str] = frozenset()) -> Measured:
    """Return what a matrix says, by the ids and symbols of features.

    Args:
        matrix: The file.
        without: People who are not shown, nor their samples.
    """
    people = {each["sample_id"]: each["patient_id"] for each in _rows(LINKS)}
    symbols = {each["feature_id"]: each["symbol"] for each in _rows(ANNOTATION)}
    values = {}
    for row in _rows(matrix):
        feature = row.pop("feature_id")
        found = [
            (people.get(sample), float(value))
            for sample, value in row.items()
            if value and people.get(sample) not in without
        ]
        values["rna", feature] = values["rna", symbols[feature]] = found
    return Measured("patient", "patient_id", values)


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))
