"""Tables for tests of questions: Parquet files with pins, and a join written in plain Python."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.pin import TablePin
from apollo_spark.query.values import ValueMode
from apollo_spark.tables.layout import arrow_schema
from apollo_spark.workers.values.code_values import parse_code

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]


def pin(table: str, *, location: str = "", version: int = 0) -> TablePin:
    """A pin of which only name, place and version matter."""
    return TablePin(
        table=table, table_id="id", location=location or table, version=version, schema_hash="",
        rows=0, files_digest="", content_hash="",
    )  # fmt: skip


@dataclass
class FileTables:
    """Pinned tables as Parquet files of a folder; a table with no rows has no file."""

    folder: Path
    tables: dict[str, pa.Table] = field(default_factory=dict)

    def add(self, name: str, table: pa.Table, files: int = 1) -> None:
        self.tables[name] = table
        size = -(-table.num_rows // files) or 1
        for number, start in enumerate(range(0, table.num_rows, size)):
            pq.write_table(table.slice(start, size), self._path(name, number))

    @property
    def pins(self) -> dict[str, TablePin]:
        return {name: pin(name) for name in self.tables}

    def files(self, pin: TablePin) -> list[str]:
        paths = (self._path(pin.table, number) for number in range(9))
        return [str(each) for each in paths if each.exists()]

    def schema(self, pin: TablePin) -> pa.Schema:
        return self.tables[pin.table].schema

    def _path(self, name: str, number: int) -> Path:
        return self.folder / f"table {list(self.tables).index(name)} [part {number}] it's.parquet"


def arrow_tables(dictionary: DataDictionary, rows: Rows) -> dict[str, pa.Table]:
    """The rows of each entity as its table."""
    return {
        each.name: pa.Table.from_pylist(list(rows[each.name]), schema=arrow_schema(each))
        for each in dictionary.entities
    }


def answer(reader: pa.RecordBatchReader) -> list[tuple[Any, ...]]:
    """All rows of an answer, in their order."""
    columns = [map(_in_utc, each.to_pylist()) for each in reader.read_all().columns]
    return list(zip(*columns, strict=True))


def _in_utc(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_utc(each) for each in value]
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


def as_multiset(rows: Iterable[tuple[Any, ...]]) -> Counter[str]:
    """Rows without their order."""
    return Counter(map(repr, rows))


def join_outward(
    dictionary: DataDictionary,
    rows: Rows,
    fields: Sequence[str],
    mode: ValueMode,
    *,
    sparse_labels: bool = False,
) -> list[tuple[Any, ...]]:
    """What an extract must give, in any order: nested loops over dictionaries."""
    asked = [tuple(each.split(".")) for each in fields]
    found: list[dict[str, Row]] = [
        {dictionary.main_entity: each} for each in rows[dictionary.main_entity]
    ]
    for near, near_field, far, far_field in _joins(dictionary, {entity for entity, _ in asked}):
        longer = []
        for row in found:
            key = row[near].get(near_field)
            matches = [each for each in rows[far] if key is not None and each[far_field] == key]
            longer += [{**row, far: each} for each in matches or [{}]]
        found = longer

    def show(entity: str, name: str, value: Any) -> list[Any]:
        spec = dictionary.find_entity(entity).find_field(name)  # type: ignore[union-attr]
        assert spec is not None
        if sparse_labels and spec.is_sparse and spec.type is not FieldType.STRING:
            return split_value(dictionary, entity, name, value)
        return [_shown(dictionary, entity, name, value, mode)]

    return [
        tuple(each for path in asked for each in show(*path, row[path[0]].get(path[1])))
        for row in found
    ]


def split_value(dictionary: DataDictionary, entity: str, name: str, value: Any) -> list[Any]:
    """A value without sparse codes, and what those mean."""
    number = _shown(dictionary, entity, name, value, ValueMode.EXCLUDE_SPARSE)
    if isinstance(value, list):
        codes = [each for each in value if each not in (number or [])]
        return [number, _shown(dictionary, entity, name, codes, ValueMode.DECODED) or None]
    meaning = _shown(dictionary, entity, name, value, ValueMode.DECODED)
    return [number, meaning if number is None else None]


def _joins(dictionary: DataDictionary, wanted: set[str]) -> list[tuple[str, str, str, str]]:
    sides = [
        (each.from_entity, each.from_field, each.to_entity, each.to_field)
        for each in dictionary.tree_relations
    ]
    sides += [(far, far_field, near, near_field) for near, near_field, far, far_field in sides]
    joins: list[tuple[str, str, str, str]] = []
    there = {dictionary.main_entity}
    while more := [each for each in sides if each[0] in there and each[2] not in there]:
        joins.append(more[0])
        there.add(more[0][2])
    while idle := [
        each
        for each in joins
        if each[2] not in wanted and not any(other[0] == each[2] for other in joins)
    ]:
        joins.remove(idle[0])
    return joins


def _shown(dictionary: DataDictionary, entity: str, name: str, value: Any, mode: ValueMode) -> Any:
    spec = dictionary.find_entity(entity).find_field(name)  # type: ignore[union-attr]
    assert spec is not None
    coding = dictionary.find_coding(spec.coding_name)
    if value is None or coding is None or mode is ValueMode.RAW:
        return value
    meanings: dict[Any, str] = {}
    for code, meaning in coding.meanings.items():
        meanings.setdefault(parse_code(code, spec.type), meaning)
    if mode is ValueMode.DECODED:
        if isinstance(value, list):
            return [meanings.get(each, _text(spec, each)) for each in value]
        return meanings.get(value, _text(spec, value))
    if not spec.is_sparse:
        return value
    if isinstance(value, list):
        return [each for each in value if each not in meanings] or None
    return None if value in meanings else value


def _text(spec: FieldSpec, value: Any) -> str:
    if spec.type is FieldType.DATETIME:
        return str(value.isoformat()).replace("+00:00", "Z")
    return repr(value) if spec.type is FieldType.FLOAT else str(value)
