"""Which people have rows in a dataset that another one does not have, entity by entity."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.join_path import path_to
from apollo_spark.query.cohorts.members import main_key
from apollo_spark.query.sql import column, labelled

PERSON, ROW = "person", "row"
Flags = npt.NDArray[np.bool_]


class RowChanges:
    """Compares the keys of rows in two datasets; each entity is read once, when it is asked for.

    Args:
        before: The one dataset.
        after: The other.
        engine: Who answers.
    """

    def __init__(self, before: OpenDataset, after: OpenDataset, engine: Engine) -> None:
        self._before, self._after = before, after
        self._engine = engine
        self._known: dict[str, tuple[pa.Array, pa.Array]] = {}
        self._keys: pa.Array | None = None
        self._flags: dict[str, tuple[Flags, Flags]] = {}

    def of_people(
        self, entities: Collection[str], keys: pa.Array, asked: Flags
    ) -> tuple[Flags, Flags]:
        """Return who has rows of some entities that came, and who has lost some.

        Args:
            entities: The entities.
            keys: The keys of people.
            asked: Whether each person is asked about; where nobody is, nothing is read.
        """
        came, went = np.zeros(len(asked), bool), np.zeros(len(asked), bool)
        if not asked.any():
            return came, went
        for entity in sorted(entities):
            new, less = self._among_people(entity, keys)
            came |= new
            went |= less
        return came, went

    def _among_people(self, entity: str, keys: pa.Array) -> tuple[Flags, Flags]:
        """Return who of some people is concerned; many cohorts ask about the same people."""
        if keys is not self._keys:
            self._keys, self._flags = keys, {}
        if entity not in self._flags:
            new, less = self._people(entity)
            self._flags[entity] = (_among(keys, new), _among(keys, less))
        return self._flags[entity]

    def _people(self, entity: str) -> tuple[pa.Array, pa.Array]:
        if entity not in self._known:
            self._known[entity] = self._compare(entity)
        return self._known[entity]

    def _compare(self, entity: str) -> tuple[pa.Array, pa.Array]:
        """Return the people with rows in the one dataset alone, and in the other alone."""
        nobody = pa.array([], pa.string())
        if _places(self._before, entity) == _places(self._after, entity):
            return nobody, nobody
        old, new = self._rows(self._before, entity), self._rows(self._after, entity)
        if old is None or new is None:
            return nobody, nobody
        return _people_of(new, old), _people_of(old, new)

    def _rows(self, opened: OpenDataset, entity: str) -> pa.Table | None:
        """Return the key of each row with that of the person; None where rows have no key."""
        found = opened.dictionary.find_entity(entity)
        if found is None or found.primary_key is None:
            return None
        main, (key, _) = opened.dictionary.main_entity, main_key(opened.scope)
        steps = path_to(opened.dictionary, entity)
        fields: dict[str, list[str]] = {main: [key]}
        for each in steps:
            fields.setdefault(each.parent, []).append(each.parent_field)
            fields.setdefault(each.entity, []).append(each.field)
        fields.setdefault(entity, []).append(found.primary_key)

        def source(name: str) -> exp.Table | exp.Subquery:
            return opened.scope.source(name, list(dict.fromkeys(fields[name])))

        person, row = column(main, key), column(entity, found.primary_key)
        tree = exp.select(labelled(person, PERSON), labelled(row, ROW)).from_(source(main))
        for each in steps:
            same = exp.EQ(
                this=column(each.parent, each.parent_field),
                expression=column(each.entity, each.field),
            )
            tree.append("joins", exp.Join(this=source(each.entity), on=same))
        return self._engine.run(tree, opened.pins).read_all()


def _places(opened: OpenDataset, entity: str) -> object:
    """Return what tells whether two datasets show the same rows of an entity."""
    pins = {each.table: (each.location, each.version) for each in opened.record.pins}
    tables = [pins.get(each.table) for each in opened.scope.tables_of(entity)[:1]]
    return tables, opened.record.rules


def _people_of(rows: pa.Table, others: pa.Table) -> pa.Array:
    """Return the people of rows whose keys are not among others, as text."""
    keys, known = (each.column(ROW).cast(pa.string()).combine_chunks() for each in (rows, others))
    is_new = pc.invert(pc.is_in(keys, value_set=known))
    return rows.column(PERSON).filter(is_new).cast(pa.string()).combine_chunks().unique()


def _among(keys: pa.Array, people: pa.Array) -> Flags:
    found = pc.is_in(keys.cast(pa.string()), value_set=people)
    flags: Flags = found.to_numpy(zero_copy_only=False)
    return flags
