"""The few functions that the engines spell differently, each as a node with both spellings.

Both spellings of a node give equal values: a test runs every one of them on both engines.
"""

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.spark import Spark
from sqlglot.generators import duckdb, spark

from apollo_spark.errors import UsageError


class FloatText(exp.Expression, exp.Func):
    """A double as the shortest text that reads back the same: `1.0`, `0.0001`, `1e-05`."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class DatetimeText(exp.Expression, exp.Func):
    """A datetime as `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`; Spark's session must be set to UTC."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class CodeRows(exp.Expression, exp.Func):
    """One row with columns `c` and `m` for each object of a JSON array, in a select list.

    Tried with 100,000 codes: as VALUES they take 6 s to parse on either engine, so 0.2 s and 1 s.
    """

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class ItemRows(exp.Expression, exp.Func):
    """One row with columns `place` and `item` for each item of an array, in a select list."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class ListItem(exp.Expression, exp.Func):
    """One item of an array by its place from 0, or NULL where the array is shorter."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "place": True}


class OrderedList(exp.Expression, exp.Func):
    """The texts of a group as one array, by their place; a missing text keeps its place."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "place": True}


class Quantile(exp.Expression, exp.Func):
    """The number that a share of values do not exceed; between two it is interpolated."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "share": True}


class Quartiles(exp.Expression, exp.Func):
    """The quartiles of values as an array, each as `Quantile` has it, in one pass."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class Barrier(exp.Expression, exp.Func):
    """A number from 0 on that keeps Spark from writing one layer of a statement into the next.

    Spark puts what a column stands for wherever the column is named, layer by layer: what each
    layer names twice would be written twice as often with each. It leaves random numbers alone.
    """

    arg_types: ClassVar[dict[str, bool]] = {"this": False}


class Moved(exp.Expression, exp.Func):
    """A date or datetime some days, weeks, months or years later; a month's end stays in the month.

    `unit` and `of` are the words of the offset's unit and of the value's type.
    """

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "number": True, "unit": True, "of": True}


# Java before 19 prints some doubles with a digit too many, and the smallest with two where one is
# enough, all of them below 1e-4 or above 1e16. There the fewest digits that read back are searched;
# of 140,000 random doubles, 6 keep another last digit, and read back the same all the same.
_SPARK_PLAIN_FLOAT = (
    "REGEXP_REPLACE(CAST(CAST(CAST({x} AS STRING) AS DECIMAL(38, 21)) AS STRING), "
    "'(\\\\.[0-9]+?)0*$', '$1')"
)
_SPARK_ROUNDED_FLOAT = "FORMAT_STRING('%.{digits}e', {x})"
_QUARTILES = "0.25, 0.5, 0.75"
_DIGITS = (0, 14, 15)
_MOST_DIGITS = 16
_CODES_IN_SPARK = "ARRAY<STRUCT<c: STRING, m: STRING>>"
_CODES_IN_DUCKDB = '[{"c": "VARCHAR", "m": "VARCHAR"}]'


def _spark_float_text(self: Any, node: FloatText) -> str:
    x = self.sql(node, "this")
    rounded = [_SPARK_ROUNDED_FLOAT.format(digits=digits, x=x) for digits in _DIGITS]
    cases = " ".join(f"WHEN CAST({each} AS DOUBLE) = {x} THEN {each}" for each in rounded)
    last = _SPARK_ROUNDED_FLOAT.format(digits=_MOST_DIGITS, x=x)
    return (
        # What is missing is no text to be searched for digits: its cast would fail.
        f"CASE WHEN {x} IS NULL THEN NULL WHEN {x} = 0 THEN '0.0' "
        f"WHEN ABS({x}) >= 1e-4D AND ABS({x}) < 1e16D THEN {_SPARK_PLAIN_FLOAT.format(x=x)} "
        f"ELSE REGEXP_REPLACE(CASE {cases} ELSE {last} END, '\\\\.?0*e', 'e') END"
    )


def _spark_datetime_text(self: Any, node: DatetimeText) -> str:
    pattern = exp.Literal.string("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'")
    return _without_empty_fraction(self, self.func("DATE_FORMAT", node.this, pattern))


def _duckdb_datetime_text(self: Any, node: DatetimeText) -> str:
    pattern = exp.Literal.string("%Y-%m-%dT%H:%M:%S.%fZ")
    return _without_empty_fraction(self, self.func("STRFTIME", node.this, pattern))


def _without_empty_fraction(self: Any, text: str) -> str:
    ends = (exp.Literal.string(".000000Z"), exp.Literal.string("Z"))
    return str(self.func("REPLACE", text, *ends))


def _spark_code_rows(self: Any, node: CodeRows) -> str:
    shape = exp.Literal.string(_CODES_IN_SPARK)
    return f"INLINE({self.func('FROM_JSON', node.this, shape)})"


def _duckdb_code_rows(self: Any, node: CodeRows) -> str:
    shape = exp.Literal.string(_CODES_IN_DUCKDB)
    return f"UNNEST({self.func('FROM_JSON', node.this, shape)}, recursive := TRUE)"


def _spark_item_rows(self: Any, node: ItemRows) -> str:
    return f"POSEXPLODE({self.sql(node, 'this')}) AS (`place`, `item`)"


def _duckdb_item_rows(self: Any, node: ItemRows) -> str:
    items = self.sql(node, "this")
    return f'GENERATE_SUBSCRIPTS({items}, 1) AS "place", UNNEST({items}) AS "item"'


def _spark_barrier(self: Any, node: Barrier) -> str:
    below = node.args.get("this")
    return f"{self.sql(below)} + RAND()" if below else "RAND()"


def _spark_ordered_list(self: Any, node: OrderedList) -> str:
    pair = f"STRUCT({self.sql(node, 'place')} AS place, {self.sql(node, 'this')} AS text)"
    return f"TRANSFORM(ARRAY_SORT(COLLECT_LIST({pair})), pair -> pair.text)"


def _duckdb_ordered_list(self: Any, node: OrderedList) -> str:
    return f"LIST({self.sql(node, 'this')} ORDER BY {self.sql(node, 'place')})"


def _spark_list_item(self: Any, node: ListItem) -> str:
    return f"GET({self.sql(node, 'this')}, {self.sql(node, 'place')})"


def _duckdb_list_item(self: Any, node: ListItem) -> str:
    return f"LIST_EXTRACT({self.sql(node, 'this')}, {self.sql(node, 'place')} + 1)"


_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "years": 12}


def _spark_moved(self: Any, node: Moved) -> str:
    moved, number, unit = self.sql(node, "this"), int(node.text("number")), node.text("unit")
    is_date = node.text("of") == "date"
    if unit in _DAYS:
        days = number * _DAYS[unit]
        return f"DATE_ADD({moved}, {days})" if is_date else f"{moved} + MAKE_DT_INTERVAL({days})"
    months = number * _MONTHS[unit]
    if is_date:
        return f"ADD_MONTHS({moved}, {months})"
    return f"{moved} + MAKE_YM_INTERVAL(0, {months})"


def _duckdb_moved(self: Any, node: Moved) -> str:
    number, unit = int(node.text("number")), node.text("unit")
    is_days = unit in _DAYS
    length = f"({number * (_DAYS if is_days else _MONTHS)[unit]}) {'DAY' if is_days else 'MONTH'}"
    moved = f"{self.sql(node, 'this')} + INTERVAL {length}"
    return f"CAST({moved} AS DATE)" if node.text("of") == "date" else moved


class SparkGenerator(spark.SparkGenerator):
    """Writes statements for Spark, which then replaces no variables in texts and names."""

    TRANSFORMS: ClassVar[dict[Any, Any]] = {
        **spark.SparkGenerator.TRANSFORMS,
        FloatText: _spark_float_text,
        DatetimeText: _spark_datetime_text,
        CodeRows: _spark_code_rows,
        ItemRows: _spark_item_rows,
        ListItem: _spark_list_item,
        Moved: _spark_moved,
        Barrier: _spark_barrier,
        Quantile: lambda self, node: self.func("PERCENTILE", node.this, node.args["share"]),
        Quartiles: lambda self, node: f"PERCENTILE({self.sql(node, 'this')}, ARRAY({_QUARTILES}))",
        OrderedList: _spark_ordered_list,
    }

    def escape_str(self, text: str, *args: Any, **options: Any) -> str:
        """Escape a text; before parsing, Spark would put a variable's value for `${name}`."""
        return super().escape_str(text, *args, **options).replace("${", "\\u0024{")

    def identifier_sql(self, expression: exp.Identifier) -> str:
        """Quote a name.

        Raises:
            UsageError: The name holds `${`, which nothing can escape inside a name.
        """
        require_no_variable(expression.name)
        return super().identifier_sql(expression)


