"""A filter as a condition on a row, in which each other entity is read once for all its looks.

What is asked of the rows of an entity is found in one pass over them, grouped by the key that they
are joined by, and joined to the row in hand: an answer of yes or no is one bit of a whole number,
so that thousands of answers are a few columns. No row for a key is no bit: whatever no row at all
fulfils is asked the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from apollo_spark.model.filter import CountOf, Exists, Filter
from apollo_spark.model.join_path import JoinStep
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.filters.exists import COUNTS, ExistsCompiler, OnRows
from apollo_spark.query.filters.reach import EntityTree, asks_outside
from apollo_spark.query.filters.rows import EntitySource, Row
from apollo_spark.query.sql import column, derived, labelled

BITS = 60
"""Answers in one whole number of 64 bits."""

_KEY, _ROWS, _GROUPS = "key", "rows", "groups"
_SOME, _NUMBER, _COUNTED = "some", "number", "counted"


@dataclass
class _Scan:
    """What is asked of the rows at the end of a path, in one pass; each question once.

    Attributes:
        alias: What its answers go by in the statement.
        steps: The path from the row in hand.
        some: Conditions that some row fulfils; None is any row.
        counts: Conditions whose rows are counted.
    """

    alias: str
    steps: Sequence[JoinStep]
    some: dict[Filter | None, int] = field(default_factory=dict)
    counts: dict[CountOf, int] = field(default_factory=dict)


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
        if asks_outside(tree):
            return super()._some_row(tree, row, steps, start)
        scan = self._scan(row, steps[:1])
        asked: Filter | None = tree
        if isinstance(tree, Exists) and len(steps) == 1:
            asked = tree.condition
        return _answer(scan, _SOME, scan.some.setdefault(asked, len(scan.some)))

    def _count(self, tree: CountOf, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        if asks_outside(tree):
            return super()._count(tree, row, steps)
        scan = self._scan(row, steps)
        found = _answer(scan, _NUMBER, scan.counts.setdefault(tree, len(scan.counts)))
        return exp.Not(this=found) if _holds_for_none(tree) else found

    def _scan(self, row: Row, steps: Sequence[JoinStep]) -> _Scan:
        scans = self._scans.setdefault(row, {})
        path = tuple(each.entity for each in steps)
        if path not in scans:
            self._number += 1
            scans[path] = _Scan(f"answers {self._number}", steps)
        return scans[path]

    def _join(self, scan: _Scan, row: Row) -> exp.Join:
        same = exp.EQ(this=column(scan.alias, _KEY), expression=row.own(scan.steps[0].parent_field))
        answers = derived(self._answers(scan, row), scan.alias)
        return exp.Join(this=answers, side="left", on=same)

    def _answers(self, scan: _Scan, row: Row) -> exp.Select:
        """Ask for the answers of each key: of some row as they are, of counts once compared."""
        rights = [_is_answer(each, column(_GROUPS, f"{_COUNTED} {number}"))
                  for each, number in scan.counts.items()]  # fmt: skip
        some = [column(_GROUPS, each) for each in _names(_SOME, len(scan.some))]
        found = exp.select(column(_GROUPS, _KEY), *some, *_packed(rights, _NUMBER))
        return found.from_(derived(self._groups(scan, row), _GROUPS), copy=False)

    def _groups(self, scan: _Scan, row: Row) -> exp.Select:
        key = column(_ROWS, _KEY)
        some = [
            labelled(exp.BitwiseOrAgg(this=column(_ROWS, each)), each)
            for each in _names(_SOME, len(scan.some))
        ]
        counts = [
            labelled(exp.Count(this=column(_ROWS, each)), each)
            for each in (f"{_COUNTED} {number}" for number in scan.counts.values())
        ]
        found = exp.select(key, *some, *counts).group_by(key.copy(), copy=False)
        return found.from_(derived(self._rows(scan, row), _ROWS), copy=False)

    def _rows(self, scan: _Scan, row: Row) -> exp.Select:
        """Ask of each row, once for each key that it belongs to, what it fulfils."""
        far = self._far_row(row, row, scan.steps)
        some = [self._asked(each, far) for each in scan.some]
        counts = [
            labelled(_one_if(self._asked(each.condition, far)), f"{_COUNTED} {number}")
            for each, number in scan.counts.items()
        ]
        key = labelled(far.beside(row, scan.steps[0].parent_field), _KEY)
        return self._reading(far).select(key, *_packed(some, _SOME), *counts, copy=False)

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
