"""Which samples of an assay are shown, where rules hide them or rows that they belong to."""

from collections.abc import Sequence

from sqlglot import exp

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.guard import RowGuard
from apollo_spark.query.scope import KEY, QueryScope
from apollo_spark.query.sql import column, labelled, table

SAMPLE_ID = "sample_id"
_LINK, _ENTITY, _SAMPLES = "link", "linked", "sample"


def shown_samples(scope: QueryScope, assay: AssayRecord) -> exp.Select | None:
    """Ask for the ids of the samples that are shown; None where all of them are.

    Where a filter limits the rows, only samples of rows that are shown are shown. Where rows are
    only taken out, samples that belong to no row stay.
    """
    conditions = [scope.guarded(each, _SAMPLES) for each in _guards(scope, assay)]
    if guards := scope.tables_of(assay.entity)[0].guards:
        sample = column(_SAMPLES, SAMPLE_ID)
        of_rows: exp.Expr = _among(sample, sample_rows(scope, assay, []))
        if all(scope.rules[each.rule].shows is None for each in guards):
            linked = sample_rows(scope.unguarded(), assay, [])
            of_rows = exp.or_(of_rows, exp.Not(this=_among(sample.copy(), linked)))
        conditions.append(of_rows)
    if not conditions:
        return None
    return _samples(scope, assay).where(*conditions, copy=False)


def sample_keys(scope: QueryScope, assay: AssayRecord) -> exp.Select:
    """Ask for `sample_id` and `key`, the value that links it, of each sample of an assay.

    The samples are those that no rule on samples hides, whether they belong to a row or not.
    """
    found = _samples(scope, assay)
    for guard in _guards(scope, assay):
        found = found.where(scope.guarded(guard, _SAMPLES), copy=False)
    sample = column(_SAMPLES, SAMPLE_ID)
    if assay.link is None:
        return found.select(labelled(sample, KEY), copy=False)
    link = table(f"{scope.label}{assay.link.table}", _LINK)
    same = exp.EQ(this=column(_LINK, SAMPLE_ID), expression=sample)
    found = found.join(link, on=same, join_type="left outer", copy=False)
    return found.select(labelled(column(_LINK, KEY), KEY), copy=False)


def sample_rows(scope: QueryScope, assay: AssayRecord, fields: Sequence[str]) -> exp.Select:
    """Ask for the id of each sample that belongs to a row, with fields of that row."""
    source = scope.source(assay.entity, [assay.field, *fields], _ENTITY)
    value = column(_ENTITY, assay.field)
    shown = [column(_ENTITY, each) for each in fields]
    is_there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    if assay.link is None:
        found = exp.select(labelled(value, KEY), *shown).from_(source, copy=False)
        return _guarded(found.where(is_there, copy=False), scope, assay)
    same = exp.EQ(this=column(_LINK, KEY), expression=value)
    link = table(f"{scope.label}{assay.link.table}", _LINK)
    found = exp.select(labelled(column(_LINK, SAMPLE_ID), KEY), *shown).from_(link, copy=False)
    return _guarded(found.join(source, on=same, join_type="inner", copy=False), scope, assay)


def sample_links(scope: QueryScope, assay: AssayRecord) -> exp.Select:
    """Ask for `sample_id` and `key`, the value that links it, of each sample of a shown row."""
    assert assay.link is not None, "the samples are linked by a table"
    source = scope.source(assay.entity, [assay.field], _ENTITY)
    same = exp.EQ(this=column(_LINK, KEY), expression=column(_ENTITY, assay.field))
    link = table(f"{scope.label}{assay.link.table}", _LINK)
    shown = (column(_LINK, SAMPLE_ID), column(_LINK, KEY))
    found = exp.select(*shown).from_(link, copy=False).join(source, on=same, copy=False)
    return _guarded(found, scope, assay)


def _samples(scope: QueryScope, assay: AssayRecord) -> exp.Select:
    source = table(f"{scope.label}{assay.samples_table}", _SAMPLES)
    return exp.select(column(_SAMPLES, SAMPLE_ID)).from_(source, copy=False)


def _guards(scope: QueryScope, assay: AssayRecord) -> list[RowGuard]:
    """Return the guards of samples that hide some, so that nothing is asked for the others."""
    return [each for each in assay.guards if scope.rules[each.rule].hides]


def _guarded(found: exp.Select, scope: QueryScope, assay: AssayRecord) -> exp.Select:
    """Leave out the samples that rules on samples hide; they are found by link or by their id."""
    alias, name = (_LINK, SAMPLE_ID) if assay.link else (_ENTITY, assay.field)
    for guard in _guards(scope, assay):
        own = guard.model_copy(update={"column": name})
        found = found.where(scope.guarded(own, alias), copy=False)
    return found


def _among(sample: exp.Column, samples: exp.Select) -> exp.In:
    return exp.In(this=sample, query=exp.Subquery(this=samples))
