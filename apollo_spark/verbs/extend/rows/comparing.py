"""Compare rows given with those that are stored: which are new, which change, which go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.scratch import ScratchFiles
from apollo_spark.ingest.withdrawn_rows import BaseRows, GivenColumn
from apollo_spark.ingest.write import KeySets
from apollo_spark.lake.tables.contents import StoredFile
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.lake.tables.workspace import Workspace
from apollo_spark.model.pin import TablePin
from apollo_spark.query.row_changes import (
    FILE,
    GONE,
    count_changed,
    count_met,
    key_range,
    matched_files,
    shared_keys,
    unmet_keys,
)
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import table
from apollo_spark.verbs.extend.rows.plan import RowPlan
from apollo_spark.verbs.extend.rows.staging import StagedRows
from apollo_spark.verbs.extend.rows.tables import RowTable
from apollo_spark.workers.files.patching import KEY

MEMORY = "256MB"
"""Questions go to disk above this, so that memory does not grow with the rows."""


@dataclass(frozen=True)
class ChangedRows:
    """What the rows given do to the rows of the entity."""

    read: int
    added: int
    changed: int
    deleted: int

    @property
    def unchanged(self) -> int:
        """Rows given that are there already, with the same values."""
        return self.read - self.added - self.changed

    @property
    def is_nothing(self) -> bool:
        """Whether the entity stays as it is."""
        return not (self.added or self.changed or self.deleted)


class RowComparison:
    """Questions over the rows given and the stored ones.

    Of the stored files only those are read whose keys may be among the keys given; of their
    columns, the key first, and others only in files where it was found.

    Args:
        plan: What is given.
        tables: The tables of the entity.
        staged: The rows given, None where there are none; a list for each table in `tables`.
        keys: The keys to delete, None where there are none.
        base_rows: The version that is there; withdrawn rows of it count as not there.
        store: Where the tables are.
        workspace: Closes what is open when the extension ends.
    """

    def __init__(
        self,
        plan: RowPlan,
        tables: Sequence[RowTable],
        staged: StagedRows | None,
        keys: StagedRows | None,
        *,
        base_rows: BaseRows,
        store: TableStore,
        workspace: Workspace,
    ) -> None:
        self.plan = plan
        self.tables = tables
        self.staged = staged
        self.keys = keys
        self.scope = base_rows.shown
        self._base_rows = base_rows
        self._store = store
        self._scratch = ScratchFiles(store)
        self._engine = EmbeddedEngine(self._scratch, memory_limit=MEMORY, file_column=FILE)
        self._pins: dict[str, TablePin] = dict(base_rows.opened.pins)
        self._add_given()
        self._asked = self._engine
        if all(pin.is_ours for pin in base_rows.opened.pins.values()):
            self._asked = workspace.open(self._engine.over({}, folders=self._folders()))
        self.matched = {each.number: self._narrow(each) for each in tables if each.is_own}

    def run(self, tree: exp.Query) -> pa.RecordBatchReader:
        """Answer a question over stored rows, rows given and keys to delete."""
        return self._asked.run(tree, self._pins)

    def number(self, tree: exp.Query) -> int:
        """Answer a question whose answer is one number."""
        found: int = self.run(tree).read_all().column(0)[0].as_py()
        return found

    def values(self, tree: exp.Query) -> pa.Array:
        """Answer a question whose answer is one column."""
        return self.run(tree).read_all().column(0).combine_chunks()

    @property
    def deletes(self) -> bool:
        """Whether there are keys to delete."""
        return self.keys is not None

    @property
    def entity_scope(self) -> QueryScope:
        """What checks read of the entity: of its own tables also rows that rules hide."""
        return self._base_rows.own if self.tables[0].is_own else self.scope

    def given_columns(self) -> dict[str, GivenColumn]:
        """Return where each field of the rows given is."""
        if self.staged is None:
            return {}
        found = {
            name: GivenColumn(name, each.new, column)
            for each in self.tables
            for column, name in each.given.items()
        }
        first, key = self.tables[0], self.plan.entity.primary_key
        if key is not None and first.key is not None:
            found[key] = GivenColumn(key, first.new, first.key)
        return found

    def hidden_given(self) -> KeySets:
        """Return the values of rows given that are of withdrawn people, by field."""
        return self._hidden(self.given_columns())

    def hidden_deletes(self) -> KeySets:
        """Return the keys to delete that are of withdrawn people."""
        key = self.plan.entity.primary_key
        if self.keys is None or key is None:
            return {}
        return self._hidden({key: GivenColumn(key, GONE, KEY)})

    def _hidden(self, given: dict[str, GivenColumn]) -> KeySets:
        return self._base_rows.hidden_in(
            self.plan.entity.name,
            given,
            is_own=self.tables[0].is_own,
            ask=lambda tree, more: (
                self._engine.run(tree, {**self._pins, **more}).read_all().column(0).combine_chunks()
            ),
        )

    @cached_property
    def counts(self) -> ChangedRows:
        """How many rows come, change and go."""
        first, read = self.tables[0], 0 if self.staged is None else self.staged.rows
        deleted, met, changed = 0, 0, 0
        if self.keys is not None:
            deleted = self.number(count_met(GONE, KEY, self._rows, self._row_key))
        if self.staged is not None and first.key is not None:
            met = self.number(count_met(first.new, first.key, self._rows, self._row_key))
            pairs = [each.changed for each in self.tables if each.given]
            compared = [each for each in pairs if each is not None]
            if met and compared:
                changed = self.number(count_changed(compared, self._rows, self._row_key))
        return ChangedRows(read=read, added=read - met, changed=changed, deleted=deleted)

    @cached_property
    def unmatched_deletes(self) -> pa.Array:
        """The keys to delete that no row has."""
        return self.values(unmet_keys(GONE, KEY, self._rows, self._row_key))

    @cached_property
    def contradicted_deletes(self) -> pa.Array:
        """The keys to delete that a row given has."""
        first = self.tables[0]
        if self.staged is None or first.key is None:
            return pa.array([], pa.string())
        return self.values(shared_keys(GONE, KEY, first.new, first.key))

    def _rows(self, alias: str) -> exp.Table | exp.Subquery:
        """Return the stored rows of the entity: of an own table also those that rules hide."""
        if self.tables[0].is_own:
            return table(self.tables[0].old, alias)
        return self.scope.source(self.plan.entity.name, [self._row_key], alias)

    @property
    def _row_key(self) -> str:
        key = self.tables[0].key if self.tables[0].is_own else self.plan.entity.primary_key
        assert key is not None, "rows without a key are compared with none"
        return key

    def _add_given(self) -> None:
        if self.staged is not None:
            taking = [each for each in self.tables if each.takes_rows]
            for each, paths in zip(taking, self.staged.paths, strict=True):
                self._pins[each.new] = self._scratch.add(each.new, paths, each.schema)
        if self.keys is not None:
            type_ = self.tables[0].schema.field(str(self.tables[0].key)).type
            schema = pa.schema([pa.field(KEY, type_)])
            self._pins[GONE] = self._scratch.add(GONE, self.keys.paths[0], schema)

    def _folders(self) -> set[Path]:
        """Return where the files of stored tables are, and those of what is given."""
        found = {self._store.folder_of(pin) for pin in self._base_rows.opened.pins.values()}
        given = [each for each in (self.staged, self.keys) if each is not None]
        return found | {
            Path(path).parent for each in given for paths in each.paths for path in paths
        }

    def _narrow(self, own: RowTable) -> tuple[str, ...]:
        """Let questions read only the stored files that hold a key given, and return these."""
        others = [(own.new, own.key)] if self.staged is not None and own.takes_rows else []
        others += [(GONE, KEY)] if self.deletes else []
        found: dict[str, None] = {}
        for name, key in others:
            if own.key is None or key is None:
                continue
            self._read_only(own, self._may_hold(own, name, key))
            matched = self.run(matched_files(own.old, own.key, name, key)).read_all()
            found |= dict.fromkeys(sorted(matched.column(FILE).to_pylist()))
        self._read_only(own, found)
        return tuple(found)

    def _read_only(self, own: RowTable, paths: Sequence[str] | dict[str, None]) -> None:
        self._pins[own.old] = self._scratch.add(own.old, tuple(paths), own.schema)

    def _may_hold(self, own: RowTable, name: str, key: str) -> list[str]:
        """Return the files whose statistics do not rule out that a key of a table is in them."""
        least, largest = (each[0].as_py() for each in self.run(key_range(name, key)).read_all())
        folder = self._store.folder_of(own.pin)
        files = self._store.stored_files(own.pin)
        return [
            str(folder / each.path)
            for each in files
            if least is not None and _overlaps(each, str(own.key), least, largest)
        ]


def _overlaps(file: StoredFile, key: str, least: Any, largest: Any) -> bool:
    low: Any = file.least.get(key)
    high: Any = file.largest.get(key)
    # The log rounds times; files without bounds may hold anything.
    is_exact = isinstance(least, str | int | float | date) and not isinstance(least, datetime)
    if not (is_exact and type(low) is type(high) is type(least)):
        return True
    return bool(low <= largest and least <= high)
