"""The file of `rebase --map`: what fields are called in what a record is moved to."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from apollo_spark.errors import BrokenPinError, InputFileError, NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.repeated import extended_from
from apollo_spark.sources.regular_files import UNREADABLE, read_bounded_text, say_unreadable
from apollo_spark.sources.suggest import did_you_mean

_FORM = "Each line has an old and a new name, both as entity.field."


def read_map(path: str) -> dict[str, str]:
    """Read a csv file of old and new names of fields, `entity.field` each, with a header.

    Raises:
        InputFileError: The file cannot be read as that, or names a field twice.
    """
    try:
        text = read_bounded_text(Path(path))
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except (*UNREADABLE, csv.Error) as error:
        raise InputFileError(
            f"The file of new names {path!r} cannot be read.", why=say_unreadable(error)
        ) from None
    pairs = [tuple(map(str.strip, row)) for row in rows[1:]]
    times = Counter(old for old, *_ in pairs)
    wrong = [at for at, pair in enumerate(pairs, 2) if not _is_pair(pair) or times[pair[0]] > 1]
    if wrong:
        places = ", ".join(map(str, wrong[:10]))
        raise InputFileError(
            f"The file of new names {path!r} is wrong in line {places}.",
            why=f"{_FORM} No field has two new names.",
        )
    if rows and _is_pair(tuple(map(str.strip, rows[0]))):
        raise InputFileError(
            f"The file of new names {path!r} has no header.",
            why="Its first line holds names of fields, and would not be read.",
            fix="Write old,new above it.",
        )
    if not pairs:
        raise InputFileError(f"The file of new names {path!r} holds no names.", why=_FORM)
    return {pair[0]: pair[1] for pair in pairs}


def require_known(
    names: dict[str, str],
    lake: Lake,
    records: Iterable[DatasetRecord],
    onto: Iterable[DatasetRecord],
) -> None:
    """Require that every old name is one of what is moved, and every new one of what is there then.

    Raises:
        NotFoundError: Nothing is called so.
    """
    if not names:
        return
    moved = tuple(records)
    targets = tuple(onto)
    own = _paths(lake, moved)
    try:
        before = own | _paths(lake, (x for each in moved for x in _parents(lake, each)))
    except BrokenPinError:
        # A parent that was retired and swept: nobody knows any more what it had.
        before = own.union(names)
    after = own | _paths(lake, targets)
    # What is based on its target already took the new names by the same rebase before.
    parents = {x for each in moved for x in each.lineage.parents}
    given = _paths(lake, (each for each in targets if str(each) in parents))
    lines = [
        f"  {each}{did_you_mean(each, known)}"
        for old, new in names.items()
        for each, known in ((old, before), (new, after))
        if each not in known and not (each == old and new in given)
    ]
    if lines:
        raise NotFoundError("\n".join(["The map names fields that are not there:", *lines]))


def _paths(lake: Lake, records: Iterable[DatasetRecord]) -> frozenset[str]:
    """Return the fields of records, as `entity.field`."""
    paths = (pair for each in records for pair in lake.load_dictionary(each).paths())
    return frozenset(f"{entity.name}.{spec.name}" for entity, spec in paths)


def _parents(lake: Lake, record: DatasetRecord) -> Iterator[DatasetRecord]:
    """Yield what a record, and what it grew from, was made of; retired versions too."""
    snapshot = lake.registry.snapshot()
    parents = dict.fromkeys(x for each in extended_from(lake, record) for x in each.lineage.parents)
    for each in map(parse_reference, parents):
        entries = (x for x in snapshot.versions_of(each.name) if str(x) == str(each))
        yield from (lake.registry.read_record(x, DatasetRecord) for x in entries)


def _is_pair(row: tuple[str, ...]) -> bool:
    return len(row) == 2 and all(each.count(".") == 1 for each in row)
