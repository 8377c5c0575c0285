"""Rows of other datasets that a record knows to be those of some withdrawn rows, by its links.

A record that was merged, or is a view of a merge, reads tables of several datasets. What would be
hidden in it, if rows of one of them were taken out, is known to be theirs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.reading import read_rows
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.storage.part_reader import PartReader
from apollo_spark.lake.withdrawing import KEY, WithdrawnFrom
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.dataset import DatasetRecord, EntityEntry
from apollo_spark.model.dictionary import Relationship
from apollo_spark.model.join_path import path_to
from apollo_spark.model.pin import TablePin, owner_of
from apollo_spark.model.withdrawal import WithdrawalRecord
from apollo_spark.query.assay_scope import SAMPLE_ID, shown_samples
from apollo_spark.query.sql import column, derived, labelled, table
from apollo_spark.records.withdrawn import without_withdrawn

_ALL, _LEFT = "all", "left"


class PlannedKeys:
    """Keys that are not withdrawn yet, as tables beside those of a lake.

    Args:
        lake: The lake.
        folder: Where they are written.
    """

    def __init__(self, lake: Lake, folder: Path) -> None:
        self._tables = lake.tables
        self._clock = lake.clock
        self._folder = folder
        self._own: dict[str, Path] = {}

    def plan(self, of: WithdrawnFrom, keys: pa.Array) -> WithdrawalRecord:
        """Return the withdrawal of some keys as if it were published."""
        number = len(self._own)
        path = self._folder / f"{number}.parquet"
        pq.write_table(pa.table({KEY: keys}), path)
        pin = TablePin(
            table=KEY, location=str(path), version=0, rows=len(keys), table_id="",
            schema_hash="", files_digest="", content_hash="", is_ours=False,
        )  # fmt: skip
        self._own[pin.location] = path
        return WithdrawalRecord(
            name=of.dataset, version=1, id="", entity=of.entity, field=of.field,
            location=of.location, keys=pin, added=len(keys), actor="", time=self._clock.now(),
        )  # fmt: skip

    def folders(self, records: Iterable[DatasetRecord]) -> set[Path]:
        """Return where the files of some records and of planned keys are."""
        pins = {(pin.location, pin.is_ours): pin for each in records for pin in each.pins}
        return {self._folder, *map(self._tables.folder_of, pins.values())}

    def files(self, pin: TablePin) -> Sequence[str]:
        """Return the full paths of the data files of a table."""
        own = self._own.get(pin.location)
        return self._tables.files(pin) if own is None else [str(own)]

    def schema(self, pin: TablePin) -> pa.Schema:
        """Return the columns of a table."""
        own = self._own.get(pin.location)
        return self._tables.schema(pin) if own is None else pq.read_schema(own)


@dataclass(frozen=True)
class LinkedRows:
    """One record, asked for the rows of other datasets that belong to withdrawn ones.

    Attributes:
        lake: Where it lies.
        record: The record, with all its rows: what views hide is known all the same.
        keys: Where keys that are planned lie.
        engine: Answers questions over these and the tables of the record.
    """

    lake: Lake
    record: DatasetRecord
    keys: PlannedKeys
    engine: EmbeddedEngine

    @cached_property
    def locations(self) -> frozenset[str]:
        """Where the tables of all rows lie that a withdrawal may name."""
        found = {self._location(e, n) for e in self.record.entities for n in range(len(e.slices))}
        return frozenset(found | {each.origin for each in self.record.assays if each.origin})

    def find(self, withdrawal: WithdrawalRecord) -> Iterator[tuple[str, pa.Array]]:
        """Yield the tables of other datasets, each with the keys of rows that belong to these."""
        if withdrawal.location not in self.locations:
            return
        left = OpenDataset(without_withdrawn(self._whole.record, [withdrawal]), self._parts)
        for entity in self.record.entities:
            for number in range(len(entity.slices)):
                if self._location(entity, number) == withdrawal.location:
                    yield from self._following(entity, withdrawal, left)
                    yield from self._beside(entity, number, withdrawal, left)
                    yield from self._same_people(entity, withdrawal, left)
        for assay in left.record.assays:
            if assay.origin is not None and self._is_other(assay.origin, withdrawal):
                yield from self._samples(assay, assay.origin, left)

    @cached_property
    def _parts(self) -> PartReader:
        return PartReader(self.lake.parts)

    @cached_property
    def _whole(self) -> OpenDataset:
        entities = tuple(
            each.model_copy(
                update={"slices": tuple(x.model_copy(update={"guards": ()}) for x in each.slices)}
            )
            for each in self.record.entities
        )
        assays = tuple(each.model_copy(update={"guards": ()}) for each in self.record.assays)
        update = {"entities": entities, "assays": assays, "rules": ()}
        return OpenDataset(self.record.model_copy(update=update), self._parts)

    def _location(self, entity: EntityEntry, number: int) -> str:
        return self.record.pin_of(entity.slices[number].table).location

    def _is_other(self, location: str, withdrawal: WithdrawalRecord) -> bool:
        return owner_of(location) != owner_of(withdrawal.location)

    def _following(
        self, above: EntityEntry, withdrawal: WithdrawalRecord, left: OpenDataset
    ) -> Iterator[tuple[str, pa.Array]]:
        """Yield what hangs from rows that go, where a link leads into another dataset."""
        entries = {each.name: each for each in self.record.entities}
        for entity in self.record.entities:
            path = path_to(self._whole.dictionary, entity.name)
            names = [step.parent for step in path]
            if above.name not in names or entity.primary_key is None:
                continue
            since = path[names.index(above.name) :]
            location = self._location(entity, 0)
            parent = self._location(entries[path[-1].parent], 0)
            # Rows that others refer to as well are not theirs; what hangs there follows by itself.
            is_shared = any(step.has_many_parents for step in since)
            is_inner = owner_of(parent) == owner_of(location)
            if self._is_other(location, withdrawal) and not is_shared and not is_inner:
                yield location, self._hidden(entity.name, entity.primary_key, left)

    def _beside(
        self, entity: EntityEntry, number: int, withdrawal: WithdrawalRecord, left: OpenDataset
    ) -> Iterator[tuple[str, pa.Array]]:
        """Yield rows of other datasets that are one row with rows that go."""
        key = entity.primary_key
        if key is None:
            return
        if number == 0:
            gone = self._hidden(entity.name, key, left)
        else:
            gone = self._of_keys(entity, number, withdrawal)
        for place, each in enumerate(entity.slices):
            location = self._location(entity, place)
            if not self._is_other(location, withdrawal):
                continue
            if place == 0:
                yield location, gone
            elif each.on in (None, key):
                yield location, self._stored(each.table, each.key or key, gone)

    def _same_people(
        self, entity: EntityEntry, withdrawal: WithdrawalRecord, left: OpenDataset
    ) -> Iterator[tuple[str, pa.Array]]:
        """Yield the rows of another dataset to which rows that go are linked one to one."""
        for each in self._whole.dictionary.tree_relations:
            if each.relationship is not Relationship.ONE_TO_ONE:
                continue
            ends = (each.from_entity, each.from_field), (each.to_entity, each.to_field)
            for (near, field), (far, far_field) in (ends, ends[::-1]):
                other = self.record.find_entity(far)
                if near != entity.name or other is None or other.primary_key is None:
                    continue
                location = self._location(other, 0)
                if self._is_other(location, withdrawal):
                    gone = self._hidden(near, field, left)
                    yield location, self._meaning(far, far_field, other.primary_key, gone)

    def _samples(
        self, assay: AssayRecord, location: str, left: OpenDataset
    ) -> Iterator[tuple[str, pa.Array]]:
        """Yield the samples that belong to rows that go."""
        shown = shown_samples(left.scope, assay)
        if shown is None:
            return
        sample = column(_ALL, SAMPLE_ID)
        found = exp.select(labelled(sample, KEY)).from_(table(assay.samples_table, _ALL))
        is_left = exp.In(this=sample.copy(), query=exp.Subquery(this=shown))
        yield location, self._ask(found.where(exp.Not(this=is_left)), left)

    def _hidden(self, entity: str, field: str, left: OpenDataset) -> pa.Array:
        """Return the values of a field in rows that go, and in no row that stays."""
        value = column(_ALL, field)
        among = left.scope.values(entity, field)
        same = exp.EQ(this=column(_LEFT, KEY), expression=value.copy())
        stays = exp.Exists(
            this=exp.select(exp.Literal.number(1)).from_(derived(among, _LEFT)).where(same)
        )
        found = exp.select(labelled(value, KEY)).distinct()
        found = found.from_(self._whole.scope.source(entity, [field], _ALL))
        return self._ask(found.where(exp.Not(this=stays)), left)

    def _of_keys(self, entity: EntityEntry, number: int, withdrawal: WithdrawalRecord) -> pa.Array:
        """Return the keys of an entity's rows whose further table has rows that go."""
        part = entity.slices[number]
        key = str(entity.primary_key)
        if part.on not in (None, key):
            return pa.array([], pa.string())
        gone = read_rows(self.keys, withdrawal.keys, [KEY]).column(0).combine_chunks()
        return self._meaning(entity.name, key, key, gone)

    def _meaning(self, entity: str, field: str, key: str, values: pa.Array) -> pa.Array:
        """Return the keys of the rows in which a field has one of some values."""
        given = column(_ALL, field)
        found = exp.select(labelled(column(_ALL, key), KEY)).distinct()
        found = found.from_(self._whole.scope.source(entity, list({field, key}), _ALL))
        return self._among(found, given, values)

    def _stored(self, table_name: str, key: str, values: pa.Array) -> pa.Array:
        """Return those of some values that a column of a table has."""
        value = column(_ALL, key)
        found = exp.select(labelled(value, KEY)).distinct().from_(table(table_name, _ALL))
        return self._among(found, value.copy(), values)

    def _among(self, found: exp.Select, value: exp.Column, values: pa.Array) -> pa.Array:
        of = WithdrawnFrom(dataset="x", entity="x", field="x", location="")
        pin = self.keys.plan(of, values.drop_null()).keys.model_copy(update={"table": _LEFT})
        among = exp.select(column(_LEFT, KEY)).from_(table(_LEFT, _LEFT))
        tree = found.where(exp.In(this=value, query=exp.Subquery(this=among)))
        return self._run(tree, {**self._whole.pins, _LEFT: pin})

    def _ask(self, tree: exp.Select, left: OpenDataset) -> pa.Array:
        return self._run(tree, left.pins)

    def _run(self, tree: exp.Select, pins: Mapping[str, TablePin]) -> pa.Array:
        answer = self.engine.run(tree, pins).read_all()
        return answer.column(0).combine_chunks().drop_null()
