"""Cohorts with all that they are made of, as one program: each once, after those that it needs."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.rows import read_stored
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.cohort import CohortRecord, CohortReference, CohortStep
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import is_kind

ONE_BY_ONE = 2
"""Generations that are read by themselves; further ones in one pass over all cohorts."""
KEPT = 4096
"""Records that are kept in memory: they never change."""


class Program:
    """Collects cohorts.

    Attributes:
        steps: How each is made, of those before it.
        lists: The tables of ids, by the names that the steps use.
        names: The version of each step.

    Args:
        lake: Where they are.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._places: dict[str, int] = {}
        self.steps: list[CohortStep] = []
        self.lists: dict[str, TablePin] = {}
        self.names: list[str] = []

    def add(self, *records: CohortRecord) -> list[int]:
        """Add cohorts with all that they are made of, and return their numbers.

        Raises:
            BrokenPinError: A record is gone, or is not as it was published.
        """
        known = {each.id: each for each in records} | _ancestors(self._lake, records)
        for record in records:
            waiting = [record]
            while waiting:
                last = waiting[-1]
                missing = [each.id for each in last.cohorts if each.id not in self._places]
                if missing and last.id not in self._places:
                    waiting += [known[each] for each in missing]
                    continue
                waiting.pop()
                if last.id not in self._places:
                    self._add(last)
        return [self._places[each.id] for each in records]

    def _add(self, record: CohortRecord) -> None:
        number = len(self.steps)
        places = [self._places[each.id] for each in record.cohorts]
        step = record.step
        keys = None
        if step.keys is not None:
            keys = f"ids {number}"
            pin = next(each for each in record.pins if each.table == step.keys)
            self.lists[keys] = pin
        self.steps.append(
            step.model_copy(
                update={
                    "of": tuple(places[each] for each in step.of),
                    "named": tuple((name, places[each]) for name, each in step.named),
                    "keys": keys,
                }
            )
        )
        self.names.append(str(record))
        self._places[record.id] = number


def _ancestors(lake: Lake, records: Iterable[CohortRecord]) -> dict[str, CohortRecord]:
    """Return all cohorts that some are made of, retired ones too: what they mean stays."""
    found: dict[str, CohortRecord] = {each.id: each for each in records}
    wanted = _references(found.values(), found)
    everything: Mapping[str, str] = {}
    generation = 0
    while wanted:
        generation += 1
        entries = {each.id: _entry(lake, each) for each in wanted.values()}
        if generation == ONE_BY_ONE + 1:
            everything = _all_texts(lake)
        new = [_read(lake, each, everything) for each in entries.values()]
        found |= {each.id: each for each in new}
        wanted = _references(new, found)
    return found


def _references(
    records: Iterable[CohortRecord], known: Mapping[str, CohortRecord]
) -> dict[str, CohortReference]:
    return {each.id: each for one in records for each in one.cohorts if each.id not in known}


def _entry(lake: Lake, reference: CohortReference) -> RecordEntry:
    entry = lake.registry.snapshot().find(parse_reference(reference.version))
    if entry.id != reference.id:
        raise BrokenPinError(f"{reference.version} is not the cohort that others are made of.")
    return entry


def _all_texts(lake: Lake) -> Mapping[str, str]:
    entries = lake.registry.snapshot().entries
    cohorts = [each for each in entries if is_kind(each.kind, CohortRecord)]
    return {each.id: text for each, text in lake.registry.read_texts(cohorts)}


def _read(lake: Lake, entry: RecordEntry, texts: Mapping[str, str]) -> CohortRecord:
    text = texts.get(entry.id)
    return _parsed(entry, lake.registry.read_json(entry) if text is None else text)


@lru_cache(maxsize=KEPT)
def _parsed(entry: RecordEntry, text: str) -> CohortRecord:
    return read_stored(entry, text, CohortRecord)
