"""Figures of a table, taken twice: from the raw file by DuckDB, from the lake by pyarrow.

Both give the same names: `rows`, and for each field how many values it has; for numbers also
their sum, least and greatest, for dates the first and last, for texts how many are different.
"""

import csv
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable

Facts = dict[str, Any]
FieldRow = dict[str, str]

DUCKDB_TYPES = {"integer": "BIGINT", "float": "DOUBLE", "date": "DATE", "datetime": "TIMESTAMPTZ"}


def read_fields(dictionary: Path, entity: str) -> list[FieldRow]:
    """Return the rows of a data dictionary that describe an entity."""
    with dictionary.open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["entity"] == entity]


def source_facts(file: Path, fields: list[FieldRow], *, missing: tuple[str, ...]) -> Facts:
    """Take the figures of a raw csv file, whose every cell is read as text."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.read_csv(
            str(file), header=True, sep=",", quotechar='"', escapechar='"',
            all_varchar=True, na_values=list(missing),
        ).create("source")  # fmt: skip
        facts: Facts = {"rows": connection.sql("SELECT count(*) FROM source").fetchall()[0][0]}
        for field in fields:
            statement = f"SELECT {_aggregates(field)} FROM source"
            facts |= _named(field, connection.sql(statement).fetchall()[0])
        return facts


def stored_facts(pin: dict[str, Any], fields: list[FieldRow]) -> Facts:
    """Take the figures of a pinned table version."""
    table = DeltaTable(pin["path"], version=pin["version"]).to_pyarrow_table()
    assert table.column_names == [field["name"] for field in fields]
    facts: Facts = {"rows": table.num_rows}
    for field in fields:
        column = table[field["name"]].combine_chunks()
        facts |= _named(field, (len(column) - column.null_count, *_figures(column, field)))
    return facts


def nearly(facts: Facts) -> Facts:
    """Return facts to compare others with: sums of floats depend on their order."""
    return {
        name: pytest.approx(each, rel=1e-12) if isinstance(each, float) else each
        for name, each in facts.items()
    }


def _aggregates(field: FieldRow) -> str:
    name = '"' + (field["source_column"] or field["name"]) + '"'
    if field["type"] == "string":
        return f"count({name}), count(DISTINCT {name})"
    typed = f"CAST({name} AS {DUCKDB_TYPES[field['type']]})"
    ends = f"count({name}), min({typed}), max({typed})"
    return ends if field["type"].startswith("date") else f"{ends}, sum({typed})"


def _figures(column: pa.Array, field: FieldRow) -> tuple[Any, ...]:
    if field["type"] == "string":
        return (pc.count_distinct(column, mode="only_valid").as_py(),)
    ends = pc.min_max(column).as_py()
    if field["type"].startswith("date"):
        return ends["min"], ends["max"]
    # Codes of 17 digits add up to more than 64 bits, which pyarrow's sum would not say.
    values = [each for each in column.to_pylist() if each is not None]
    return ends["min"], ends["max"], sum(values) if values else None


def _named(field: FieldRow, figures: tuple[Any, ...]) -> Facts:
    names = (
        ("values", "different") if field["type"] == "string" else ("values", "min", "max", "sum")
    )
    moments = (each.isoformat() if hasattr(each, "isoformat") else each for each in figures)
    return {f"{field['name']} {name}": each for name, each in zip(names, moments, strict=False)}
