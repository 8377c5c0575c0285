"""Extensions by rows whose steps are watched, and what the files of a table say of themselves."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import RowsReceipt
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.verbs.table import perform
from apollo_spark.workers.files.lines import line_of_row, load_runs
from tests.support.contexts import loading
from tests.support.loading import run_load
from tests.support.study import Study

WHOLE_FILE = 1 << 20
ONE_ROW = 8
"""Small enough to give every row a file of its own."""
FileState = tuple[int, int, int]
"""Inode, size and time of change of a file."""


def study_of_rows(folder: Path) -> Study:
    """Load the small study, with an entity without key; almost every row has its own file."""
    made = Study(folder)
    made.replace(
        "data_dictionary.csv",
        "passport,passport_id,string,local",
        "note,of_patient,string,,,,,,,,,,patient:patient_id,many_to_one,Of,\n"
        "note,text,string,,,,,,,,,,,,Text,\n"
        "passport,passport_id,string,local",
    )
    made.write("note.csv", "of_patient,text\nP1,first\nP1,first\nP2,second\n")
    made.data.append("note=note.csv")
    run_load(made, block_bytes=ONE_ROW)
    return made


def give(
    study: Study,
    *,
    data: str = "",
    delete: str = "",
    name: str = "study",
    policy: str = "",
    block_bytes: int = WHOLE_FILE,
    on_step: OnStep = no_step,
) -> Outcome[Any]:
    """Extend by `ENTITY=FILE` of rows and of keys, files of the study's folder."""
    lake = open_lake(str(study.lake))
    request = ClinicalExtension(
        name=name,
        data=_pairs(study, data),
        delete=_pairs(study, delete),
        mode="rows",
        policy=str(study.write("policy.yaml", policy)) if policy else None,
    )
    context = loading(lake, on_step, runner=LocalTaskRunner(2), block_bytes=block_bytes)
    return perform(context, request)


def _pairs(study: Study, given: str) -> tuple[tuple[str, str], ...]:
    entity, _, file = given.partition("=")
    return ((entity, str(study.folder / file)),) if given else ()


def counts(outcome: Outcome) -> dict[str, int]:
    """Return the counts of a receipt that are not zero."""
    assert isinstance(outcome.receipt, RowsReceipt)
    found = outcome.receipt.model_dump(exclude={"operation", "entity", "findings"})
    return {name: each for name, each in found.items() if each}


def pin(study: Study, reference: str, table: str) -> TablePin:
    """Return a pin of a version."""
    return open_lake(str(study.lake)).load_record(parse_reference(reference)).pin_of(table)


def files(study: Study, reference: str, table: str) -> set[str]:
    """Return the names of the files of a table of a version."""
    lake: Lake = open_lake(str(study.lake))
    return {Path(each).name for each in lake.tables.files(pin(study, reference, table))}


def states(folder: Path) -> dict[str, FileState]:
    """Return every data file under a folder, with what changes when it is written."""
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        if "_delta_log" not in path.parts:
            stat = path.stat()
            found[str(path.relative_to(folder))] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    return found


def origins(study: Study, reference: str, table: str, key: str) -> dict[Any, tuple[str, int]]:
    """Return, by key, the name of the input file and the line that each row says it is from."""
    lake = open_lake(str(study.lake))
    found = {}
    for path in lake.tables.files(pin(study, reference, table)):
        rows = pq.read_table(path)
        texts = rows.schema.metadata
        source = Path(json.loads(texts[b"apollo.source"])["file"]).name
        runs = load_runs(texts[b"apollo.lines"].decode())
        for number, value in enumerate(rows[key].to_pylist()):
            found[value] = (source, line_of_row(runs, number))
    return found
