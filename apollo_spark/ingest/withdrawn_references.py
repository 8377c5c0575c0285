"""Rows of a load that are of withdrawn people: nothing new is stored of them.

A hospital may deliver somebody who is withdrawn for years, and their visits after it took them out
of its list. Such rows are left out, with what hangs from them, and do not refuse the others. So is
a row whose key only looks like a withdrawn one: it would bring the person back as somebody new.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.ingest.lookalikes import find_like_taken, joined
from apollo_spark.ingest.queried_keys import QueriedColumn
from apollo_spark.ingest.withdrawn_rows import WITHDRAWN
from apollo_spark.ingest.write import KeySets
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.withdrawing import alike
from apollo_spark.model.dictionary import DataDictionary, Relation
from apollo_spark.model.field import FieldType
from apollo_spark.model.join_path import path_to
from apollo_spark.model.pin import TablePin
from apollo_spark.query.keys import unresolved_keys
from apollo_spark.query.lookalikes import SOURCE, all_keys
from apollo_spark.query.sql import column, labelled, table
from apollo_spark.tables.keys import parent_references
from apollo_spark.workers.files.patching import KEY
from apollo_spark.workers.values.unseen import without_unseen

REFERENCE = "reference"


@dataclass
class WithdrawnReferences:
    """Looks for them in the written, unpublished tables of a load.

    Attributes:
        lake: The lake that is meant, with its withdrawals.
        dictionary: The dictionary of the load.
        pins: The written tables.
        engine: Answers questions over them.
        taken: After a search, the keys that are withdrawn, by entity.
    """

    lake: Lake
    dictionary: DataDictionary
    pins: Mapping[str, TablePin]
    engine: Engine
    taken: dict[str, pa.Array] = field(default_factory=dict)
    _gone: dict[str, pa.Array] = field(default_factory=dict)

    def find(self) -> dict[str, KeySets]:
        """Return the values of references whose rows are left out, by entity."""
        self.taken = {
            entity: self.lake.withdrawing.read_keys(each)
            for each in self.lake.withdrawals()
            for entity, pin in self.pins.items()
            if pin.location == each.location
        }
        if not self.taken:
            return {}
        found: dict[str, KeySets] = {}
        for entity, withdrawn in self.taken.items():
            self._add_rows(found, entity, withdrawn)
        for relation in self._outward():
            values = self._values(relation, self.taken.get(relation.to_entity))
            if len(values):
                place, own = (
                    (WITHDRAWN, relation.from_field),
                    found.setdefault(relation.from_entity, {}),
                )
                own[place] = joined(own.get(place), values)
                self._leave_out(relation, values)
        return found

    def _add_rows(self, found: dict[str, KeySets], entity: str, withdrawn: pa.Array) -> None:
        """Find the keys of an entity that are withdrawn, or look like one that is."""
        spec = self.dictionary.find_entity(entity)
        key = spec.find_field(spec.primary_key or "") if spec else None
        if key is None:
            return
        gone = self._held(entity, key.name, withdrawn)
        if key.type is FieldType.STRING:
            given = QueriedColumn(self._read, partial(table, entity), key.name)
            gone = joined(gone, find_like_taken(given, withdrawn.cast(pa.string())))
        if len(gone):
            found[entity] = {(WITHDRAWN, key.name): gone}
            self._gone[entity] = gone

    def _held(self, entity: str, key: str, withdrawn: pa.Array) -> pa.Array:
        """Return the keys of an entity that are among some, each once."""
        answer = self._read(all_keys(table(entity, SOURCE), key))
        empty = pa.array([], answer.schema.field(0).type)
        held = [empty, *(_among(batch.column(0), withdrawn) for batch in answer)]
        return pa.concat_arrays(held).unique()

    def _outward(self) -> Iterator[Relation]:
        """Yield the relations by which rows refer towards the main entity, nearest first."""
        towards = parent_references(self.dictionary)
        near = [
            each
            for each in self.dictionary.tree_relations
            if (each.from_entity, each.from_field) in towards
        ]
        yield from sorted(near, key=lambda x: len(path_to(self.dictionary, x.from_entity)))

    def _values(self, relation: Relation, keys: pa.Array | None) -> pa.Array:
        """Return the values that refer to somebody withdrawn, or to a row that is left out."""
        target = self.dictionary.find_entity(relation.to_entity)
        gone = self._gone.get(relation.to_entity, pa.array([], pa.string()))
        if target is None or target.primary_key != relation.to_field:
            return gone.slice(0, 0)
        if keys is None:
            return gone
        tree = unresolved_keys(
            relation.from_entity, relation.from_field, relation.to_entity, relation.to_field
        )
        lost = self._read(tree).read_all().column(0).combine_chunks().drop_null()
        given, withdrawn = alike(lost, keys)
        if pa.types.is_string(given.type):
            given, withdrawn = without_unseen(given), without_unseen(withdrawn)
        of_nobody = lost.filter(pc.is_in(given, value_set=withdrawn))
        return joined(of_nobody, gone.cast(of_nobody.type)) if len(gone) else of_nobody

    def _leave_out(self, relation: Relation, values: pa.Array) -> None:
        """Note the keys of the rows that go, for what refers to them."""
        entity = self.dictionary.find_entity(relation.from_entity)
        if entity is None or entity.primary_key is None:
            return
        tree = exp.select(
            labelled(column(entity.name, entity.primary_key), KEY),
            labelled(column(entity.name, relation.from_field), REFERENCE),
        ).from_(table(entity.name), copy=False)
        answer = self._read(tree)
        more = [pa.array([], answer.schema.field(0).type)]
        for batch in answer:
            given, wanted = alike(batch.column(1), values)
            more.append(batch.column(0).filter(pc.is_in(given, value_set=wanted)).drop_null())
        self._gone[entity.name] = joined(self._gone.get(entity.name), pa.concat_arrays(more))

    def _read(self, tree: exp.Query) -> pa.RecordBatchReader:
        return self.engine.run(tree, self.pins)


def _among(keys: pa.Array, some: pa.Array) -> pa.Array:
    """Return those of some keys that are among others, in whatever type these are."""
    given, wanted = alike(keys, some)
    return keys.filter(pc.is_in(given, value_set=wanted))
