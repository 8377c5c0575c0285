"""All versions of a record: what made each, when, who, how many rows, and whether it is retired."""

from datetime import datetime

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.base import Record
from apollo_spark.model.disclosure import Limit
from apollo_spark.model.record import PublishedRecord
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


class GuardLine(Record):
    """What was said of the guard of a name, by whom and when; without a limit it ended."""

    limit: Limit | None
    actor: str
    time: datetime


class History(Record):
    """The versions of a record, newest last, and what was said of its guard."""

    versions: tuple[VersionLine, ...]
    guards: tuple[GuardLine, ...] = ()


def show_history(asker: Asker, request: HistoryRequest) -> History:
    """Return one line a version.

    Raises:
        NotFoundError: There is no record of that name.
        BrokenPinError: A record is not as it was published.
    """
    lake = asker.lake
    entries = lake.history(request.name)
    records = {each.version: each for each in lake.registry.read_all(entries, PublishedRecord)}
    found = tuple(_line(each, records.get(each.version)) for each in entries)
    if not lake.registry.snapshot().guards:
        return History(versions=found)
    # Only where something is guarded it is asked what.
    from apollo_spark.operations.disclosing import limit_of

    limit = limit_of(lake, *(str(each) for each in entries))
    guards = _guards(lake, entries[0].name)
    if limit is None:
        return History(versions=found, guards=guards)
    hidden = {"rows": Suppressed(fewer_than=limit.least, why="rest")}
    versions = tuple(each.model_copy(update=hidden) for each in found)
    return History(versions=versions, guards=guards)


def _guards(lake: Lake, name: str) -> tuple[GuardLine, ...]:
    from apollo_spark.lake.guarding import read_guards

    said = read_guards(lake.registry, lake.registry.snapshot()).get(name.casefold(), ())
    return tuple(GuardLine(limit=each.limit, actor=each.actor, time=each.time) for each in said)


def _line(entry: RecordEntry, record: PublishedRecord | None) -> VersionLine:
    return VersionLine(
        **dict(entry),
        operation=record.lineage.operation if record else None,
        rows=record.main_rows if record else None,
    )
