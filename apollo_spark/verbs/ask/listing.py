"""The newest version of every record."""

from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.base import Record
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker


class ListRequest(VerbRequest):
    """What a person asks for: the options of `apollo list`."""

    verb = "list"


class Listing(Record):
    """Records, by name."""

    records: tuple[RecordEntry, ...]


def list_records(asker: Asker, request: ListRequest) -> Listing:  # noqa: ARG001 it has no options
    """Return the newest version of every record."""
    return Listing(records=asker.lake.list_records())
