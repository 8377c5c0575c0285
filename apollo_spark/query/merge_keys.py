"""What a link between two datasets matches: questions about the keys on both of its sides.

A missing key matches nothing.
"""

from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.query.assay_scope import SAMPLE_ID
from apollo_spark.query.scope import KEY, QueryScope
from apollo_spark.query.sql import ascending, column, derived, labelled, literal, table

_SOURCE, _TARGET, _ROW, _OTHER = "source", "target", "row", "other"
_TIMES = "times"
COUNTS = (
    "source_rows", "source_matched", "target_rows", "target_matched", "repeated_source",
    "repeated_target", "fan_out_max",
)  # fmt: skip
"""Columns of the one row that `counts_tree` gives."""


@dataclass(frozen=True)
class LinkEnd:
    """One side of a link.

    Attributes:
        rows: Asks for its rows: the column `key`, and those that name a row to people.
        columns: The latter.
        is_once: Whether the relationship allows a key in one row only.
    """

    rows: exp.Select
    columns: tuple[str, ...]
    is_once: bool


def entity_end(scope: QueryScope, entity: str, field: str, *, title: str, is_once: bool) -> LinkEnd:
    """Return the rows of an entity as a side of a link.

    Args:
        scope: What is read.
        entity: The entity.
        field: The field of the link.
        title: What the entity is called in its own dataset.
        is_once: Whether the relationship allows a key in one row only.
    """
    found = scope.dictionary.find_entity(entity)
    primary_key = found.primary_key if found else None
    names = dict.fromkeys(each for each in (primary_key, field) if each is not None)
    shown = [labelled(column(_ROW, each), f"{title}.{each}") for each in names]
    rows = exp.select(labelled(column(_ROW, field), KEY), *shown)
    return LinkEnd(
        rows=rows.from_(scope.source(entity, list(names), _ROW), copy=False),
        columns=tuple(f"{title}.{each}" for each in names),
        is_once=is_once,
    )


def counts_tree(source: LinkEnd, target: LinkEnd) -> exp.Select:
    """Ask for one row of counts: rows, matched and repeated keys on both sides, and the fan-out."""
    near, far = column(_SOURCE, KEY), column(_TARGET, KEY)
    of_source, of_target = column(_SOURCE, _TIMES), column(_TARGET, _TIMES)
    is_matched = exp.and_(_is_there(near), _is_there(far))
    values = (
        _total(exp.true(), of_source),
        _total(is_matched, of_source),
        _total(exp.true(), of_target),
        _total(is_matched, of_target),
        _repeated(near, of_source) if source.is_once else literal(0),
        _repeated(far, of_target) if target.is_once else literal(0),
        _or_zero(exp.Max(this=_case(is_matched, of_source))),
    )
    found = exp.select(*(labelled(each, title) for each, title in zip(values, COUNTS, strict=True)))
    found = found.from_(derived(_times(source), _SOURCE), copy=False)
    same = exp.EQ(this=near.copy(), expression=far.copy())
    return found.join(derived(_times(target), _TARGET), on=same, join_type="full outer", copy=False)


def unmatched_tree(end: LinkEnd, other: LinkEnd) -> exp.Select:
    """Ask for the rows of one side whose key is not on the other, by what names them."""
    shown = [column(_ROW, each) for each in end.columns]
    found = _unmatched(end, other).select(*shown, copy=False)
    return found.order_by(*(ascending(each.copy()) for each in shown), copy=False)


def unmatched_count_tree(end: LinkEnd, other: LinkEnd) -> exp.Select:
    """Ask how many rows of one side have a key that is not on the other, or none."""
    return _unmatched(end, other).select(labelled(exp.Count(this=exp.Star()), "rows"), copy=False)


def repeated_tree(end: LinkEnd) -> exp.Select:
    """Ask for the keys that are in several rows of one side, each once."""
    key = column(_ROW, KEY)
    found = exp.select(labelled(key, KEY)).from_(derived(_times(end), _ROW), copy=False)
    found = found.where(_is_there(key), _is_several(column(_ROW, _TIMES)), copy=False)
    return found.order_by(ascending(key.copy()), copy=False)


def link_table_end(link: str) -> LinkEnd:
    """Return the samples of a linking table as a side of a link to samples."""
    rows = exp.select(labelled(column(_ROW, SAMPLE_ID), KEY)).from_(table(link, _ROW), copy=False)
    return LinkEnd(rows, (KEY,), is_once=True)


def samples_end(samples: exp.Select) -> LinkEnd:
    """Return samples, as `sample_keys` asks for them, as a side of a link to a linking table."""
    rows = exp.select(labelled(column(_ROW, SAMPLE_ID), KEY))
    return LinkEnd(rows.from_(derived(samples, _ROW), copy=False), (KEY,), is_once=True)


def _unmatched(end: LinkEnd, other: LinkEnd) -> exp.Select:
    same = exp.EQ(this=column(_OTHER, KEY), expression=column(_ROW, KEY))
    match = exp.select(literal(1)).from_(derived(other.rows.copy(), _OTHER), copy=False)
    is_lonely = exp.Not(this=exp.Exists(this=match.where(same, copy=False)))
    found = exp.Select().from_(derived(end.rows.copy(), _ROW), copy=False)
    return found.where(is_lonely, copy=False)


def _times(end: LinkEnd) -> exp.Select:
    """Ask how many rows have each key, and how many have none."""
    key = column(_ROW, KEY)
    times = labelled(exp.Count(this=exp.Star()), _TIMES)
    found = exp.select(labelled(key, KEY), times)
    return found.from_(derived(end.rows.copy(), _ROW), copy=False).group_by(key.copy())


def _repeated(key: exp.Expr, times: exp.Expr) -> exp.Expr:
    return _total(exp.and_(_is_there(key), _is_several(times)), literal(1))


def _total(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return _or_zero(exp.Sum(this=_case(condition, value)))


def _case(condition: exp.Expr, value: exp.Expr) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=value.copy())])


def _or_zero(value: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=value, expressions=[literal(0)])


def _is_several(times: exp.Expr) -> exp.GT:
    return exp.GT(this=times.copy(), expression=literal(1))


def _is_there(value: exp.Expr) -> exp.Not:
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
