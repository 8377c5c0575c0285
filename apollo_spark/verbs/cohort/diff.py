"""Two versions of cohorts beside each other: what they mean, and who came and went."""

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.operations.cohorts.opening import open_cohort
from apollo_spark.query.cohorts.text import describe_step


class CohortDiff(Record):
    """What differs between two cohorts; people are counted by key.

    Attributes:
        first: The earlier one.
        second: The later one.
        datasets: The versions that they are based on.
        filters: What they mean, as text.
        codings: Codings of their filters that differ, or that only one of them asks for.
        sizes: How many people are in each.
        added: People who are in the second one alone.
        removed: People who are in the first one alone.
    """

    first: str
    second: str
    datasets: tuple[str, str]
    filters: tuple[str, str]
    codings: tuple[str, ...]
    sizes: tuple[int, int]
    added: int
    removed: int

    @property
    def is_same(self) -> bool:
        """Whether both mean the same people of the same version."""
        is_told_alike = len(set(self.datasets)) == len(set(self.filters)) == 1
        return is_told_alike and not (self.codings or self.added or self.removed)


def diff_cohorts(lake: Lake, first: CohortRecord, second: CohortRecord) -> CohortDiff:
    """Compare two cohorts, of one name or of two."""
    engine = EmbeddedEngine(lake.tables)
    records = (first, second)
    keys = [open_cohort(lake, each).keys(engine).read_all().column(0) for each in records]
    if keys[0].type != keys[1].type:
        keys = [each.cast(pa.string()) for each in keys]
    before, after = (each.combine_chunks() for each in keys)
    both = int(pc.sum(pc.is_in(before, value_set=after)).as_py() or 0)
    return CohortDiff(
        first=str(first),
        second=str(second),
        datasets=(first.dataset, second.dataset),
        filters=(_text(first), _text(second)),
        codings=tuple(sorted({name for name, _ in {*first.codings} ^ {*second.codings}})),
        sizes=(len(before), len(after)),
        added=len(after) - both,
        removed=len(before) - both,
    )


def _text(record: CohortRecord) -> str:
    return describe_step(record.step, [each.version for each in record.cohorts])
