"""Write small tables of an entity's fields, which only extensions wrote, anew as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from apollo_spark.engines.base import Engine
from apollo_spark.ingest.wide import columns_of
from apollo_spark.lake.publishing import Publication
from apollo_spark.lake.tables.draft import TableDraft
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.pin import TablePin
from apollo_spark.query.slices import folded_rows
from apollo_spark.tables.layout import SliceSize, cut_fields, plan_slice_folds
from apollo_spark.workers.values.hashing import ContentHash, hash_table


@dataclass(frozen=True)
class FieldTables:
    """The tables of an entity's fields, and the pins of those that are new.

    Attributes:
        slices: All of them, the one with every row first.
        pins: Those that this publication wrote, and `slices` name.
        folded: How many earlier tables are among what was written anew.
    """

    slices: tuple[TableSlice, ...]
    pins: tuple[TablePin, ...]
    folded: int = 0


@dataclass(frozen=True)
class SliceFolding:
    """Folds the tables of one entity.

    Attributes:
        entity: The entity with all its fields.
        publication: The extension; only what lies beside its own tables is folded.
        engine: Reads the tables.
        pins: The pins of what is there.
        max_columns: Most columns of a table.
    """

    entity: Entity
    publication: Publication
    engine: Engine
    pins: Mapping[str, TablePin]
    max_columns: int

    def fold(
        self,
        before: Sequence[TableSlice],
        added: Sequence[TableSlice],
        pins: Sequence[TablePin],
        *,
        name: str,
    ) -> FieldTables:
        """Return the tables of the entity when new ones have come.

        Args:
            before: Those of the version before.
            added: The new ones; all but the last are full.
            pins: The pins of the new ones.
            name: What the tables that are written here are called.
        """
        fields = sum(len(each.fields or ()) for each in added)
        small = {each.table: each for each in before[1:] if self._is_own(each)}
        sizes = [SliceSize(each.table, len(each.fields or ())) for each in small.values()]
        chosen = plan_slice_folds(sizes, fields, self.max_columns)
        if not chosen:
            return FieldTables((*before, *added), tuple(pins))
        sources = (*(small[each] for each in small if each in chosen), added[-1])
        known = {**self.pins, **{each.table: each for each in pins}}
        self.publication.step("fold tables")
        written, new_pins = self._write(sources, known, name)
        kept = [each for each in before if each.table not in chosen]
        return FieldTables(
            slices=(*kept, *added[:-1], *written),
            pins=(*pins[:-1], *new_pins),
            folded=len(chosen),
        )

    def _is_own(self, each: TableSlice) -> bool:
        """Whether a table holds fields of an extension of this dataset, and nothing else."""
        pin = self.pins[each.table]
        key = self.entity.primary_key
        return (
            pin.is_of(self.publication.name)
            and pin.folder_name.startswith(fields_table(self.entity.name))
            and bool(each.fields)
            and not each.guards
            and {each.key, each.on} <= {None, key}
        )

    def _write(
        self, sources: Sequence[TableSlice], pins: Mapping[str, TablePin], name: str
    ) -> tuple[list[TableSlice], list[TablePin]]:
        names = [field for each in sources for field in each.fields or ()]
        written, new_pins = [], []
        for number, fields in enumerate(cut_fields(names, self.max_columns), start=1):
            draft = self.publication.table(name if number == 1 else f"{name}.{number}")
            pin = self._write_one(draft, _only(sources, set(fields)), fields, pins)
            written.append(TableSlice(table=pin.table, fields=fields))
            new_pins.append(pin)
        return written, new_pins

    def _write_one(
        self,
        draft: TableDraft,
        sources: Sequence[TableSlice],
        fields: Sequence[str],
        pins: Mapping[str, TablePin],
    ) -> TablePin:
        key = str(self.entity.primary_key)
        schema = columns_of(self.entity, [key, *fields])
        content = ContentHash()
        with draft.open_file() as writer:
            for batch in self.engine.run(folded_rows(key, sources), pins):
                table = pa.Table.from_batches([batch]).select(schema.names).cast(schema)
                content += hash_table(table)
                writer.add(table, None)
        draft.commit([writer.written] if writer.written else [], schema)
        return draft.pin(content_hash=content.hex())


def fields_table(entity: str) -> str:
    """Return how the names of tables begin that hold added fields of an entity."""
    return f"{entity}.fields."


def _only(sources: Sequence[TableSlice], fields: set[str]) -> list[TableSlice]:
    """Return the tables that hold any of some fields, with these alone."""
    found = []
    for each in sources:
        own = tuple(name for name in each.fields or () if name in fields)
        if own:
            found.append(each.model_copy(update={"fields": own}))
    return found
