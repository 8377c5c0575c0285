"""The newest version of every record."""

from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.base import Record
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker


class ListRequest(VerbRequest):
    """What a person asks for: the options of `apollo list`.

    Attributes:
        kind: The kind of the records; by default every kind.
    """

    verb = "list"

    kind: str | None = None


class Listing(Record):
    """Records, by name."""

    records: tuple[RecordEntry, ...]


def list_records(asker: Asker, request: ListRequest) -> Listing:
    """Return the newest version of every record, or of every one of a kind."""
    found = asker.lake.list_records()
    if request.kind is None:
        return Listing(records=found)
    return Listing(records=tuple(each for each in found if each.kind == request.kind))
