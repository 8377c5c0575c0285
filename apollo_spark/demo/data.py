"""Write the lung study: its dictionaries and its data files."""

import csv
import gzip
import io
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from apollo_spark.demo.dictionary import (
    CODING_COLUMNS,
    DICTIONARY_COLUMNS,
    ENTITY_COLUMNS,
    build_dictionary,
    code_rows,
    entity_rows,
    field_headers,
    field_names,
)
from apollo_spark.demo.people import (
    HOSPITALS,
    LAST_DAYS,
    Patient,
    Row,
    build_medications,
    build_patient,
)
from apollo_spark.demo.visits import build_labs, build_visits
from apollo_spark.errors import UsageError

STUDY = "lung_study"
DATA_FILES = {
    "patient": "patient.csv",
    "hospital": "hospital.csv",
    "visit": "visit.csv.gz",
    "lab": "lab",
    "medication": "medication.tsv",
}
GROWTH_OF_RELEASE_2 = 0.2


def write_demo(folder: Path, *, seed: int = 7, patients: int = 500, release: int = 1) -> None:
    """Write the study's dictionaries and data files, overwriting those of an earlier call.

    The same arguments give the same text on every machine. Release 2 is a year later: it has the
    rows of release 1, more patients and visits, and one field more.

    Args:
        folder: The folder to write into; it is made.
        seed: Names the random numbers.
        patients: The number of patients of release 1.
        release: 1 or 2.

    Raises:
        UsageError: There is no such release, or no patient.
    """
    if release not in LAST_DAYS or patients < 1:
        raise UsageError("A demonstration study has release 1 or 2 and at least one patient.")
    folder.mkdir(parents=True, exist_ok=True)
    _write_dictionaries(folder, release)
    people = _build_patients(seed=seed, planned=patients, release=release)
    visits = [(each, build_visits(each, seed=seed, release=release)) for each in people]
    labs = [
        lab
        for patient, rows in visits
        for visit in rows
        for lab in build_labs(patient, visit, seed=seed)
    ]
    middle = len(labs) // 2
    for file, entity, content in (
        ("patient.csv", "patient", [each.row for each in people]),
        ("hospital.csv", "hospital", HOSPITALS),
        ("visit.csv.gz", "visit", [row for _, rows in visits for row in rows]),
        ("medication.tsv", "medication", _build_medications(people, seed=seed, release=release)),
        ("lab/part_1.csv", "lab", labs[:middle]),
        ("lab/part_2.csv", "lab", labs[middle:]),
    ):
        _write(folder / file, entity, content, release)


def _build_patients(*, seed: int, planned: int, release: int) -> list[Patient]:
    last = LAST_DAYS[release]
    count = planned if release == 1 else planned + int(planned * GROWTH_OF_RELEASE_2)
    numbers = range(1, count + 1)
    people = (build_patient(number, seed=seed, planned=planned) for number in numbers)
    return [each for each in people if each.enrolled_on <= last]


def _build_medications(people: list[Patient], *, seed: int, release: int) -> list[Row]:
    return [row for each in people for row in build_medications(each, seed=seed, release=release)]


def _write_dictionaries(folder: Path, release: int) -> None:
    for name, columns, rows in (
        ("data_dictionary.csv", DICTIONARY_COLUMNS, build_dictionary(release)),
        ("codings.csv", CODING_COLUMNS, code_rows()),
        ("entity_dictionary.csv", ENTITY_COLUMNS, entity_rows()),
    ):
        cells = ([row.get(column, "") for column in columns] for row in rows)
        (folder / name).write_bytes(_to_bytes(columns, cells, ","))


def _write(path: Path, entity: str, rows: Iterable[Row], release: int) -> None:
    names = field_names(entity, release)
    cells = ([_to_text(row[name]) for name in names] for row in rows)
    delimiter = "\t" if path.suffix == ".tsv" else ","
    content = _to_bytes(field_headers(entity, release), cells, delimiter)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(_compress(content) if path.suffix == ".gz" else content)


def _to_bytes(header: Iterable[str], rows: Iterable[list[str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _compress(content: bytes) -> bytes:
    """Compress without time or name, so that equal content gives an equal file."""
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as target:
        target.write(content)
    return stream.getvalue()


def _to_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%dT%H:%M:%SZ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
