"""The file of `rebase --map`: what fields and codes are called in what a record is moved to."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from apollo_spark.errors import BrokenPinError, InputFileError, NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.repeated import extended_from
from apollo_spark.records.changes.renaming import NewNames
from apollo_spark.sources.regular_files import UNREADABLE, read_bounded_text, say_unreadable
from apollo_spark.sources.suggest import did_you_mean

_FORM = "Each line has an old and a new name: entity.field, or entity.field=CODE for a code."


def read_map(path: str) -> NewNames:
    """Read a csv file of old and new names of fields and codes, with a header.

    Raises:
        InputFileError: The file cannot be read as that, or names a field or code twice.
    """
    try:
        text = read_bounded_text(Path(path))
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except (*UNREADABLE, csv.Error) as error:
        raise InputFileError(
            f"The file of new names {path!r} cannot be read.", why=say_unreadable(error)
        ) from None
    pairs = list(map(_as_pair, rows[1:]))
    times = Counter(each.old for each in pairs if each is not None)
    wrong = [at for at, pair in enumerate(pairs, 2) if pair is None or times[pair.old] > 1]
    if wrong:
        places = ", ".join(map(str, wrong[:10]))
        raise InputFileError(
            f"The file of new names {path!r} is wrong in line {places}.",
            why=f"{_FORM} None has two new names.",
        )
    if rows and _as_pair(rows[0]) is not None:
        raise InputFileError(
            f"The file of new names {path!r} has no header.",
            why="Its first line holds names of fields, and would not be read.",
            fix="Write old,new above it.",
        )
    if not pairs:
        raise InputFileError(f"The file of new names {path!r} holds no names.", why=_FORM)
    return _new_names([each for each in pairs if each is not None])


class _Pair(NamedTuple):
    """A line: fields, and codes of both where it is about a code."""

    old: tuple[str, str | None]
    new: tuple[str, str | None]


def _as_pair(row: Sequence[str]) -> _Pair | None:
    sides = [each.strip().partition("=") for each in row]
    if len(sides) != 2 or any(path.strip().count(".") != 1 for path, _, _ in sides):
        return None
    old, new = ((path.strip(), code.strip() if sign else None) for path, sign, code in sides)
    has_codes = [each[1] is not None for each in (old, new)]
    is_empty = any(each[1] == "" for each in (old, new))
    return None if is_empty or has_codes[0] != has_codes[1] else _Pair(old, new)


def _new_names(pairs: Sequence[_Pair]) -> NewNames:
    fields = {old[0]: new[0] for old, new in pairs if old[1] is None}
    codes = {
        (old[0], old[1]): new[1] for old, new in pairs if old[1] is not None and new[1] is not None
    }
    # A code of another field says what the field is called.
    moved = {old[0]: new[0] for old, new in pairs if old[1] is not None and old[0] != new[0]}
    return NewNames({**moved, **fields}, codes)


def require_known(
    names: NewNames, lake: Lake, moved: Iterable[DatasetRecord], onto: Iterable[DatasetRecord]
) -> None:
    """Require that every old name is one of what is moved, and every new one of what is there then.

    Args:
        names: The names.
        lake: Where the datasets are.
        moved: The datasets that are moved, and those that cohorts which are moved are based on.
        onto: What they are moved to.

    Raises:
        NotFoundError: Nothing is called so.
    """
    if not names.fields:
        return
    own, targets = tuple(moved), tuple(onto)
    before = _paths(lake, own)
    try:
        before |= _paths(lake, (x for each in own for x in _parents(lake, each)))
    except BrokenPinError:
        # A parent that was retired and swept: nobody knows any more what it had.
        before = before.union(names.fields)
    after = _paths(lake, own) | _paths(lake, targets)
    # What is based on its target already took the new names by the same rebase before.
    parents = {x for each in own for x in each.lineage.parents}
    given = _paths(lake, (each for each in targets if str(each) in parents))
    lines = [
        f"  {each}{did_you_mean(each, known)}"
        for old, new in names.fields.items()
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
