"""Describe records for people and programs, from the registry alone."""

import json
import re
from typing import Any

from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec


class FieldLine(Record):
    """One field as `fields` lists it."""

    path: str
    type: str
    title: str
    folder: str
    coding: str
    units: str


def describe_record(
    lake: Lake, record: DatasetRecord, *, with_pins: bool = False
) -> dict[str, Any]:
    """Return a record as the JSON object that `show --json` prints.

    Pins hold the location as it is stored; with `with_pins`, also the absolute path, rows, file
    count digest and content hash, enough for any other Delta reader.
    """
    dictionary = lake.load_dictionary(record)
    return {
        "name": record.name,
        "version": record.version,
        "id": record.id,
        "kind": record.kind,
        "schema": record.schema_tag,
        "published": record.lineage.time.isoformat(),
        "main_entity": record.main_entity,
        "entities": {
            each.name: {
                "title": each.title,
                "primary_key": each.primary_key,
                "fields": [spec.name for spec in each.fields],
            }
            for each in dictionary.entities
        },
        "relations": [
            {
                "from": f"{each.from_entity}.{each.from_field}",
                "to": f"{each.to_entity}.{each.to_field}",
                "relationship": each.relationship.value,
            }
            for each in record.relations
        ],
        "codings": {each.name: each.code_count for each in record.codings},
        "assays": [],
        "pins": [describe_pin(lake, record, pin.table, full=with_pins) for pin in record.pins],
        "parents": list(record.lineage.parents),
        "operation": record.lineage.operation,
        "inputs": [each.model_dump(mode="json") for each in record.lineage.inputs],
        "receipt": json.loads(lake.parts.get(record.receipt)),
    }


def describe_pin(lake: Lake, record: DatasetRecord, table: str, *, full: bool) -> dict[str, Any]:
    """Return a pin as JSON."""
    pin = record.pin_of(table)
    short = {"table": pin.table, "version": pin.version, "location": pin.location, "rows": pin.rows}
    if not full:
        return short
    return {
        **short,
        "path": str(lake.tables.folder_of(pin)),
        "content_hash": pin.content_hash,
        "files_digest": pin.files_digest,
    }


def find_fields(dictionary: DataDictionary, pattern: str | None) -> tuple[FieldLine, ...]:
    """Return the fields whose name, title, folder or coding contains a pattern.

    The pattern is a regular expression, matched anywhere and without regard to case.

    Raises:
        UsageError: The pattern is no regular expression.
    """
    try:
        wanted = re.compile(pattern or "", re.IGNORECASE)
    except re.error as wrong:
        raise UsageError(
            f"{pattern!r} is no pattern.", why=f"As a regular expression: {wrong}."
        ) from None
    lines = (_line(entity, spec) for entity, spec in dictionary.paths())
    return tuple(
        line
        for line in lines
        if any(wanted.search(text) for text in (line.path, line.title, line.folder, line.coding))
    )


def _line(entity: Entity, spec: FieldSpec) -> FieldLine:
    return FieldLine(
        path=f"{entity.name}.{spec.name}",
        type=f"{spec.type}{' multi-select' if spec.is_multi_select else ''}",
        title=spec.title or "",
        folder=" > ".join(spec.folder_path),
        coding=f"{spec.coding_name}{' (sparse)' if spec.is_sparse else ''}"
        if spec.coding_name
        else "",
        units=spec.units or "",
    )
