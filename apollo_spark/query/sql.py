"""The one quoting place: names and values become nodes of a SQL tree, never pieces of text.

In a tree a table goes by the name of its pin. An engine, or `spark_statement`, puts the pinned
version in its place.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from sqlglot import exp

from apollo_spark.errors import NotFoundError
from apollo_spark.model.field import FieldType
from apollo_spark.model.filter import with_deep_recursion
from apollo_spark.model.pin import TablePin
from apollo_spark.query.dialects import DuckDBDialect, SparkDialect, require_no_variable

TypedValue = str | int | float | date | datetime
Sources = Callable[[str], exp.Table]

_SQL_TYPES = {
    FieldType.STRING: "text",
    FieldType.INTEGER: "bigint",
    FieldType.FLOAT: "double",
    FieldType.DATE: "date",
    FieldType.DATETIME: "timestamptz",
}


def name(text: str) -> exp.Identifier:
    """Return a name, quoted whatever it holds."""
    return exp.to_identifier(text, quoted=True)


def table(pinned: str, alias: str | None = None) -> exp.Table:
    """Return a table by the name of its pin, under another name where one is given."""
    found = exp.Table(this=name(pinned))
    return found if alias is None else _under(found, alias)


def column(owner: str | None, text: str) -> exp.Column:
    """Return a column of the table with that name or alias."""
    return exp.Column(this=name(text), table=None if owner is None else name(owner))


def labelled(value: exp.Expr, label: str) -> exp.Alias:
    """Return a value of a select list under a name."""
    return exp.Alias(this=value, alias=name(label))


def derived(query: exp.Query, alias: str) -> exp.Subquery:
    """Return a query that takes the place of a table."""
    return exp.Subquery(this=query, alias=exp.TableAlias(this=name(alias)))


def literal(value: TypedValue) -> exp.Expr:
    """Return a value; what is neither text nor a whole number says its type."""
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, int):
        return exp.Literal.number(value)
    if isinstance(value, float):
        return cast(exp.Literal.string(repr(value)), FieldType.FLOAT)
    type_ = FieldType.DATETIME if isinstance(value, datetime) else FieldType.DATE
    return cast(exp.Literal.string(value.isoformat()), type_)


def cast(value: exp.Expr, type_: FieldType) -> exp.Cast:
    """Return a value as a type of the data dictionary."""
    return exp.Cast(this=value, to=exp.DataType.build(_SQL_TYPES[type_]))


def typed_if_possible(value: exp.Expr, type_: FieldType) -> exp.Cast:
    """Return a value of any type as one of the data dictionary, missing where it is none."""
    if type_ in (FieldType.INTEGER, FieldType.FLOAT):
        # No engine casts a date to a number, and all of them read a text.
        value = cast(value, FieldType.STRING)
    # Unless it is called safe, a statement for Spark has the cast that fails.
    return exp.TryCast(this=value, to=exp.DataType.build(_SQL_TYPES[type_]), safe=True)


def texts(values: exp.Expr) -> exp.Cast:
    """Return an array as an array of texts."""
    return exp.Cast(this=values, to=exp.DataType.build("array<text>"))


def ascending(value: exp.Expr) -> exp.Ordered:
    """Return an ascending order in which missing values come first, on every engine."""
    return exp.Ordered(this=value, desc=False, nulls_first=True)


@with_deep_recursion
def with_sources(tree: exp.Query, source: Sources) -> exp.Query:
    """Return a tree in which every pinned table is replaced by where it is read from.

    Args:
        tree: A question; it stays as it is.
        source: Gives for the name of a pin what comes after FROM. Called once for each table.
    """
    found = tree.copy()
    placed: dict[str, exp.Table] = {}
    nodes = list(found.find_all(exp.CTE, exp.Table))
    own = {each.alias for each in nodes if isinstance(each, exp.CTE)}
    for each in nodes:
        if isinstance(each, exp.CTE) or each.name in own:
            continue
        if each.name not in placed:
            placed[each.name] = source(each.name)
        each.replace(_under(placed[each.name].copy(), each.alias or each.name))
    return found


def pin_named(pins: Mapping[str, TablePin], table_name: str) -> TablePin:
    """Return the pin that a tree's table stands for.

    Raises:
        NotFoundError: The tree names a table that is not pinned.
    """
    if table_name not in pins:
        raise NotFoundError(f"No table {table_name!r} is pinned here.")
    return pins[table_name]


@with_deep_recursion
def spark_statement(
    tree: exp.Query,
    pins: Mapping[str, TablePin],
    locate: Callable[[TablePin], str],
    *,
    pretty: bool = False,
) -> str:
    """Return a question as one statement for Spark, every table at its pinned version.

    Args:
        tree: The question.
        pins: Pin by the name that the tree uses.
        locate: Gives the full path or address of a pinned table.
        pretty: Whether to break the text into lines, for people.
    """

    def source(table_name: str) -> exp.Table:
        pin = pin_named(pins, table_name)
        version = exp.Version(
            this="VERSION", kind="AS OF", expression=exp.Literal.number(pin.version)
        )
        return exp.Table(this=name(locate(pin)), db=exp.to_identifier("delta"), version=version)

    return with_sources(tree, source).sql(dialect=SparkDialect, pretty=pretty, copy=False)


def sql_name(*parts: str) -> str:
    """Return a name for a Spark statement, quoted, its parts joined by dots.

    Raises:
        UsageError: A part holds `${`.
    """
    for each in parts:
        require_no_variable(each)
    # As sqlglot writes it, which takes a tenth of a second for a thousand names.
    return ".".join(f"`{each.replace('`', '``')}`" for each in parts)


@with_deep_recursion
def spark_text(tree: exp.Query) -> str:
    """Return a tree whose tables are in place as one statement for Spark; it may be changed."""
    return tree.sql(dialect=SparkDialect, copy=False)


@with_deep_recursion
def duckdb_statement(tree: exp.Query) -> str:
    """Return a tree whose tables are in place as one statement for DuckDB; it may be changed."""
    return tree.sql(dialect=DuckDBDialect, copy=False)


def _under(found: exp.Table, alias: str) -> exp.Table:
    found.set("alias", exp.TableAlias(this=name(alias)))
    return found
