"""Values as text, on the embedded engine: the same form as in a csv file."""

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.field import FieldType
from apollo_spark.query.dialects import DuckDBDialect, SparkDialect
from apollo_spark.query.sql import column, labelled, table, typed_if_possible
from apollo_spark.query.values import text_of, type_codes
from apollo_spark.tables.layout import ARROW_TYPES
from apollo_spark.workers.values.texts import format_column
from tests.support.tables import FileTables

UTC = timezone.utc


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        (FieldType.STRING, ["", "a", None]),
        (FieldType.INTEGER, [0, -1, 2**63 - 1, None]),
        (FieldType.FLOAT, [0.0, 1.0, -0.1, 1e-4, 9.99e-5, 1e15, 1e16, 2.5e22, 5e-324, None]),
        (FieldType.DATE, [date(1, 1, 1), date(2020, 2, 29), date(9999, 12, 31), None]),
        (
            FieldType.DATETIME,
            [datetime(999, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, 1, 2, 3, 40, UTC), None],
        ),
    ],
    ids=lambda each: str(each) if isinstance(each, FieldType) else "",
)
def test_a_value_as_text_is_what_a_csv_file_shows(
    tmp_path: Path, type_: FieldType, values: list[Any]
) -> None:
    stored = pa.array(values, ARROW_TYPES[type_])
    tables = FileTables(tmp_path)
    tables.add("t", pa.table({"value": stored}))
    text = labelled(text_of(column("t", "value"), type_), "text")
    tree = exp.select(text).from_(table("t"))

    shown = EmbeddedEngine(tables, threads=1).run(tree, tables.pins).read_all()["text"]

    assert shown.to_pylist() == format_column(stored).to_pylist()


def test_codes_are_compared_as_values_of_the_field() -> None:
    codes = ("1", "01", "x", "-2.50", "1900-1-1")
    coding = Coding(
        name="mixed",
        rows=tuple(
            CodePlace(code=code, meaning=f"<{code}>", display_order=place)
            for place, code in enumerate(codes, start=1)
        ),
    )

    assert type_codes(coding, FieldType.INTEGER).meanings == {1: "<1>"}
    assert type_codes(coding, FieldType.FLOAT).meanings == {1.0: "<1>", -2.5: "<-2.50>"}
    assert type_codes(coding, FieldType.DATE).meanings == {date(1900, 1, 1): "<1900-1-1>"}
    assert set(type_codes(coding, FieldType.STRING).meanings) == set(codes)


@pytest.mark.parametrize("dialect", [SparkDialect, DuckDBDialect], ids=["spark", "duckdb"])
@pytest.mark.parametrize("type_", FieldType)
def test_a_value_of_another_type_is_missing_on_every_engine(dialect: Any, type_: FieldType) -> None:
    assert typed_if_possible(column("a", "b"), type_).sql(dialect=dialect).startswith("TRY_CAST(")
