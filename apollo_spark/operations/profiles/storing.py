"""Profiles that are counted when a version is published, from the tables that it was written to.

Tasks read the columns of the written files, so that they run where the tasks of the load ran. What
an extension left alone is named again as it was counted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import canonical_json
from apollo_spark.model.dataset import DatasetRecord, TableSlice, homes_of
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.join_path import path_to
from apollo_spark.model.profile import CountedFields
from apollo_spark.model.profile_entry import FIELDS_PER_PART, ProfileEntry
from apollo_spark.records.profiled import is_guarded, rows_hold
from apollo_spark.workers.profiles.task import (
    CountedTable,
    HeldTable,
    ProfileTask,
    Step,
    run_profile,
)

CELLS_OF_TASK = 64_000_000
"""Cells that one task counts; a wide or long table has several tasks."""
CELLS_TOGETHER = 1_000_000
"""Cells of several tables that one task counts: what they are joined by is read once."""


def store_profiles(
    lake: Lake, runner: TaskRunner, record: DatasetRecord, dictionary: DataDictionary,
    base: DatasetRecord | None,
) -> tuple[ProfileEntry, ...]:  # fmt: skip
    """Count the fields of a version that is about to be published, and store what was counted.

    Entities of which something is hidden are left out: who was withdrawn is counted nowhere.

    Args:
        lake: Where its tables are, and its parts.
        runner: Who counts.
        record: The version.
        dictionary: Its dictionary.
        base: The version before, whose profiles may hold.
    """
    # Opened, a record has the rules of withdrawals too.
    shown = lake.open_record(record).record if lake.withdrawals() else record
    found: dict[str, ProfileEntry] = {}
    for entity in dictionary.entities:
        kept = None if base is None else _kept(base, shown, dictionary, entity.name)
        if kept is not None:
            found[entity.name] = kept
    others = [each for each in dictionary.entities if each.name not in found]
    counted = count_entities(lake, runner, shown, dictionary, others)
    found |= {entity.name: _entry(lake, entity, results) for entity, results in counted}
    return tuple(found[each.name] for each in dictionary.entities if each.name in found)


def count_entities(
    lake: Lake,
    runner: TaskRunner,
    record: DatasetRecord,
    dictionary: DataDictionary,
    entities: Sequence[Entity],
) -> list[tuple[Entity, list[dict[str, Any]]]]:
    """Return what the tasks counted of each entity whose tables say all of it."""
    counting = _Counting(lake, record, dictionary)
    able = [each for each in entities if counting.can_count(each)]
    tasks = [tuple(counting.tasks(each)) for each in able]
    results = iter(runner.run(run_profile, [each for those in tasks for each in those]))
    return [
        (entity, [next(results) for _ in those]) for entity, those in zip(able, tasks, strict=True)
    ]


def _kept(
    base: DatasetRecord, record: DatasetRecord, dictionary: DataDictionary, entity: str
) -> ProfileEntry | None:
    """Return what the version before has of an entity, where it holds for all its fields."""
    entry = next((each for each in base.profiles if each.entity == entity), None)
    before, now = base.find_entity(entity), record.find_entity(entity)
    if entry is None or before is None or now is None or before.part != now.part:
        return None
    codings = {each.name: each.part for each in record.codings}
    if any(codings.get(each.name) != each.part for each in base.codings):
        return None
    tables = [
        [(each.fields, one.pin_of(each.table).content_hash) for each in of.slices]
        for one, of in ((base, before), (record, now))
    ]
    is_same = tables[0] == tables[1] and not is_guarded(record, dictionary, entity)
    holds = is_same and rows_hold(base, record, dictionary, entity, dangling=entry.dangling)
    return entry if holds else None


def _entry(lake: Lake, entity: Entity, done: Sequence[dict[str, Any]]) -> ProfileEntry:
    """Store what was counted of an entity, in the order of its fields."""
    counted = {each["field"]: each for result in done for each in result["profiles"]}
    lines = [canonical_json(counted[each.name]) for each in entity.fields]
    parts = (lines[at : at + FIELDS_PER_PART] for at in range(0, len(lines), FIELDS_PER_PART))
    return ProfileEntry(
        entity=entity.name,
        parts=tuple(lake.parts.put("\n".join(each)) for each in parts),
        per_part=FIELDS_PER_PART,
        dangling=max((result["dangling"] for result in done), default=0),
    )


def _together(tables: Iterable[CountedTable], rows: int) -> Iterator[list[CountedTable]]:
    """Yield tables together as long as they are small.

    Args:
        tables: Some of an entity.
        rows: How many rows it has.
    """
    waiting: list[CountedTable] = []
    for each in tables:
        cells = rows * sum(len(one.columns) for one in (*waiting, each))
        if waiting and cells > CELLS_TOGETHER:
            yield waiting
            waiting = []
        waiting.append(each)
    if waiting:
        yield waiting


@dataclass(frozen=True)
class _Counting:
    lake: Lake
    record: DatasetRecord
    dictionary: DataDictionary

    @cached_property
    def _fields(self) -> CountedFields:
        return CountedFields(self.dictionary)

    @cached_property
    def _held(self) -> dict[str, HeldTable]:
        return {}

    def can_count(self, entity: Entity) -> bool:
        """Whether the tables say all of it: nothing is hidden, and each is joined by the key."""
        # Guards refer to rules.
        if self.record.rules and is_guarded(self.record, self.dictionary, entity.name):
            return False
        path = path_to(self.dictionary, entity.name)
        ends = {(step.parent, step.parent_field) for step in path}
        ends |= {(step.entity, step.field) for step in path}
        if any(self._home(name, field) for name, field in ends):
            return False
        key = entity.primary_key
        return all(
            key is not None and each.on in (None, key) for each in self._slices(entity.name)[1:]
        )

    def tasks(self, entity: Entity) -> Iterator[ProfileTask]:
        """Yield the tasks that count the fields of an entity, some of a table each."""
        first = self._table(self._slices(entity.name)[0].table)
        for tables in _together(self._counted(entity), first.rows):
            yield ProfileTask(
                first=first,
                key=self._slices(entity.name)[0].column_of(entity.primary_key or ""),
                tables=tuple(tables),
                way=self._way(entity.name),
                is_joined=entity.name not in self.dictionary.unjoined,
            )

    def _counted(self, entity: Entity) -> Iterator[CountedTable]:
        """Yield the fields of each table, or of some columns of a long one."""
        slices = self._slices(entity.name)
        homes = homes_of(slices)
        own: dict[int, list[FieldSpec]] = {}
        for spec in entity.fields:
            own.setdefault(homes.get(spec.name, 0), []).append(spec)
        size = max(CELLS_OF_TASK // max(self._table(slices[0].table).rows, 1), 1)
        for number, specs in own.items():
            slice_ = slices[number]
            for start in range(0, len(specs), size):
                chosen = specs[start : start + size]
                yield CountedTable(
                    held=self._table(slice_.table),
                    key=(slice_.key or entity.primary_key or "") if number else None,
                    columns=tuple(slice_.column_of(each.name) for each in chosen),
                    fields=tuple(self._fields.of(entity, each) for each in chosen),
                )

    def _way(self, entity: str) -> tuple[Step, ...]:
        return tuple(
            Step(
                self._table(self._slices(each.parent)[0].table),
                self._slices(each.parent)[0].column_of(each.parent_field),
                self._slices(each.entity)[0].column_of(each.field),
            )
            for each in path_to(self.dictionary, entity)
        )

    def _table(self, name: str) -> HeldTable:
        if name not in self._held:
            pin, tables = self.record.pin_of(name), self.lake.tables
            self._held[name] = HeldTable(tables.files(pin), tables.schema(pin), pin.rows)
        return self._held[name]

    def _home(self, entity: str, field: str) -> int:
        return homes_of(self._slices(entity)).get(field, 0)

    def _slices(self, entity: str) -> tuple[TableSlice, ...]:
        found = self.record.find_entity(entity)
        assert found is not None, "a dictionary and its record have the same entities"
        return found.slices
