"""Survival charts: who leaves when, and whether with an event, of all people or by group."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.answer import AtRisk, Curve, LogRank, Others
from apollo_spark.model.dashboard.charts import LIVING_WORDS
from apollo_spark.model.field import FieldType
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.choice import ChosenValues, choose_values
from apollo_spark.query.aggregates.counting import (
    MISSING,
    SPARSE,
    TOTALS,
    add_ranked,
    add_sparse,
    count_units_where,
    is_value,
)
from apollo_spark.query.aggregates.curves import curve_steps
from apollo_spark.query.aggregates.fields import TileField, is_one_of
from apollo_spark.query.aggregates.kaplan_meier import (
    Leaving,
    by_group,
    chance_of,
    estimate,
    first_at_most_half,
    log_rank,
)
from apollo_spark.query.aggregates.statement import Parts, TileStatement
from apollo_spark.query.aggregates.values import sparse_codes
from apollo_spark.query.sql import cast, column, derived, labelled, literal
from apollo_spark.workers.values.bins import bins_between
from apollo_spark.workers.values.code_values import CodeValue, parse_code

GROUPS, LEAVING = "groups", "leaving"
MOST_TICKS = 8
"""Round times at which the numbers at risk are said."""
_TIME, _EVENT, _GROUP, _LEFT = "time", "event", "group", "left"
_PREFIXES = ("time ", "status ", "group ")


class SurvivalChart(Chart):
    """Kaplan-Meier curves of one group or several."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        self._time, self._status, *groups = plan.fields
        self._group: TileField | None = next(iter(groups), None)
        self._chosen: ChosenValues | None = None
        self._ticks: tuple[float, ...] = ()

    def ask(self, statement: TileStatement) -> None:
        """Ask how many have time and status, how long it goes, and for the commonest groups."""
        plan = self.plan
        query = exp.select().from_(statement.rows(plan.asked(*plan.fields)), copy=False)
        has_both = exp.and_(_is_there(self._time.number()), self._has_status, copy=False)
        negative = exp.and_(has_both.copy(), _is_negative(self._time.number()), copy=False)
        longest = exp.Case(ifs=[exp.If(this=has_both.copy(), true=self._time.number())])
        counts = [count_units_where(plan, each) for each in (None, has_both, negative)]
        statement.add(
            plan.number, TOTALS, query,
            count=counts[0], numbers=[*counts[1:], exp.Max(this=longest)],
        )  # fmt: skip
        for prefix, field in zip(_PREFIXES, (self._time, self._status), strict=False):
            add_sparse(statement, plan, field, prefix=prefix)
        if self._group is not None:
            add_ranked(statement, plan, self._group, GROUPS, limit=plan.limit, prefix=_PREFIXES[2])

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest groups, and numbers at risk at times that all cohorts share."""
        if self._group is not None:
            self._chosen = choose_values(self._group, found, GROUPS, self.plan.limit)
        longest = max(float(each[TOTALS][0].numbers[2] or 0) for each in found)
        self._ticks = bins_between(0.0, max(longest, 0.0), most=MOST_TICKS).starts

    def ask_again(self, statement: TileStatement) -> None:
        """Ask how many leave at each time, and how many of them with an event."""
        query = exp.select().from_(statement.rows(self.plan.asked(*self.plan.fields)), copy=False)
        time = self._time.number()
        is_early = exp.Not(this=exp.Paren(this=_is_negative(time)))
        conditions = [_is_there(time), is_early, self._has_status]
        shown = [labelled(cast(time.copy(), FieldType.FLOAT), _TIME)]
        shown.append(labelled(self._is_event(), _EVENT))
        if self._group is not None and self._chosen is not None:
            conditions.append(is_value(self._group, self._group.stored))
            shown.append(labelled(self._chosen.mapped(self._group.stored), _GROUP))
        query = query.select(*shown, copy=False).where(*conditions, copy=False)
        keys = [column(_LEFT, each.alias) for each in shown if each.alias != _EVENT]
        counted = exp.select().from_(derived(query, _LEFT), copy=False)
        group = None if self._group is None else self._group.text(column(_LEFT, _GROUP))
        statement.add(
            self.plan.number, LEAVING, counted.group_by(*keys, copy=False),
            first=group, count=exp.Count(this=exp.Star()),
            numbers=[column(_LEFT, _TIME), exp.Sum(this=column(_LEFT, _EVENT))],
        )  # fmt: skip

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:  # noqa: ARG002 rows are people
        """Return the curves, and the test between groups."""
        (totals,) = first[TOTALS]
        both, negative, _ = (int(each or 0) for each in totals.numbers[:3])
        groups = self._leaving(second)
        codes = {text: self._code(text) for text in groups}
        shown = [each for each in self._order if each in groups]
        not_drawn = [("negative time", negative), *self._without_group(first)]
        return {
            "rows": totals.count,
            "missing": totals.count - both,
            "sparse": tuple(self._sparse(first, totals.count)),
            "not_drawn": tuple(each for each in not_drawn if each[1]),
            "curves": tuple(self._curve(codes[each], groups[each]) for each in shown),
            "log_rank": rank_test([groups[each] for each in shown]),
            **self._others(first, groups),
        }

    def person_columns(self) -> Mapping[str, exp.Expr]:
        """Return for each row its time, whether it has a status, and whether that is an event."""
        return {
            "time": self._time.number(),
            "status": exp.Case(
                ifs=[exp.If(this=self._has_status, true=exp.Literal.number(1))],
                default=exp.Literal.number(0),
            ),
            "event": self._is_event(),
        }

    def between(self, second: Sequence[Parts]) -> LogRank | None:
        """Return the test between cohorts; None where groups are compared."""
        if self._group is not None:
            return None
        found = [self._leaving(each).get(None) for each in second]
        return rank_test([each for each in found if each is not None])

    @property
    def _order(self) -> tuple[str | None, ...]:
        return (None,) if self._chosen is None else self._chosen.texts

    @property
    def _has_status(self) -> exp.Expr:
        return is_value(self._status, self._status.stored)

    def _leaving(self, second: Parts) -> Mapping[str | None, Leaving]:
        return by_group(
            [
                (each.first, (float(each.numbers[0] or 0), each.count, int(each.numbers[1] or 0)))
                for each in second.get(LEAVING, ())
            ]
        )

    def _code(self, text: str | None) -> str | None:
        return None if text is None or self._group is None else self._group.code_of(text)

    def _sparse(self, first: Parts, rows: int) -> list[Any]:
        fields = [each for each in (self._time, self._status, self._group) if each is not None]
        return [
            each
            for prefix, field in zip(_PREFIXES, fields, strict=False)
            for each in sparse_codes(field, first.get(prefix + SPARSE, ()), rows, several=True)
        ]

    def _without_group(self, first: Parts) -> list[tuple[str, int]]:
        missing = first.get(_PREFIXES[2] + MISSING, ())
        return [("no group", sum(each.count for each in missing))]

    def _others(self, first: Parts, groups: Mapping[str | None, Leaving]) -> dict[str, Others]:
        if self._chosen is None or None not in groups:
            return {}
        listed = first.get(GROUPS, ())
        own = sum(1 for each in listed if each.first in self._chosen.texts)
        return {"others": Others(values=int(listed[0].numbers[0] or 0) - own, count=groups[None].n)}

    def _curve(self, code: str | None, data: Leaving) -> Curve:
        found = estimate(data)
        label = None if code is None or self._group is None else self._group.label_of(code)
        return Curve(
            value=code,
            label=label,
            n=data.n,
            events=int(data.events.sum()),
            median=first_at_most_half(data.times, found.survival),
            median_lower=first_at_most_half(data.times, found.lower),
            median_upper=first_at_most_half(data.times, found.upper),
            steps=curve_steps(data, found),
            at_risk=tuple(AtRisk(time=each, count=data.at_risk_at(each)) for each in self._ticks),
        )

    def _is_event(self) -> exp.Expr:
        """Return 1 for an event, 0 for none."""
        value, options = self._status.stored, self.plan.tile.options
        if options.dead:
            is_dead = self._among(options.dead)
        elif options.living:
            is_dead = exp.Not(this=self._among(options.living))
        else:
            is_dead = exp.Not(this=self._says_living(value))
        one, zero = exp.Literal.number(1), exp.Literal.number(0)
        return exp.Case(ifs=[exp.If(this=is_dead, true=one)], default=zero)

    def _says_living(self, value: exp.Expr) -> exp.Expr:
        field = self._status
        if field.codes:
            words = [
                code
                for code in field.codes.values()
                if {code.casefold(), str(field.label_of(code)).casefold()} & LIVING_WORDS
            ]
            return self._among(words)
        text = exp.Lower(this=field.text(value))
        return exp.In(this=text, expressions=[literal(each) for each in sorted(LIVING_WORDS)])

    def _among(self, texts: Sequence[str]) -> exp.Expr:
        coded = {code: value for value, code in self._status.codes.items()}
        parsed = (coded.get(each, parse_code(each, self._status.spec.type)) for each in texts)
        values: tuple[CodeValue, ...] = tuple(each for each in parsed if each is not None)
        return is_one_of(self._status.stored, values, self._status) if values else exp.false()


def rank_test(groups: Sequence[Leaving]) -> LogRank | None:
    """Return the log-rank test of some groups; None where there is nothing to compare."""
    found = log_rank(groups)
    if found is None:
        return None
    chi_squared, degrees = found
    return LogRank(chi_squared=chi_squared, degrees=degrees, p=chance_of(chi_squared, degrees))


def _is_there(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))


def _is_negative(value: exp.Expr) -> exp.Expr:
    return exp.LT(this=value.copy(), expression=exp.Literal.number(0))
