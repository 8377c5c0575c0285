"""What a verb would do, as a dry run says it: counts and names of tables, nothing of a row."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.suppressed import Count


class PlannedTable(Record):
    """A table that would be written or swept: its rows, and files, where they are known."""

    table: str
    rows: int | None = None
    files: int | None = None


class WorkPlan(Record):
    """What would be done.

    Attributes:
        does: The deed and what it is done to: `publish study@2`.
        tables: The tables that would be written or deleted.
        files: Files that would be read, or deleted.
        people: Rows of the main entity that it is about.
        counts: The counts of the receipt.
    """

    does: str
    tables: tuple[PlannedTable, ...] = ()
    files: int | None = None
    people: Count | None = None
    counts: Mapping[str, int] = Field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the plan as lines of text."""
        found = [f"plan: {self.does}"]
        for each in self.tables:
            sizes = ((each.rows, "rows"), (each.files, "files"))
            counts = ", ".join(f"{size:,} {what}" for size, what in sizes if size is not None)
            found.append(f"  table {each.table}" + (f": {counts}" if counts else ""))
        if self.files is not None:
            found.append(f"  files: {self.files:,}")
        if self.people is not None:
            found.append(f"  people: {self.people:,}")
        if self.counts:
            shown = (f"{name} {count:,}" for name, count in self.counts.items())
            found.append(f"  counts: {', '.join(shown)}")
        return found


def join_plans(plans: Iterable[WorkPlan]) -> WorkPlan:
    """Return several deeds as one: their counts are summed."""
    found = tuple(plans)
    counts: dict[str, int] = {}
    for each in found:
        for name, count in each.counts.items():
            counts[name] = counts.get(name, 0) + count
    people = [each.people for each in found if isinstance(each.people, int)]
    return WorkPlan(
        does="; ".join(each.does for each in found) or "leave all as it is",
        people=sum(people) if people else None,
        counts=counts,
    )


def flat_counts(receipt: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a receipt, those of its entities under their names."""
    found = {name: value for name, value in receipt.items() if _is_count(value)}
    entities = receipt.get("entities")
    for entity in entities if isinstance(entities, (list, tuple)) else ():
        if isinstance(entity, Mapping):
            counts = {key: value for key, value in entity.items() if _is_count(value)}
            found |= {f"{entity['entity']}.{key}": value for key, value in counts.items()}
    return found


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
