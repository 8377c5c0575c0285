"""Read profiles that were counted when a version was published, its own or those of its parents."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apollo_spark.errors import BrokenPinError, NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.names import parse_reference
from apollo_spark.model.profile import CountedFields
from apollo_spark.model.profile_entry import ProfileEntry
from apollo_spark.records.profiled import field_holds, is_guarded, rows_hold

MOST_PARENTS = 20
"""Versions that are looked through for profiles of a field."""


class StoredProfiles:
    """What was counted of the fields of an open dataset, as far as it holds now.

    Nothing does of rows that a rule, a withdrawal or a cohort hides some of. Of fields that were
    merged, viewed or moved what was counted for a parent holds where it reads the same rows.

    Args:
        lake: Where it is.
        opened: The dataset.
        fields: What its fields are counted as.
    """

    def __init__(self, lake: Lake, opened: OpenDataset, fields: CountedFields) -> None:
        self._lake = lake
        self._opened = opened
        self._fields = fields
        self._hidden: dict[str, bool] = {}

    def find(self, entity: Entity, spec: FieldSpec) -> Mapping[str, Any] | None:
        """Return what was counted of a field, or None.

        Raises:
            BrokenPinError: A part that the record names is missing or damaged.
        """
        if self._is_hidden(entity.name):
            return None
        kind = self._fields.of(entity, spec).kind
        for source in self._sources:
            found = source.find(self._opened, entity, spec)
            # What refers to nothing there may be a reference here, whose values are not shown.
            if found is not None and found["kind"] == kind:
                return found
        return None

    def _is_hidden(self, entity: str) -> bool:
        opened = self._opened
        if opened.members is not None:
            return True
        if entity not in self._hidden:
            self._hidden[entity] = is_guarded(opened.record, opened.dictionary, entity)
        return self._hidden[entity]

    @cached_property
    def _sources(self) -> "tuple[_Source, ...]":
        record = self._opened.record
        own = [_Source(self._lake, record, is_own=True)] if record.profiles else []
        return tuple(own) or tuple(self._parents())

    def _parents(self) -> "Iterator[_Source]":
        """Yield the versions that it was made of, the nearest first."""
        snapshot = self._lake.registry.snapshot()
        waiting, seen = list(self._opened.record.lineage.parents), set[str]()
        while waiting and len(seen) < MOST_PARENTS:
            name = waiting.pop(0)
            if name in seen:
                continue
            seen.add(name)
            try:
                entry = snapshot.find(parse_reference(name))
                record = self._lake.registry.read_record(entry, DatasetRecord)
            except (NotFoundError, BrokenPinError):
                continue
            waiting += record.lineage.parents
            if record.profiles:
                yield _Source(self._lake, record)


@dataclass(frozen=True)
class _Source:
    """A version with profiles.

    Attributes:
        lake: Where it is.
        record: It.
        is_own: Whether it is the version that is asked about.
    """

    lake: Lake
    record: DatasetRecord
    is_own: bool = False

    def find(
        self, opened: OpenDataset, entity: Entity, spec: FieldSpec
    ) -> Mapping[str, Any] | None:
        entry = self._entries.get(entity.name)
        if entry is None:
            return None
        if self.is_own:
            return self._read(entry, self._places(entity), spec.name)
        try:
            before = self._entity(entity.name)
            holds = self._holds(opened, entry, spec, before)
            return self._read(entry, self._places(before), spec.name) if holds else None
        except BrokenPinError:
            # A parent may be retired, and swept.
            return None

    def _holds(
        self, opened: OpenDataset, entry: ProfileEntry, spec: FieldSpec, before: Entity
    ) -> bool:
        record = opened.record
        if before.find_field(spec.name) != spec or not self._has_same_coding(record, spec):
            return False
        if not field_holds(self.record, record, entry.entity, spec.name):
            return False
        return self._rows_hold(opened, entry)

    def _rows_hold(self, opened: OpenDataset, entry: ProfileEntry) -> bool:
        known = self._rows
        if entry.entity not in known:
            known[entry.entity] = rows_hold(
                self.record,
                opened.record,
                opened.dictionary,
                entry.entity,
                dangling=entry.dangling,
            )
        return known[entry.entity]

    def _has_same_coding(self, record: DatasetRecord, spec: FieldSpec) -> bool:
        parts = [
            {each.name: each.part for each in one.codings}.get(spec.coding_name or "")
            for one in (self.record, record)
        ]
        return parts[0] == parts[1]

    def _entity(self, name: str) -> Entity:
        if name not in self._entities:
            entry = self.record.find_entity(name)
            assert entry is not None, "what is counted is an entity"
            self._entities[name] = Entity.model_validate_json(self.lake.parts.get(entry.part))
        return self._entities[name]

    def _places(self, entity: Entity) -> Mapping[str, int]:
        if entity.name not in self._numbers:
            self._numbers[entity.name] = {
                each.name: number for number, each in enumerate(entity.fields)
            }
        return self._numbers[entity.name]

    def _read(
        self, entry: ProfileEntry, places: Mapping[str, int], field: str
    ) -> Mapping[str, Any] | None:
        part, line = divmod(places[field], entry.per_part)
        digest = entry.parts[part]
        if digest not in self._lines:
            self._lines[digest] = self.lake.parts.get(digest).split("\n")
        found: Mapping[str, Any] = json.loads(self._lines[digest][line])
        return found if found["field"] == field else None

    @cached_property
    def _entries(self) -> Mapping[str, ProfileEntry]:
        return {each.entity: each for each in self.record.profiles}

    @cached_property
    def _rows(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _entities(self) -> dict[str, Entity]:
        return {}

    @cached_property
    def _numbers(self) -> dict[str, Mapping[str, int]]:
        return {}

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {}
