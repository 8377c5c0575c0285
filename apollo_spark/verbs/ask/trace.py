"""From one cell back to the file, its SHA-256 and the line. No JVM is needed."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import BrokenPinError, NotFoundError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.tables.locating import RowPlace, SourceLine, find_rows, read_cell
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import home_of
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import InputFile
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.guarded.persons import require_rows
from apollo_spark.query.extract import find_fields
from apollo_spark.query.sql import column, labelled, literal, table
from apollo_spark.records.showing import hides_details
from apollo_spark.verbs.ask.cell_origin import Cell, column_of_origin, find_origin, inputs_of
from apollo_spark.workers.values.dates import parse_date, parse_datetime
from apollo_spark.workers.values.numerals import parse_float, parse_integer

Key = str | int | float | date | datetime


class CellTrace(Record):
    """Where a cell came from; of a view only what it is called there, unless in full.

    Attributes:
        dataset: The version that was asked.
        entity: The entity of the row.
        field: The field.
        table: Location of the table that holds the cell.
        table_version: The version of it that is read.
        file: The Parquet file.
        row: The row in it, from 0.
        source: The raw file and line; None where nothing is known of the line.
        column: The column of the raw file.
        made_by: The version that brought the value.
        operation: What that version did.
        inputs: The raw files that this version read for the entity, where `source` is None.
    """

    dataset: str
    entity: str
    field: str
    table: str | None
    table_version: int | None
    file: str | None
    row: int | None
    source: SourceLine | None
    column: str | None
    made_by: str | None
    operation: str | None
    inputs: tuple[InputFile, ...] = ()


class TraceRequest(VerbRequest):
    """What a person asks for: the options of `apollo trace`.

    Attributes:
        name: The version of a dataset.
        entity: The entity of the row.
        key: Its primary key, as in the raw file.
        field: The field.
        value: Whether the value is shown too: it is data.
        full: Whether to show what a view keeps to itself: tables, files and lines of its base.
    """

    verb = "trace"

    name: str
    entity: str
    key: str
    field: str
    value: bool = False
    full: bool = False


@dataclass(frozen=True)
class Traced:
    """Where a cell came from, and its value, which is for who asks for it only."""

    trace: CellTrace
    value: Any
    with_value: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the trace, and the value where it was asked for."""
        value = {"value": self.value} if self.with_value else {}
        return {**self.trace.as_json(), **value}


def trace(asker: Asker, request: TraceRequest) -> Traced:
    """Find where one cell came from.

    Raises:
        NotFoundError: No such version, entity or field, no such row that may be seen, or the row
            has nothing in the table of that field.
        UsageError: The entity has no primary key.
        BrokenPinError: A file cannot be read.
    """
    lake, entity = asker.lake, request.entity
    opened = lake.open(parse_reference(request.name))
    require_rows(lake, opened, "The origin of cells")
    ((found, spec),) = find_fields(opened.scope, (f"{entity}.{request.field}",))
    if found.primary_key is None:
        raise UsageError(f"Rows of {entity} have no name.", why="It has no primary key.")
    traced = _Trace(lake, opened, found, spec, found.primary_key, full=request.full)
    return replace(traced.run(request.key), with_value=request.value)


