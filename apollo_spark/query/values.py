"""What an extract shows of a stored value: the value, its meaning, or nothing for a sparse code.

A coding of up to `CASE_LIMIT` codes is a CASE in the select list. A longer one is a table that is
joined, because both engines search long lists of cases one by one; many joins, in turn, cost more
than many cases (tried: 200 of them are too many for Spark). Items of arrays are looked up once for
each different array.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from sqlglot import exp

from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.query.dialects import (
    CodeRows,
    DatetimeText,
    FloatText,
    ItemRows,
    OrderedList,
)
from apollo_spark.query.sql import (
    TypedValue,
    cast,
    column,
    derived,
    labelled,
    literal,
    name,
    table,
    texts,
)
from apollo_spark.workers.values.code_values import parse_code

CASE_LIMIT = 100
_CODE, _MEANING, _ITEM, _ITEMS, _PLACE, _TEXTS = "c", "m", "item", "items", "place", "texts"
_LISTS, _ROWS, _CODES = "lists", "rows", "codes"


class ValueMode(str, Enum):
    """What is in a cell whose stored value is a code."""

    RAW = "raw"
    DECODED = "decoded"
    EXCLUDE_SPARSE = "exclude_sparse"

    def __str__(self) -> str:
        """Return the word of the option."""
        return self.value


@dataclass(frozen=True)
class FieldSource:
    """A field, its entity's rows under an alias, and the column for it in the question."""

    name: str
    spec: FieldSpec
    rows: Callable[[str], exp.Table | exp.Subquery]
    column: exp.Column


@dataclass(frozen=True)
class Shown:
    """A value of the select list, with the named queries and joins that it is based on."""

    value: exp.Expr
    queries: tuple[tuple[str, exp.Query], ...] = ()
    joins: tuple[tuple[exp.Table, exp.Expr], ...] = ()


@dataclass(frozen=True)
class Codes:
    """A coding as values of a type: made once for all fields that share both."""

    name: str
    type: FieldType
    meanings: Mapping[TypedValue, str]

    @cached_property
    def table(self) -> tuple[str, exp.Query]:
        """The codes, as values of the type, with their meanings, as a named query."""
        rows = [{_CODE: stored_form(code), _MEANING: text} for code, text in self.meanings.items()]
        content = json.dumps(rows, separators=(",", ":"))
        listed = derived(exp.select(CodeRows(this=literal(content))), _ROWS)
        code = labelled(cast(column(_ROWS, _CODE), self.type), _CODE)
        query = exp.select(code, column(_ROWS, _MEANING)).from_(listed, copy=False)
        return f"{_CODES} {self.name} {self.type}", query


def type_codes(coding: Coding, type_: FieldType) -> Codes:
    """Return the codes that are values of a type; the first of equal codes counts."""
    found: dict[TypedValue, str] = {}
    for code, meaning in coding.meanings.items():
        value = parse_code(code, type_)
        if value is not None:
            found.setdefault(value, meaning)
    return Codes(coding.name, type_, found)


def show_value(source: FieldSource, codes: Codes | None, mode: ValueMode) -> Shown:
    """Return what is shown of a field.

    RAW is the stored value. DECODED replaces codes by meanings; other values of a coded field
    become text as in a csv file. EXCLUDE_SPARSE leaves out the codes of a sparse field; an array
    of which nothing is left is missing.
    """
    if mode is ValueMode.RAW or codes is None or not codes.meanings:
        return Shown(source.column)
    is_short = len(codes.meanings) <= CASE_LIMIT
    if mode is ValueMode.DECODED:
        if is_short:
            return Shown(_by_cases(source, codes))
        return _by_items(source, codes) if source.spec.is_multi_select else _by_join(source, codes)
    if not source.spec.is_sparse:
        return Shown(source.column)
    if source.spec.is_multi_select:
        return Shown(_other_items(source, codes))
    return Shown(_other_cases(source, codes)) if is_short else _other_by_join(source, codes)


def has_label(spec: FieldSpec, codes: Codes | None) -> bool:
    """Whether the labels of a field's sparse codes can stand beside its values."""
    is_number = spec.type is not FieldType.STRING
    return is_number and spec.is_sparse and codes is not None and bool(codes.meanings)


def show_label(source: FieldSource, codes: Codes) -> Shown:
    """Return the meaning of a value that is a code, of an array those of its items that are.

    It is missing where `EXCLUDE_SPARSE` shows the value as it is.
    """
    is_short = len(codes.meanings) <= CASE_LIMIT
    if source.spec.is_multi_select:
        return _labels_by_items(source, codes) if not is_short else Shown(_labels(source, codes))
    if is_short:
        return Shown(exp.Case(this=source.column, ifs=_cases(codes)))
    own, same = _meaning_join(source, codes, "label")
    return Shown(column(own.alias, _MEANING), queries=(codes.table,), joins=((own, same),))


def text_of(value: exp.Expr, type_: FieldType) -> exp.Expr:
    """Return a value as the text that a csv file shows."""
    if type_ is FieldType.STRING:
        return value
    if type_ is FieldType.FLOAT:
        return FloatText(this=value)
    if type_ is FieldType.DATETIME:
        return DatetimeText(this=value)
    return cast(value, FieldType.STRING)


