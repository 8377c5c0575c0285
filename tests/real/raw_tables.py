"""Raw files as tables of SQLite, which shares no code with the product: every cell is text."""

import calendar
import csv
import gzip
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def raw_tables(
    folder: Path, files: Mapping[str, str], asked: Iterable[str]
) -> Iterator[sqlite3.Connection]:
    """Give a database with one table a file and the columns that are asked for.

    An empty cell is missing.
    """
    words = {word.lower() for each in asked for word in re.findall(r"\w+", each)}
    connection = sqlite3.connect(":memory:")
    connection.create_function("months_later", 2, months_later)
    for name, file in files.items():
        opener = gzip.open if file.endswith(".gz") else open
        with opener(folder / file, "rt", newline="", encoding="utf-8") as stream:  # type: ignore[operator]
            header, *rows = csv.reader(stream)
        places = [at for at, each in enumerate(header) if each.lower() in words]
        columns = ", ".join(f'"{header[at].lower()}"' for at in places)
        connection.execute(f"CREATE TABLE {name}({columns})")
        marks = ", ".join("?" * len(places))
        cells = ([row[at] or None for at in places] for row in rows)
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", cells)
    try:
        yield connection
    finally:
        connection.close()


def count(connection: sqlite3.Connection, people: str, condition: str) -> int:
    """Count the people, who are `p`, of whom a condition is true."""
    statement = f"SELECT count(*) FROM {people} p WHERE coalesce({condition}, 0)"
    return int(connection.execute(statement).fetchone()[0])


def months_later(day: str | None, months: int) -> str | None:
    """Return a day some months later, at most the last one of that month."""
    if day is None:
        return None
    year, month, number = (int(each) for each in day[:10].split("-"))
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    return f"{year:04}-{month:02}-{min(number, calendar.monthrange(year, month)[1]):02}"
