"""What every published record has, and the table of the kinds of records.

A new kind is a class of `PublishedRecord` and a line of `RECORD_KINDS`: the registry, publishing,
gc, retiring, verifying, lists, histories and lineages know no kind by name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field
from typing_extensions import Self

from apollo_spark.errors import NotFoundError
from apollo_spark.model.base import FileName, Record
from apollo_spark.model.names import DatasetName
from apollo_spark.model.pin import TablePin


class InputFile(Record):
    """A raw file that was read: the name it was given by, its bytes and their SHA-256."""

    role: str
    name: FileName
    size: int
    sha256: str


class Lineage(Record):
    """Where a version came from."""

    operation: str
    parents: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    fingerprint: str
    tools: tuple[tuple[str, str], ...] = ()
    actor: str
    time: datetime


class PublishedRecord(Record):
    """One published version of a name, of whatever kind. It never changes.

    Attributes:
        kind: Its kind: a key of `RECORD_KINDS`. A name has versions of one kind only.
        pins: The tables that it reads, and those of its own, which its next version may write.
        hides: Whether something of its tables is not to be seen through it.
        receipt: The part, by its SHA-256, that says what its making did.
    """

    kind: str
    name: DatasetName
    version: int = Field(ge=1)
    id: str
    pins: tuple[TablePin, ...] = ()
    hides: bool = False
    lineage: Lineage
    receipt: str

    def __str__(self) -> str:
        """Return `name@version`."""
        return f"{self.name}@{self.version}"

    def at_time(self, time: datetime) -> Self:
        """Return the record as published at a time."""
        return self.model_copy(update={"lineage": self.lineage.model_copy(update={"time": time})})

    @property
    def all_pins(self) -> tuple[TablePin, ...]:
        """Every pin that is anywhere in it, its own `pins` among them."""
        return tuple(_pins_within(self))

    @property
    def all_parts(self) -> dict[str, str]:
        """Every part that it names, by SHA-256, with what the part is."""
        return {self.receipt: "receipt"}

    @property
    def main_rows(self) -> int | None:
        """How many rows a list shows of it; None where it has none, or does not say."""
        return None


def _pins_within(value: Any) -> Iterator[TablePin]:
    if isinstance(value, TablePin):
        yield value
    elif isinstance(value, Record):
        for name in type(value).model_fields:
            yield from _pins_within(getattr(value, name))
    elif isinstance(value, tuple | frozenset):
        for each in value:
            yield from _pins_within(each)


@dataclass(frozen=True)
class RecordKind:
    """A kind of record.

    Attributes:
        word: What messages call it.
        load_model: Returns its class; lists of records read none, and load none.
    """

    word: str
    load_model: Callable[[], type[PublishedRecord]]


def _dataset() -> type[PublishedRecord]:
    from apollo_spark.model.dataset import DatasetRecord

    return DatasetRecord


def _cohort() -> type[PublishedRecord]:
    from apollo_spark.model.cohort import CohortRecord

    return CohortRecord


def _dashboard() -> type[PublishedRecord]:
    from apollo_spark.model.dashboard.record import DashboardRecord

    return DashboardRecord


RECORD_KINDS: dict[str, RecordKind] = {
    "dataset": RecordKind("dataset", _dataset),
    "cohort": RecordKind("cohort", _cohort),
    "dashboard": RecordKind("dashboard", _dashboard),
}
"""The kinds of records by the name under which the registry keeps them."""


def kind_of(model: type[PublishedRecord]) -> str:
    """Return the name under which the registry keeps records of a class."""
    kind: str = model.model_fields["kind"].default
    return kind


def is_kind(kind: str, model: type[PublishedRecord]) -> bool:
    """Return whether records of a kind are of a class; kinds of later versions are of none."""
    known = RECORD_KINDS.get(kind)
    return known is not None and (model is PublishedRecord or issubclass(known.load_model(), model))


def word_of(kind: str) -> str:
    """Return what messages call a kind."""
    known = RECORD_KINDS.get(kind)
    return kind if known is None else known.word


def require_kind(record: object, kind: str, model: type[PublishedRecord]) -> None:
    """Require that a record is of the kind that somebody asks for.

    Args:
        record: The record, as messages name it.
        kind: Its kind.
        model: The class of the kind that is asked for.

    Raises:
        NotFoundError: It is of another kind.
    """
    if not is_kind(kind, model):
        raise NotFoundError(f"{record} is a {word_of(kind)} and no {word_of(kind_of(model))}.")
