"""Parts of statements that count values: one in a cell or several, rows or people."""

from collections.abc import Sequence

from sqlglot import exp

from apollo_spark.query.aggregates.chart import TilePlan
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.rows import KEY, PERSON, ROWS
from apollo_spark.query.aggregates.statement import TileStatement
from apollo_spark.query.dialects import ItemRows
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.sql import column, derived, labelled, literal

ITEM, VALUE, NUMBER, PART, PLACE = "item", "value", "number", "part", "place"
HELD, ANY = 0, 1
"""Numbers of the part `totals`: units with a value, and with one that is not a sparse code."""
TOTALS, MISSING, SPARSE = "totals", "missing", "sparse"
_COUNTED, _RANKED, _LISTS = "counted", "ranked", "lists"


def value_rows(
    statement: TileStatement, plan: TilePlan, *fields: TileField, key: bool = False
) -> tuple[exp.Select, list[exp.Expr]]:
    """Return rows with one value of each field, several for a cell with several, and the values."""
    multiple = next((each for each in fields if each.spec.is_multi_select), None)
    source = statement.rows(plan.asked(*fields, key=key))
    if multiple is None:
        return exp.select().from_(source, copy=False), [each.stored for each in fields]
    kept = [each.stored for each in fields if each is not multiple]
    kept += [column(ROWS, PERSON)] if plan.is_distinct else []
    kept += [column(ROWS, KEY)] if key else []
    lists = exp.select(
        *(each.copy() for each in kept),
        labelled(exp.ArrayDistinct(this=multiple.stored), multiple.path),
    ).from_(source, copy=False)
    items = exp.select(
        *(column(_LISTS, each.name) for each in kept),
        ItemRows(this=column(_LISTS, multiple.path)),
    ).from_(derived(lists, _LISTS), copy=False)
    values = [column(ROWS, ITEM) if each is multiple else each.stored for each in fields]
    if sum(each.spec.is_multi_select for each in fields) == 1:
        return exp.select().from_(derived(items, ROWS), copy=False), list(values)
    return _second_items(items, fields, kept, multiple)


def _second_items(
    items: exp.Select, fields: tuple[TileField, ...], kept: Sequence[exp.Expr], multiple: TileField
) -> tuple[exp.Select, list[exp.Expr]]:
    """Return rows with one value of each of two fields that both have several in a cell."""
    other = next(each for each in fields if each.spec.is_multi_select and each is not multiple)
    others = [each for each in kept if each.name != other.path]
    first = "first item"
    lists = exp.select(
        *(each.copy() for each in others),
        labelled(column(ROWS, ITEM), first),
        labelled(exp.ArrayDistinct(this=other.stored), other.path),
    ).from_(derived(items, ROWS), copy=False)
    both = exp.select(
        *(column(_LISTS, each.name) for each in others),
        column(_LISTS, first),
        ItemRows(this=column(_LISTS, other.path)),
    ).from_(derived(lists, _LISTS), copy=False)
    places = {multiple: column(ROWS, first), other: column(ROWS, ITEM)}
    values: list[exp.Expr] = [places.get(each, each.stored) for each in fields]
    return exp.select().from_(derived(both, ROWS), copy=False), values


def number_of_units(plan: TilePlan, *, by_key: bool = False) -> exp.Count:
    """Return how many rows or people there are; by key, where one may have several rows here."""
    if not (plan.is_distinct or by_key):
        return exp.Count(this=exp.Star())
    return exp.Count(this=exp.Distinct(expressions=[plan.unit_key]))


def is_value(field: TileField, value: exp.Expr) -> exp.Expr:
    """Return whether something is a value, neither missing nor a sparse code."""
    there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    sparse = field.is_sparse(value)
    return (
        there if sparse is None else joined(exp.And, [there, exp.Not(this=exp.Paren(this=sparse))])
    )


def add_ranked(
    statement: TileStatement,
    plan: TilePlan,
    field: TileField,
    part: str,
    *,
    limit: int | None,
    prefix: str = "",
) -> None:
    """Add the commonest values of a field, its sparse codes, and how many rows have none.

    The numbers of a row are how many different values there are, and how many rows they have.

    Args:
        statement: What is asked.
        plan: The tile.
        field: The field.
        part: What the rows with values are called.
        limit: How many values; None is all of them.
        prefix: Comes before what other rows are called.
    """
    rows, (value,) = value_rows(statement, plan, field)
    add_ranked_of(statement, plan, field, part, limit=limit, of=(rows, value), prefix=prefix)


