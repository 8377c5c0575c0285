"""Everything that is known to be somebody's by the links of a lake, whatever dataset it lies in."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.ingest.lookalikes import joined
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.withdrawing import WithdrawnFrom, alike
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import owner_of
from apollo_spark.records.rule_records import records_of_rules
from apollo_spark.verbs.withdraw.keys import known_keys, lookalikes_of
from apollo_spark.verbs.withdraw.linked_tables import LinkedRows, PlannedKeys


@dataclass(frozen=True)
class LinkedKeys:
    """Rows that go, and the records whose links say so; none of those that were named.

    `lookalikes` are those of the keys that no link names, and that look like one that a link does.
    """

    of: WithdrawnFrom
    keys: pa.Array
    by: tuple[str, ...] = ()
    lookalikes: int = 0


def find_linked(
    lake: Lake, records: Sequence[DatasetRecord], of: WithdrawnFrom, keys: pa.Array
) -> tuple[LinkedKeys, ...]:
    """Return the rows named and those of other datasets that are theirs, chains of links too.

    Args:
        lake: The lake.
        records: The versions of datasets that are not retired.
        of: The rows that are named.
        keys: Their keys.

    Raises:
        BrokenPinError: A pinned table cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="apollo-withdraw-") as scratch:
        search = _Search(lake, records, PlannedKeys(lake, Path(scratch)))
        return search.run(LinkedKeys(of, keys))


class _Search:
    """Asks records again while one of them brings something new."""

    def __init__(self, lake: Lake, records: Sequence[DatasetRecord], keys: PlannedKeys) -> None:
        self._lake = lake
        self._keys = keys
        self._records = records
        worlds = (world for each in records for world in (each, *records_of_rules(each)))
        linking = [LinkedRows(lake, each, keys, EmbeddedEngine(keys)) for each in worlds]
        self._linking = [each for each in linking if len(set(map(owner_of, each.locations))) > 1]
        self._found: dict[str, LinkedKeys] = {}

    def run(self, named: LinkedKeys) -> tuple[LinkedKeys, ...]:
        """Return everything that belongs to the rows named, these first."""
        self._found[named.of.location] = named
        if any(named.of.location in each.locations for each in self._linking):
            folders = self._keys.folders(each.record for each in self._linking)
            # One connection for all questions: to open one takes longer than most answers.
            with EmbeddedEngine(self._keys).over({}, folders=folders) as engine:
                self._follow(named.of.location, [replace(x, engine=engine) for x in self._linking])
        return tuple(self._found.values())

    def _follow(self, location: str, linking: Sequence[LinkedRows]) -> None:
        waiting = [location]
        while waiting:
            given = self._found[waiting.pop(0)]
            planned = self._keys.plan(given.of, given.keys)
            for each in linking:
                for found, keys in each.find(planned):
                    if self._take(found, keys, str(each.record)) and found not in waiting:
                        waiting.append(found)

    def _take(self, location: str, keys: pa.Array, by: str) -> bool:
        """Take keys in and return whether some of them are new."""
        if not len(keys):
            return False
        known = self._found.get(location)
        if known is None:
            of = self._entity_at(location)
            if of is None:
                return False
            every, also = self._with_lookalikes(of, keys.unique())
            self._found[location] = LinkedKeys(of, every, (by,), also)
            return True
        every = pa.concat_arrays(alike(known.keys, keys)).unique()
        also = known.lookalikes
        if known.by and len(every) > len(known.keys):
            every, more = self._with_lookalikes(known.of, every)
            also += more
        is_new = len(every) > len(known.keys)
        tellers = (*known.by, by) if known.by and by not in known.by else known.by
        self._found[location] = replace(
            known, keys=every if is_new else known.keys, by=tellers, lookalikes=also
        )
        return is_new

    def _with_lookalikes(self, of: WithdrawnFrom, keys: pa.Array) -> tuple[pa.Array, int]:
        """Return keys with those that nobody could tell from them, and how many these are."""
        if not pa.types.is_string(keys.type):
            return keys, 0
        versions = (
            (record, entity)
            for record in self._records
            if record.name == of.dataset
            for entity in record.entities
        )
        also = lookalikes_of(keys.to_pylist(), known_keys(self._lake, versions, of))
        return joined(keys, also), len(also)

    def _entity_at(self, location: str) -> WithdrawnFrom | None:
        """Return the entity whose rows lie there, as the newest version of their dataset has it."""
        own = [each for each in self._records if each.name == owner_of(location)]
        for record in sorted(own, key=lambda each: each.version, reverse=True):
            for entity in record.entities:
                is_there = record.pin_of(entity.slices[0].table).location == location
                if is_there and entity.primary_key is not None:
                    return WithdrawnFrom(record.name, entity.name, entity.primary_key, location)
        return None
