"""Two versions of cohorts beside each other: what they mean, and who came and went."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.suppressed import Count
from apollo_spark.operations.cohorts.opening import People, open_cohort
from apollo_spark.operations.disclosing import open_disclosure, question_of
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.changes import add_change
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
    sizes: tuple[Count, Count]
    added: Count
    removed: Count

    @property
    def is_same(self) -> bool:
        """Whether both mean the same people of the same version."""
        is_told_alike = len(set(self.datasets)) == len(set(self.filters)) == 1
        return is_told_alike and not (self.codings or self.added or self.removed)

    def given(self, lake: Lake, people: Sequence[People], keys: Sequence[pa.Array]) -> "CohortDiff":
        """Return the same with what is given of its numbers, where a cohort is guarded."""
        names = tuple(name for each in people for name in each.cohorts)
        engine = EmbeddedEngine(lake.tables)
        disclosure = open_disclosure(lake, people[0].dataset, engine, names=names)
        if disclosure is None:
            return self
        sheet = Sheet()
        before, after, _, added, lost = add_change(sheet, keys[0], keys[1], _questions(people))
        sheet.decide(disclosure)
        return self.model_copy(
            update={
                "sizes": (sheet[before], sheet[after]),
                "added": sheet[added],
                "removed": sheet[lost],
            }
        )


def diff_cohorts(lake: Lake, first: CohortRecord, second: CohortRecord) -> CohortDiff:
    """Compare two cohorts, of one name or of two."""
    engine = EmbeddedEngine(lake.tables)
    records = (first, second)
    people = [open_cohort(lake, each) for each in records]
    keys = [each.keys(engine).read_all().column(0) for each in people]
    if keys[0].type != keys[1].type:
        keys = [each.cast(pa.string()) for each in keys]
    before, after = (each.combine_chunks() for each in keys)
    both = int(pc.sum(pc.is_in(before, value_set=after)).as_py() or 0)
    found = CohortDiff(
        first=str(first),
        second=str(second),
        datasets=(first.dataset, second.dataset),
        filters=(_text(first), _text(second)),
        codings=tuple(sorted({name for name, _ in {*first.codings} ^ {*second.codings}})),
        sizes=(len(before), len(after)),
        added=len(after) - both,
        removed=len(before) - both,
    )
    return found.given(lake, people, (before, after))


def _questions(people: Sequence[People]) -> tuple[str, str]:
    first, second = map(question_of, people)
    return first, second


def _text(record: CohortRecord) -> str:
    return describe_step(record.step, [each.version for each in record.cohorts])
