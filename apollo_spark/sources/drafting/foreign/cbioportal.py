"""The comment lines above the header of cBioPortal's clinical files: titles, descriptions, types.

Line by line they are the titles, the descriptions, the types (STRING, NUMBER, BOOLEAN) and the
priorities of the columns; the header has the names.
"""

import gzip
from itertools import islice
from pathlib import Path

from apollo_spark.errors import DictionaryError
from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.sources.drafting.foreign.collected import Collected, Reference
from apollo_spark.sources.drafting.names import entity_word
from apollo_spark.sources.inference.fields import make_names
from apollo_spark.sources.regular_files import say_unreadable

PATIENT, SAMPLE = "patient", "sample"
KEYS = {PATIENT: "PATIENT_ID", SAMPLE: "SAMPLE_ID"}
LINES = 5
"""Those above the rows, the header among them."""
TYPES = {"number": FieldType.FLOAT}
MISSING = (
    "NA", "N/A", "na", "[Not Available]", "[Not Applicable]", "[Pending]", "[Discrepancy]",
    "[Completed]", "[Null]",
)  # fmt: skip
"""What means missing in such files."""
_NO_CODINGS: tuple[Coding, ...] = ()


def read_cbioportal(files: tuple[str, ...]) -> Collected:
    """Return the fields of clinical files of patients and of samples.

    Raises:
        DictionaryError: A file cannot be read, or has not these lines.
    """
    fields, keys = {}, {}
    for each in files:
        titles, descriptions, types, header = _read_top(each)
        entity = SAMPLE if KEYS[SAMPLE] in header else entity_word(Path(each).name)
        names = make_names(header, ())
        fields[entity] = [
            FieldSpec(
                name=names[column],
                type=TYPES.get(type_.lower(), FieldType.STRING),
                title=title or None,
                description=description or None,
                source_column=None if names[column] == column else column,
            )
            for column, title, description, type_ in zip(
                header, titles, descriptions, types, strict=True
            )
        ]
        if entity in KEYS and KEYS[entity] in header:
            keys[entity] = KEYS[entity]
    references = (Reference(each, KEYS[PATIENT], PATIENT) for each in fields if each != PATIENT)
    return Collected(fields, keys, _NO_CODINGS, PATIENT, tuple(references))


def _read_top(name: str) -> tuple[tuple[str, ...], ...]:
    """Return titles, descriptions, types and names of the columns of a file."""
    path = Path(name)
    try:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as stream:
            lines = [line.rstrip("\r\n") for line in islice(stream, LINES)]
    except (OSError, UnicodeDecodeError, EOFError) as error:
        why = say_unreadable(error) if isinstance(error, OSError) else "it is not text"
        raise DictionaryError(f"{name} cannot be read: {why}.") from None
    cells = [tuple(line.removeprefix("#").split("\t")) for line in lines]
    is_whole = len(lines) == LINES and len({len(each) for each in cells}) == 1
    if not is_whole or [line[:1] == "#" for line in lines] != [True] * (LINES - 1) + [False]:
        raise DictionaryError(
            f"{name} does not begin as a clinical file of cBioPortal.",
            why="Above the header are four lines that begin with '#', with as many columns.",
        )
    return cells[0], cells[1], cells[2], cells[4]
