"""A small lake with every kind of record, kept as each released format wrote it.

`tests/examples/lake_VERSION.tar.gz` was made by `make_example` of that version; the answers beside
it are what every later version must read from it.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

from apollo_spark.api.lake import open_lake
from tests.support.study import Study

EXAMPLES = Path(__file__).parent.parent / "examples"
MATRIX = """\
feature_id,S1,S2,S3,S4
ENSG00000141510,812,1034,655,3
ENSG00000139618,41,,17,0
"""
LINKS = "sample_id,patient_id\nS1,P1\nS2,P2\nS3,P3\nS4,P4\n"
RISKS = "patient_id,risk\nP1,0.25\nP2,0.5\nP3,0.75\nP4,1\n"
NEW_VISIT = "visit_id,patient_id,seen,symptoms,note\n5,P4,2022-01-01T00:00:00Z,R2,late\n"


def make_example(folder: Path) -> Path:
    """Make the lake under a folder: loads, growth, merges, views, a withdrawal, a retirement."""
    study = Study(folder)

    def do(*words: object) -> None:
        result = study.ask(*words)
        assert result.code == 0, result.err

    def file(name: str, text: str) -> Path:
        return study.write(name, text)

    assert study.load().code == 0
    do("extend", "study", "--data", f"patient={file('risks.csv', RISKS)}")
    do("extend", "study", "--mode", "rows", "--data", f"visit={file('new.csv', NEW_VISIT)}")
    do("load", "expression", "rna", "--assay", "rna", "--unit", "count",
       "--source", file("matrix.csv", MATRIX))  # fmt: skip
    do("merge", "assay", "rna", "study", "--as", "both", "--assay", "rna",
       "--link-file", file("links.csv", LINKS))  # fmt: skip
    do("view", "both", "--as", "women", "--rows", 'patient.sex = "F"',
       "--entities", "patient,visit", "--assays", "rna")  # fmt: skip
    do("view", "study", "--as", "coughing", "--fields", "patient.weight",
       "--rows", 'exists(visit: visit.symptoms any of ("R1"))')  # fmt: skip
    do("withdraw", file("gone.csv", "patient_id\nP3\n"), "--of", "study.patient", "--apply")
    do("retire", "study@1")
    return study.lake


def open_example(version: str, folder: Path) -> Path:
    """Unpack a kept lake into a folder and return its root."""
    with tarfile.open(EXAMPLES / f"lake_{version}.tar.gz") as packed:
        packed.extractall(folder, filter="data")
    return folder / "lake"


def answers_of_example(root: Path) -> dict[str, Any]:
    """Return all rows, samples and values that each unretired version of a lake shows."""
    lake = open_lake(str(root))
    found: dict[str, Any] = {}
    for name in ("study@2", "study@3", "rna@1", "both@1", "women@1", "coughing@1"):
        dataset = lake.dataset(name)
        rows = {
            each.name: sorted(each.retrieve_fields().to_pylist(), key=str)
            for each in dataset.entities
        }
        values = {
            each.name: dataset.assay(each.name).matrix(to="arrow").to_pylist()
            for each in dataset.assays
        }
        found[name] = json.loads(json.dumps({"rows": rows, "values": values}, default=str))
    return found


def kept_answers(version: str) -> dict[str, Any]:
    """Return what the lake of that version answered when it was made."""
    text = (EXAMPLES / f"lake_{version}.json").read_text()
    answers: dict[str, Any] = json.loads(text)
    return answers
