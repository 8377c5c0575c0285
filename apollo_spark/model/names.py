"""Names: what a dataset, an entity and a field may be called, and how a version is named."""

import re
from datetime import datetime, timedelta, timezone
from typing import Annotated

from pydantic import Field

from apollo_spark.errors import UsageError
from apollo_spark.model.base import Record

DATASET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,254}\Z")
MEMBER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}\Z")

DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,254}$")]
MemberName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,254}$")]

# Words that open or join SQL clauses. Names are always quoted, but a table called "select" is a
# trap for everybody who later types SQL by hand, and the original refuses such names too.
STOPWORDS = frozenset(
    {
        "all", "and", "any", "as", "between", "by", "case", "cross", "delete", "distinct",
        "drop", "else", "except", "exists", "false", "from", "full", "group", "having", "in",
        "inner", "insert", "intersect", "into", "is", "join", "left", "like", "natural", "not",
        "null", "on", "or", "order", "outer", "right", "select", "set", "table", "then", "true",
        "union", "update", "using", "values", "when", "where", "with",
    }
)  # fmt: skip


def find_name_problem(name: str) -> str | None:
    """Say why an entity or field may not be called so, or return None."""
    if not name:
        return "the name is empty"
    if len(name) > 255:
        return "the name is longer than 255 characters"
    if not MEMBER_NAME.match(name):
        return "a name starts with a letter and has only letters, digits and underscores"
    if name.lower() in STOPWORDS:
        return "the name is a reserved word of SQL"
    return None


def require_dataset_name(name: str) -> str:
    """Return a legal dataset name unchanged.

    Raises:
        UsageError: The name is not a letter followed by letters, digits, '_' or '-'.
    """
    if not DATASET_NAME.match(name):
        raise UsageError(
            f"{name!r} cannot be the name of a dataset.",
            why="A name is a letter, then letters, digits, '_' or '-', at most 255 in all.",
        )
    return name


class RecordReference(Record):
    """A record as people name it: `NAME`, `NAME@3` or `NAME@2026-03-01`."""

    name: str
    version: int | None = None
    before: datetime | None = None

    def __str__(self) -> str:
        """Return the reference as it is typed."""
        if self.version is not None:
            return f"{self.name}@{self.version}"
        return f"{self.name}@{self.before.isoformat()}" if self.before else self.name


def parse_reference(text: str) -> RecordReference:
    """Read `NAME`, `NAME@VERSION` or `NAME@DATE`.

    A date without time means the last moment of that day in UTC, so that `NAME@2026-03-01` is
    the version published last on or before that day.

    Raises:
        UsageError: The text is none of these.
    """
    name, _, version = text.partition("@")
    require_dataset_name(name)
    if "@" not in text:
        return RecordReference(name=name)
    if version.isascii() and version.isdigit() and len(version) < 10 and int(version) > 0:
        return RecordReference(name=name, version=int(version))
    try:
        moment = datetime.fromisoformat(version.replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(
            f"{text!r} names no version.", why="After '@' comes a number or a date (YYYY-MM-DD)."
        ) from None
    if len(version) == len("2026-03-01"):
        moment += timedelta(days=1, microseconds=-1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return RecordReference(name=name, before=moment)
