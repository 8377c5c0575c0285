"""Count fields of an open dataset: its rules, its withdrawn people and its cohort count."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from apollo_spark.engines.base import Engine
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.join_path import path_to
from apollo_spark.model.profile import CountedFields, FieldProfile
from apollo_spark.operations.cohorts.opening import count_people
from apollo_spark.query.profiles import REFERENCE, rows_of
from apollo_spark.workers.profiles.counting import count_field
from apollo_spark.workers.profiles.links import NO_LINKS, OWN, Links, follow

CELLS_ASKED = 24_000_000
"""Cells of a question: at most 200 MB of numbers."""


@dataclass(frozen=True)
class ProfileQuestion:
    """Counts fields from rows that an engine gives.

    Attributes:
        opened: The dataset as it is shown.
        engine: Who gives the rows.
        fields: What each field is counted as.
    """

    opened: OpenDataset
    engine: Engine
    fields: CountedFields

    @cached_property
    def people(self) -> int:
        """How many people are shown."""
        return count_people(self.opened, self.engine)

    def count(self, entity: Entity, specs: Sequence[FieldSpec]) -> Iterator[FieldProfile]:
        """Yield the profiles of some fields of an entity, in their order."""
        above = _Above(self, entity.name)
        size = max(CELLS_ASKED // max(self._rows(entity), 1), 1)
        groups = [specs[start : start + size] for start in range(0, len(specs), size)]
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for group in groups:
                table = self.read(entity.name, [each.name for each in group], above.field)
                links = above.links(table)
                counted = pool.map(
                    lambda spec, values, links=links: self._profile(entity, spec, values, links),
                    group,
                    table.columns,
                )
                yield from counted

    def _profile(
        self, entity: Entity, spec: FieldSpec, values: pa.ChunkedArray, links: Links
    ) -> FieldProfile:
        found = count_field(values.combine_chunks(), self.fields.of(entity, spec), links)
        return self.fields.profile(entity, spec, found)

    def read(self, entity: str, fields: Sequence[str], reference: str | None) -> pa.Table:
        """Return fields of every row of an entity, and the field that joins the rows to others."""
        tree = rows_of(self.opened.scope, entity, fields, reference)
        return self.engine.run(tree, self.opened.pins).read_all()

    def _rows(self, entity: Entity) -> int:
        found = self.opened.record.find_entity(entity.name)
        return 0 if found is None else self.opened.record.pin_of(found.slices[0].table).rows


class _Above:
    """What leads from the people to the rows of an entity.

    Args:
        question: Asks for rows.
        entity: The entity.
    """

    def __init__(self, question: ProfileQuestion, entity: str) -> None:
        dictionary = question.opened.dictionary
        self._question = question
        self._is_main = entity == dictionary.main_entity
        self._path = path_to(dictionary, entity)

    @property
    def field(self) -> str | None:
        """The field of the entity that leads to the people."""
        return self._path[-1].field if self._path else None

    def links(self, table: pa.Table) -> Links:
        """Return whose the rows of a table are."""
        if self._is_main:
            return OWN
        if not self._path:
            return NO_LINKS
        values, links = self._parent
        return follow(table.column(REFERENCE).combine_chunks(), values, links)

    @cached_property
    def _parent(self) -> tuple[pa.Array, Links]:
        """Return what the rows right above are referred to by, and whose they are."""
        links, reference = OWN, None
        values = pa.nulls(0)
        for number, step in enumerate(self._path):
            table = self._question.read(step.parent, [step.parent_field], reference)
            if number:
                links = follow(table.column(REFERENCE).combine_chunks(), values, links)
            values, reference = table.column(0).combine_chunks(), step.field
        return values, links