def _each_item(decide: Callable[[exp.Expr], exp.Expr]) -> exp.Lambda:
    """Return a function of one item, for all items of an array."""
    return exp.Lambda(this=decide(exp.column(_ITEM)), expressions=[exp.to_identifier(_ITEM)])


def _by_cases(source: FieldSource, codes: Codes) -> exp.Expr:
    def decide(value: exp.Expr) -> exp.Expr:
        text = text_of(value.copy(), source.spec.type)
        return exp.Case(this=value, ifs=_cases(codes), default=text)

    if not source.spec.is_multi_select:
        return decide(source.column)
    return exp.Transform(this=source.column, expression=_each_item(decide))


def _cases(codes: Codes) -> list[exp.If]:
    pairs = codes.meanings.items()
    return [exp.If(this=literal(code), true=literal(text)) for code, text in pairs]


def _labels(source: FieldSource, codes: Codes) -> exp.Expr:
    found = exp.ArrayFilter(
        this=source.column,
        expression=_each_item(lambda item: exp.In(this=item, expressions=_listed(codes))),
    )
    meant = _each_item(lambda item: exp.Case(this=item, ifs=_cases(codes)))
    return _unless_empty(found, exp.Transform(this=found.copy(), expression=meant))


def _listed(codes: Codes) -> list[exp.Expr]:
    return [literal(code) for code in codes.meanings]


def _unless_empty(found: exp.Expr, shown: exp.Expr) -> exp.Case:
    """Return an array, or nothing where another one is empty."""
    is_left = exp.GT(this=exp.ArraySize(this=found), expression=exp.Literal.number(0))
    return exp.case().when(is_left, shown, copy=False)


def _other_cases(source: FieldSource, codes: Codes) -> exp.Expr:
    # Cases again, because DuckDB makes a join of every IN: 500 fields took 85 s, and so 1.3 s.
    cases = [exp.If(this=literal(code), true=exp.Null()) for code in codes.meanings]
    return exp.Case(this=source.column, ifs=cases, default=source.column.copy())


def _other_items(source: FieldSource, codes: Codes) -> exp.Expr:
    kept = _each_item(lambda item: exp.Not(this=exp.In(this=item, expressions=_listed(codes))))
    others = exp.ArrayFilter(this=source.column, expression=kept)
    return _unless_empty(others.copy(), others)


def _other_by_join(source: FieldSource, codes: Codes) -> Shown:
    own, same = _meaning_join(source, codes)
    is_value = exp.Is(this=column(own.alias, _CODE), expression=exp.Null())
    value = exp.case().when(is_value, source.column, copy=False)
    return Shown(value, queries=(codes.table,), joins=((own, same),))


def stored_form(value: TypedValue) -> str:
    """Return a text that both engines cast to exactly this value."""
    if isinstance(value, float):
        return repr(value)
    return value if isinstance(value, str) else str(value)


def _by_join(source: FieldSource, codes: Codes) -> Shown:
    own, same = _meaning_join(source, codes)
    text = text_of(source.column, source.spec.type)
    value = exp.Coalesce(this=column(own.alias, _MEANING), expressions=[text])
    return Shown(value, queries=(codes.table,), joins=((own, same),))


def _meaning_join(
    source: FieldSource, codes: Codes, what: str = "meaning"
) -> tuple[exp.Table, exp.Expr]:
    own = f"{what} of {source.name}"
    same = exp.EQ(this=source.column.copy(), expression=column(own, _CODE))
    return table(codes.table[0], own), same


def _by_items(source: FieldSource, codes: Codes) -> Shown:
    """Decode the items of every different array once, and join the arrays."""
    found = _joined_lists(source, codes, "items")
    value = exp.Coalesce(this=found.value, expressions=[texts(source.column.copy())])
    return replace(found, value=value)


def _labels_by_items(source: FieldSource, codes: Codes) -> Shown:
    return _joined_lists(source, codes, "labels")


def _joined_lists(source: FieldSource, codes: Codes, what: str) -> Shown:
    own = f"{what} of {source.name}"
    items = (own, _decoded_lists(source, codes.table[0], only_codes=what == "labels"))
    same = exp.EQ(this=source.column.copy(), expression=column(own, _ITEMS))
    value = column(own, _TEXTS)
    return Shown(value, queries=(codes.table, items), joins=((table(own), same),))


def _decoded_lists(source: FieldSource, codes: str, *, only_codes: bool) -> exp.Query:
    stored = column(_LISTS, source.spec.name)
    lists = exp.select(labelled(stored, _ITEMS)).distinct(copy=False)
    lists = lists.from_(source.rows(_LISTS), copy=False)
    items = exp.select(name(_ITEMS), ItemRows(this=column(_LISTS, _ITEMS)))
    items = items.from_(derived(lists, _LISTS), copy=False)
    text = exp.Coalesce(
        this=column(_CODES, _MEANING),
        expressions=[text_of(column(_ROWS, _ITEM), source.spec.type)],
    )
    ordered = OrderedList(this=text, place=column(_ROWS, _PLACE))
    same = exp.EQ(this=column(_ROWS, _ITEM), expression=column(_CODES, _CODE))
    found = exp.select(column(_ROWS, _ITEMS), labelled(ordered, _TEXTS))
    found = found.from_(derived(items, _ROWS), copy=False)
    how = "inner" if only_codes else "left"
    found = found.join(table(codes, _CODES), on=same, join_type=how, copy=False)
    return found.group_by(column(_ROWS, _ITEMS), copy=False)