def require_no_variable(name: str) -> None:
    """Require a name that Spark does not take for one of its variables.

    Raises:
        UsageError: The name holds `${`, which nothing can escape inside a name.
    """
    if "${" in name:
        raise UsageError("Spark cannot read a table or path whose name holds '${'.")


class DuckDBGenerator(duckdb.DuckDBGenerator):
    """Writes statements for DuckDB."""

    TRANSFORMS: ClassVar[dict[Any, Any]] = {
        **duckdb.DuckDBGenerator.TRANSFORMS,
        FloatText: lambda self, node: f"CAST({self.sql(node, 'this')} + 0.0 AS TEXT)",
        DatetimeText: _duckdb_datetime_text,
        CodeRows: _duckdb_code_rows,
        ItemRows: _duckdb_item_rows,
        ListItem: _duckdb_list_item,
        Moved: _duckdb_moved,
        Barrier: lambda *_: "0",
        Quantile: lambda self, node: self.func("QUANTILE_CONT", node.this, node.args["share"]),
        Quartiles: lambda self, node: f"QUANTILE_CONT({self.sql(node, 'this')}, [{_QUARTILES}])",
        OrderedList: _duckdb_ordered_list,
    }


class SparkDialect(Spark):
    """Spark with our nodes."""

    Generator = SparkGenerator


class DuckDBDialect(DuckDB):
    """DuckDB with our nodes."""

    Generator = DuckDBGenerator
