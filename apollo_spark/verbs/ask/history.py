"""All versions of a record: what made each, when, who, how many rows, and whether it is retired."""

from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.base import Record
from apollo_spark.model.record import Published
from apollo_spark.model.request import VerbRequest
from apollo_spark.model.suppressed import Count, Suppressed
from apollo_spark.operations.asker import Asker


class HistoryRequest(VerbRequest):
    """What a person asks for: the options of `apollo history`."""

    verb = "history"

    name: str


class VersionLine(RecordEntry):
    """One version.

    Attributes:
        operation: What made it; None where its record cannot be shown.
        rows: Rows of the main entity as it is stored; None where something of it is hidden, or
            where there is none. Of what is guarded it is not shown.
    """

    operation: str | None
    rows: Count | None


class History(Record):
    """The versions of a record, newest last."""

    versions: tuple[VersionLine, ...]


def show_history(asker: Asker, request: HistoryRequest) -> History:
    """Return one line a version.

    Raises:
        NotFoundError: There is no record of that name.
        BrokenPinError: A record is not as it was published.
    """
    lake = asker.lake
    entries = lake.history(request.name)
    records = {each.version: each for each in lake.registry.read_all(entries, Published)}
    found = tuple(_line(each, records.get(each.version)) for each in entries)
    if not lake.registry.snapshot().guards:
        return History(versions=found)
    # Only where something is guarded it is asked what.
    from apollo_spark.operations.disclosing import limit_of

    limit = limit_of(lake, *(str(each) for each in entries))
    if limit is None:
        return History(versions=found)
    hidden = {"rows": Suppressed(fewer_than=limit.least, why="rest")}
    return History(versions=tuple(each.model_copy(update=hidden) for each in found))


def _line(entry: RecordEntry, record: Published | None) -> VersionLine:
    return VersionLine(
        **dict(entry),
        operation=record.lineage.operation if record else None,
        rows=record.main_rows if record else None,
    )