def add_ranked_of(
    statement: TileStatement,
    plan: TilePlan,
    field: TileField,
    part: str,
    *,
    limit: int | None,
    of: tuple[exp.Select, exp.Expr],
    prefix: str = "",
) -> None:
    """Add the commonest values of a field in given rows; see `add_ranked`."""
    rows, value = of
    counted = rows.select(
        labelled(value, VALUE), labelled(number_of_units(plan), NUMBER), copy=False
    ).group_by(value.copy(), copy=False)
    stored, number = column(_COUNTED, VALUE), column(_COUNTED, NUMBER)
    ranked = exp.select(
        labelled(_part_of(field, stored, part, prefix), PART),
        labelled(field.text(stored), VALUE),
        number,
    ).from_(derived(counted, _COUNTED), copy=False)
    own = {each: column(_RANKED, each) for each in (PART, VALUE, NUMBER)}
    over = exp.select(
        *own.values(),
        labelled(_place(own), PLACE),
        labelled(_over_part(exp.Count(this=exp.Star()), own[PART]), "different"),
        labelled(_over_part(exp.Sum(this=own[NUMBER].copy()), own[PART]), "total"),
    ).from_(derived(ranked, _RANKED), copy=False)
    shown = {each: column("shown", each) for each in (PART, VALUE, NUMBER, "different", "total")}
    query = exp.select().from_(derived(over, "shown"), copy=False)
    if limit is not None:
        near = exp.LTE(this=column("shown", PLACE), expression=exp.Literal.number(limit))
        other = exp.NEQ(this=shown[PART].copy(), expression=literal(part))
        query = query.where(exp.or_(near, other, copy=False), copy=False)
    statement.add(
        plan.number, part, query,
        part_value=shown[PART], first=shown[VALUE], count=shown[NUMBER],
        numbers=[shown["different"], shown["total"]],
    )  # fmt: skip


def add_sparse(
    statement: TileStatement, plan: TilePlan, field: TileField, *, prefix: str = ""
) -> None:
    """Add how often each sparse code of a field of numbers was found, if it may have any."""
    sparse = field.is_sparse(field.stored)
    if sparse is None:
        return
    query = exp.select().from_(statement.rows(plan.asked(field)), copy=False)
    query = query.where(sparse, copy=False).group_by(field.stored, copy=False)
    statement.add(
        plan.number, prefix + SPARSE, query,
        first=field.text(field.stored), count=exp.Count(this=exp.Star()),
    )  # fmt: skip


def add_totals(statement: TileStatement, plan: TilePlan, field: TileField) -> None:
    """Add how many rows or people there are, how many have a value, and one that is not sparse."""
    query = exp.select().from_(statement.rows(plan.asked(field)), copy=False)
    counts = [count_units_where(plan, each) for each in (None, *_has_values(field))]
    statement.add(plan.number, TOTALS, query, count=counts[0], numbers=counts[1:])


def count_units_where(plan: TilePlan, condition: exp.Expr | None) -> exp.Count:
    """Return how many rows or people fulfil a condition, None is all of them."""
    value: exp.Expr = column(ROWS, PERSON) if plan.is_distinct else exp.Literal.number(1)
    if condition is not None:
        value = exp.Case(ifs=[exp.If(this=condition, true=value)])
    return exp.Count(this=exp.Distinct(expressions=[value]) if plan.is_distinct else value)


def _has_values(field: TileField) -> tuple[exp.Expr, exp.Expr]:
    """Return whether a row has a value, and whether it has one that is not a sparse code."""
    if not field.spec.is_multi_select:
        there = exp.Not(this=exp.Is(this=field.stored, expression=exp.Null()))
        return there, is_value(field, field.stored)
    item = exp.column("item")
    sparse = field.is_sparse(item)
    own: exp.Expr = field.stored
    if sparse is not None:
        kept = exp.Lambda(this=exp.Not(this=sparse), expressions=[exp.to_identifier("item")])
        own = exp.ArrayFilter(this=own, expression=kept)
    return _is_filled(field.stored), _is_filled(own)


def _is_filled(items: exp.Expr) -> exp.Expr:
    return exp.GT(this=exp.ArraySize(this=items), expression=exp.Literal.number(0))


def _part_of(field: TileField, value: exp.Expr, part: str, prefix: str) -> exp.Expr:
    is_missing = exp.Is(this=value.copy(), expression=exp.Null())
    ifs = [exp.If(this=is_missing, true=literal(prefix + MISSING))]
    if (sparse := field.is_sparse(value)) is not None:
        ifs.append(exp.If(this=sparse, true=literal(prefix + SPARSE)))
    return exp.Case(ifs=ifs, default=literal(part))


def _over_part(function: exp.Expr, part: exp.Expr) -> exp.Window:
    return exp.Window(this=function, partition_by=[part.copy()])


def _place(own: dict[str, exp.Column]) -> exp.Window:
    order = exp.Order(
        expressions=[
            exp.Ordered(this=own[NUMBER].copy(), desc=True, nulls_first=False),
            exp.Ordered(this=own[VALUE].copy(), desc=False, nulls_first=True),
        ]
    )
    return exp.Window(this=exp.RowNumber(), partition_by=[own[PART].copy()], order=order)