class _Trace:
    """One cell that is looked for."""

    def __init__(
        self,
        lake: Lake,
        opened: OpenDataset,
        entity: Entity,
        spec: FieldSpec,
        primary_key: str,
        *,
        full: bool,
    ) -> None:
        self._is_kept = hides_details(opened.record, full=full)
        self._lake = lake
        self._opened = opened
        self._entity = entity
        self._spec = spec
        self._primary_key = primary_key
        self._tables = opened.scope.tables_of(entity.name)
        self._home = self._tables[home_of(self._tables, spec.name)]
        self._cell_column = self._home.column_of(spec.name)

    def run(self, key: str) -> Traced:
        """Look for it."""
        pin = self._opened.record.pin_of(self._home.table)
        value = self._value_of_home(key)
        try:
            place = next(
                find_rows(self._lake.tables.checked_files(pin), self._key_column(), value), None
            )
            if place is None:
                raise self._not_found()
            found = read_cell(place, self._cell_column)
            cell = Cell(self._key_column(), value, self._cell_column, found)
            return Traced(trace=self._tell(pin, place, cell), value=found)
        except (OSError, pa.ArrowException) as error:
            raise BrokenPinError(
                f"A file of {pin} cannot be read.", fix="apollo verify says which."
            ) from error

    def _value_of_home(self, key: str) -> Key:
        """Return the value by which the table of the field knows the row, if it may be seen."""
        typed = _typed(key, self._entity, self._primary_key)
        if typed is None:
            raise self._not_found()
        on = self._home.on or self._primary_key
        scope = self._opened.scope
        fields = list(dict.fromkeys([self._primary_key, on]))
        shown = exp.select(labelled(column(self._entity.name, on), "on")).from_(
            scope.source(self._entity.name, fields), copy=False
        )
        named = exp.EQ(this=column(self._entity.name, self._primary_key), expression=literal(typed))
        rows = self._ask(shown.where(named, copy=False))
        if not rows:
            raise self._not_found()
        value: Key | None = rows[0]
        if value is None or not self._is_shown_at_home(value):
            raise self._not_found()
        return value

    def _is_shown_at_home(self, value: Key) -> bool:
        """Whether the guards of the field's table let the row through."""
        alias = "the row"
        key = self._key_column()
        found = exp.select(labelled(column(alias, key), "on")).from_(
            table(self._home.table, alias), copy=False
        )
        named = exp.EQ(this=column(alias, key), expression=literal(value))
        found = found.where(named, copy=False)
        for guard in self._home.guards:
            found = found.where(self._opened.scope.guarded(guard, alias), copy=False)
        return bool(self._ask(found))

    def _ask(self, tree: exp.Select) -> list[Any]:
        engine = EmbeddedEngine(self._lake.tables)
        answer = engine.run(tree, self._opened.pins).read_all()
        return list(answer.column("on").to_pylist())

    def _key_column(self) -> str:
        """Return the column of the field's table that says to which row of the entity one is."""
        if self._home is self._tables[0]:
            return self._home.column_of(self._primary_key)
        return self._home.key or self._home.on or self._primary_key

    def _not_found(self) -> NotFoundError:
        # Neither the key nor why it is not seen: both may be what a view hides.
        return NotFoundError(
            f"{self._opened.record} shows no value of {self._entity.name}.{self._spec.name} "
            "in a row of that key."
        )

    def _tell(self, pin: TablePin, place: RowPlace, cell: Cell) -> CellTrace:
        if self._is_kept:
            return self._tell_nothing()
        origin = find_origin(self._lake, pin, place, cell)
        header = (
            column_of_origin(self._lake, origin.maker, origin.location, origin.column)
            if origin.maker
            else None
        )
        maker = origin.maker
        is_known = origin.source is not None or maker is None
        return CellTrace(
            dataset=str(self._opened.record),
            entity=self._entity.name,
            field=self._spec.name,
            table=pin.location,
            table_version=pin.version,
            file=Path(place.path).name,
            row=place.row,
            source=origin.source,
            column=header or cell.column,
            made_by=None if maker is None else str(maker),
            operation=None if maker is None else maker.lineage.operation,
            inputs=() if is_known or maker is None else inputs_of(maker, origin.location),
        )

    def _tell_nothing(self) -> CellTrace:
        """Return the cell by its names alone: gaps between lines would mention hidden rows."""
        return CellTrace(
            dataset=str(self._opened.record),
            entity=self._entity.name,
            field=self._spec.name,
            table=None,
            table_version=None,
            file=None,
            row=None,
            source=None,
            column=None,
            made_by=None,
            operation=None,
        )


def _typed(key: str, entity: Entity, primary_key: str) -> Key | None:
    """Return a key as the values of its field are; None where it can be none of them."""
    spec = entity.find_field(primary_key)
    kind = FieldType.STRING if spec is None else spec.type
    if kind is FieldType.INTEGER:
        return parse_integer(key)
    if kind is FieldType.FLOAT:
        return parse_float(key)
    if kind is FieldType.STRING:
        return key
    parsed = parse_date(key) if kind is FieldType.DATE else parse_datetime(key)
    return None if parsed is None else parsed.value
