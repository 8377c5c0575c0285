"""What a dashboard is, and what differs between two of them; no row is read."""

from collections.abc import Mapping
from typing import Any

from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.operations.dashboards import open_dashboard
from apollo_spark.operations.over_dataset import describe_over_dataset
from apollo_spark.verbs.dashboard.answering import find_faults


class DashboardDiff(Record):
    """What differs between two dashboards; tiles go by their titles, else by what they ask.

    Attributes:
        first: The earlier one.
        second: The later one.
        datasets: The versions that they are about.
        cohorts: The cohorts that they are about.
        titles: What they are called.
        codings: Codings that differ, or that only one of them has.
        added: Tiles that only the second one has.
        removed: Tiles that only the first one has.
        changed: Tiles of both that ask something else.
    """

    first: str
    second: str
    datasets: tuple[str, str]
    cohorts: tuple[str | None, str | None]
    titles: tuple[str | None, str | None]
    codings: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether both show the same of the same people."""
        pairs = (self.datasets, self.cohorts, self.titles)
        others = (self.codings, self.added, self.removed, self.changed)
        return all(one == other for one, other in pairs) and not any(others)


def describe_dashboard(lake: Lake, record: DashboardRecord) -> dict[str, Any]:
    """Return a dashboard as the JSON object that `show --json` prints.

    Each tile says in `problem` why it cannot be answered, where it cannot.
    """
    scope = open_dashboard(lake, record).opened.scope
    faults: dict[str, list[str]] = {}
    for each in find_faults(scope, record.labelled_tiles):
        faults.setdefault(each.tile, []).append(each.text)
    own = {
        "cohort": None if record.cohort is None else record.cohort.version,
        "tiles": [
            {
                **each.model_dump(mode="json", exclude_defaults=True),
                "problem": "; ".join(faults.get(label, ())) or None,
            }
            for label, each in record.labelled_tiles
        ],
    }
    return describe_over_dataset(lake, record, own)


def diff_dashboards(first: DashboardRecord, second: DashboardRecord) -> DashboardDiff:
    """Compare two dashboards, of one name or of two."""
    before, after = (_by_name(each) for each in (first, second))
    return DashboardDiff(
        first=str(first),
        second=str(second),
        datasets=(first.dataset, second.dataset),
        cohorts=(_cohort(first), _cohort(second)),
        titles=(first.title, second.title),
        codings=tuple(sorted({name for name, _ in {*first.codings} ^ {*second.codings}})),
        added=tuple(each for each in after if each not in before),
        removed=tuple(each for each in before if each not in after),
        changed=tuple(e for e in before if e in after and before[e] != after[e]),
    )


def _cohort(record: DashboardRecord) -> str | None:
    return None if record.cohort is None else record.cohort.version


def _by_name(record: DashboardRecord) -> Mapping[str, Tile]:
    """Return the tiles by name; of a second one of a name, its number says which."""
    found: dict[str, Tile] = {}
    for number, each in enumerate(record.tiles, start=1):
        name = each.title or f"{each.chart} of {', '.join(each.fields)}"
        found[name if name not in found else f"{name} ({number})"] = each
    return found
