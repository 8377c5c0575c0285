"""A filter as a condition on a row, in which each other entity is read once for all its looks.

What is asked of the rows of an entity is found in one pass over them, grouped by the key that they
are joined by, and joined to the current row: an answer of yes or no is one bit of a whole number,
so that thousands of answers are a few columns. No row for a key is no bit: whatever no row at all
fulfils is asked the other way round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from apollo_spark.model.filter import Choice, ChosenRow, CountOf, Exists, Filter, SummaryOf
from apollo_spark.model.join_path import JoinStep
from apollo_spark.query.filters.choosing import can_be_chosen, row_order
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.filters.exists import COUNTS, ExistsCompiler, OnRows
from apollo_spark.query.filters.reach import EntityTree
from apollo_spark.query.filters.rows import EntitySource, Row
from apollo_spark.query.filters.summaries import NEGATIONS, compare_summary
from apollo_spark.query.sql import column, derived, labelled

BITS = 60
"""Answers in one whole number of 64 bits."""

_KEY, _ROWS, _GROUPS = "key", "rows", "groups"
_SOME, _NUMBER, _COUNTED, _GROUP = "some", "number", "counted", "group"


@dataclass
class _Scan:
    """What is asked of the rows at the end of a path, in one pass; each question once.

    Attributes:
        alias: What its answers go by in the statement.
        start: The row from which the path leads.
        steps: The path.
        name: What a row there goes by in conditions, if it has a name.
        some: Conditions that some row fulfils; None is any row.
        counts: Conditions whose rows are counted.
        groups: What is asked of the rows of a key together: numbers made of them, chosen rows.
    """

    alias: str
    start: Row
    steps: Sequence[JoinStep]
    name: str | None
    some: dict[Filter | None, int] = field(default_factory=dict)
    counts: dict[CountOf, int] = field(default_factory=dict)
    groups: dict[SummaryOf | ChosenRow, int] = field(default_factory=dict)


class ScanCompiler(ExistsCompiler):
    """Writes conditions of a filter that looks at rows of other entities many times."""

    def __init__(self, scope: EntitySource, entities: EntityTree) -> None:
        super().__init__(scope, entities)
        self._scans: dict[Row, dict[tuple[str, ...], _Scan]] = {}
        self._number = 0

    def joins(self, row: Row) -> Sequence[exp.Join]:
        """Return the answers that conditions on a row read, once they were written."""
        return [self._join(each, row) for each in self._scans.pop(row, {}).values()]

    def _some_row(self, tree: OnRows, row: Row, steps: Sequence[JoinStep], start: Row) -> exp.Expr:
        name = tree.name if isinstance(tree, Exists) else None
        # A path is taken one by one, so that an entity is read once however it is asked for; from
        # the main row another condition would be the same as this one.
        taken = steps if name is not None else steps[:1]
        scan = self._scan(row, start, taken, name)
        asked: Filter | None = tree
        if isinstance(tree, Exists) and len(taken) == len(steps):
            asked = tree.condition
        return _answer(scan, _SOME, scan.some.setdefault(asked, len(scan.some)))

    def _count(self, tree: CountOf, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        scan = self._scan(row, self._start(tree, row), steps, tree.name)
        found = _answer(scan, _NUMBER, scan.counts.setdefault(tree, len(scan.counts)))
        return exp.Not(this=found) if _holds_for_none(tree) else found

    def _summary(self, tree: SummaryOf, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        if tree.operator in NEGATIONS:
            positive = tree.model_copy(update={"operator": NEGATIONS[tree.operator]})
            return exp.Not(this=self._summary(positive, row, steps))
        return self._of_group(tree, row, steps)

    def _chosen(self, tree: ChosenRow, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        return self._of_group(tree, row, steps)

    def _of_group(
        self, tree: SummaryOf | ChosenRow, row: Row, steps: Sequence[JoinStep]
    ) -> exp.Expr:
        scan = self._scan(row, self._start(tree, row), steps, tree.name)
        return _answer(scan, _GROUP, scan.groups.setdefault(tree, len(scan.groups)))

    def _scan(self, row: Row, start: Row, steps: Sequence[JoinStep], name: str | None) -> _Scan:
        scans = self._scans.setdefault(row, {})
        path = (start.alias, name or "", *(each.entity for each in steps))
        if path not in scans:
            self._number += 1
            scans[path] = _Scan(f"answers {self._number}", start, steps, name)
        return scans[path]

    def _join(self, scan: _Scan, row: Row) -> exp.Join:
        answers, link, outside = self._answers(scan, row)
        same: list[exp.Expr] = [exp.EQ(this=column(scan.alias, _KEY), expression=row.beside(*link))]
        same += [
            exp.NullSafeEQ(this=column(scan.alias, name), expression=row.beside(*each))
            for name, each in outside.items()
        ]
        return exp.Join(this=derived(answers, scan.alias), side="left", on=joined(exp.And, same))

    def _answers(
        self, scan: _Scan, row: Row
    ) -> tuple[exp.Select, tuple[Row, str], dict[str, tuple[Row, str]]]:
        """Ask for the answers of each key, and of the values of rows outside that they depend on.

        Of some row they are as they are, of counts they are compared.
        """
        rows, tests, link, outside = self._rows(scan, row)
        rights = [_is_answer(each, column(_GROUPS, f"{_COUNTED} {number}"))
                  for each, number in scan.counts.items()]  # fmt: skip
        taken = [*_names(_SOME, len(scan.some)), *_names(_GROUP, len(scan.groups))]
        found = exp.select(
            *(column(_GROUPS, each) for each in (_KEY, *outside, *taken)),
            *_packed(rights, _NUMBER),
        )
        groups = self._groups(scan, rows, tests, outside)
        return found.from_(derived(groups, _GROUPS), copy=False), link, outside

    def _groups(
        self, scan: _Scan, rows: exp.Select, tests: Sequence[exp.Expr], outside: Iterable[str]
    ) -> exp.Select:
        keys = [column(_ROWS, each) for each in (_KEY, *outside)]
        some = [
            labelled(exp.BitwiseOrAgg(this=column(_ROWS, each)), each)
            for each in _names(_SOME, len(scan.some))
        ]
        counts = [
            labelled(exp.Count(this=column(_ROWS, each)), each)
            for each in (f"{_COUNTED} {number}" for number in scan.counts.values())
        ]
        found = exp.select(*keys, *some, *counts, *_packed(tests, _GROUP))
        found = found.group_by(*(each.copy() for each in keys), copy=False)
        return found.from_(derived(rows, _ROWS), copy=False)

    def _rows(
        self, scan: _Scan, row: Row
    ) -> tuple[exp.Select, list[exp.Expr], tuple[Row, str], dict[str, tuple[Row, str]]]:
        """Ask of each row, once for each key that it belongs to, what it fulfils.

        Returns:
            The rows, what is asked of their groups, the key, and the values of rows outside.
        """
        far = self._far_row(row, scan.start, scan.steps)
        far.name = scan.name
        some = [self._asked(each, far) for each in scan.some]
        counts = [
            labelled(_one_if(self._asked(each.condition, far)),
                     f"{_COUNTED} {number}")
            for each, number in scan.counts.items()
        ]  # fmt: skip
        values: list[exp.Expr] = []
        tests = [self._grouped(each, far, values) for each in scan.groups]
        # What is asked further below may need values of rows outside too.
        joins = self.joins(far)
        link = far.start_link(len(scan.steps))
        outside = {
            f"outside {number}": each for number, each in enumerate(far.outside(len(scan.steps)))
        }
        keys = [labelled(far.beside(*link), _KEY)]
        keys += [labelled(far.beside(*each), name) for name, each in outside.items()]
        found = far.reading(self._scope)
        for join in joins:
            found.append("joins", join)
        found = found.select(*keys, *_packed(some, _SOME), *counts, *values, copy=False)
        return found, tests, link, outside

    def _grouped(self, tree: SummaryOf | ChosenRow, far: Row, values: list[exp.Expr]) -> exp.Expr:
        """Return what is asked of the rows of a key together; what it reads of each is added."""
        if isinstance(tree, SummaryOf):
            asked = self._asked(tree.condition, far)
            value = exp.Case(ifs=[exp.If(this=asked, true=far.own(tree.field))])
            made = self._value(values, value)
            spec = self._spec(tree.entity, tree.field)
            return compare_summary(tree, spec, made, self._codes_of(spec))
        spec = self._spec(tree.entity, tree.by)
        key = self._entities.key_of(tree.entity) or ""
        among = self._asked(tree.among, far)
        able = joined(
            exp.And, [among, *can_be_chosen(far.own(tree.by), spec, self._codes_of(spec))]
        )
        order = exp.Case(ifs=[exp.If(this=able, true=row_order(far.own(tree.by), far.own(key)))])
        answer = _one_if(self._asked(tree.condition, far), 1, exp.Literal.number(0))
        kind = exp.ArgMin if tree.choice is Choice.FIRST else exp.ArgMax
        chosen = kind(this=self._value(values, answer), expression=self._value(values, order))
        found = exp.Coalesce(this=chosen, expressions=[exp.Literal.number(0)])
        return exp.EQ(this=found, expression=exp.Literal.number(1))

    def _value(self, values: list[exp.Expr], value: exp.Expr) -> exp.Column:
        name = f"value {len(values)}"
        values.append(labelled(value, name))
        return column(_ROWS, name)

    def _asked(self, condition: Filter | None, far: Row) -> exp.Expr:
        return exp.true() if condition is None else self.condition(condition, far)


def _holds_for_none(tree: CountOf) -> bool:
    return COUNTS[tree.operator][1](0, tree.number)


def _is_answer(tree: CountOf, number: exp.Expr) -> exp.Expr:
    """Return whether a number of rows, at least one, differs from none in what it answers."""
    is_right = COUNTS[tree.operator][0](this=number, expression=exp.Literal.number(tree.number))
    return exp.Not(this=exp.Paren(this=is_right)) if _holds_for_none(tree) else is_right


def _answer(scan: _Scan, kind: str, number: int) -> exp.Expr:
    """Return one answer of a scan; a key without any row has none, which is no."""
    found = column(scan.alias, f"{kind} {number // BITS}")
    bits = exp.Coalesce(this=found, expressions=[exp.Literal.number(0)])
    bit = exp.BitwiseAnd(this=bits, expression=exp.Literal.number(1 << number % BITS))
    return exp.NEQ(this=exp.Paren(this=bit), expression=exp.Literal.number(0))


def _packed(answers: Sequence[exp.Expr], kind: str) -> list[exp.Expr]:
    """Return conditions that are true or false as bits of whole numbers, in their order."""
    found: list[exp.Expr] = []
    for number, name in enumerate(_names(kind, len(answers))):
        bits = [
            _one_if(each, 1 << place, exp.Literal.number(0))
            for place, each in enumerate(answers[number * BITS : (number + 1) * BITS])
        ]
        found.append(labelled(joined(exp.BitwiseOr, bits), name))
    return found


def _one_if(condition: exp.Expr, value: int = 1, otherwise: exp.Expr | None = None) -> exp.Case:
    found = exp.If(this=condition, true=exp.Literal.number(value))
    return exp.Case(ifs=[found], default=otherwise)


def _names(kind: str, answers: int) -> list[str]:
    return [f"{kind} {number}" for number in range(-(-answers // BITS))]
