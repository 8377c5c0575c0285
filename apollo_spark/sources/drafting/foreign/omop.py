"""The field-level specification of the OMOP common data model: tables, types, keys, references.

It is the csv that the model is published with (`cdmTableName`, `cdmFieldName`, `cdmDatatype` ...).
"""

from collections.abc import Iterator, Mapping

from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.sources.drafting.foreign.collected import Collected, Reference
from apollo_spark.sources.text_table import TextTable

REQUIRED = ("cdmtablename", "cdmfieldname", "cdmdatatype")
TYPES: Mapping[str, FieldType] = {
    "integer": FieldType.INTEGER,
    "bigint": FieldType.INTEGER,
    "float": FieldType.FLOAT,
    "numeric": FieldType.FLOAT,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "timestamp": FieldType.DATETIME,
}
YES = "yes"


def read_omop(table: TextTable) -> Collected:
    """Return the tables of the model as entities; the main one is `person`."""
    fields: dict[str, list[FieldSpec]] = {}
    keys: dict[str, str] = {}
    for row in table.rows:
        entity, name = row["cdmtablename"].strip().lower(), row["cdmfieldname"].strip().strip('"')
        fields.setdefault(entity, []).append(
            FieldSpec(
                name=name.lower(),
                type=TYPES.get(row["cdmdatatype"].lower().partition("(")[0], FieldType.STRING),
                description=row["userguidance"] or None,
            )
        )
        if row["isprimarykey"].lower() == YES:
            keys.setdefault(entity, name.lower())
    return Collected(fields, keys, [], "person", tuple(_references(table)))


def _references(table: TextTable) -> Iterator[Reference]:
    for row in table.rows:
        if row["isforeignkey"].lower() == YES and row["fktablename"]:
            yield Reference(
                row["cdmtablename"].strip().lower(),
                row["cdmfieldname"].strip().lower(),
                row["fktablename"].strip().lower(),
            )
