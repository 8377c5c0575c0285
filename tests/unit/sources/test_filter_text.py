"""Filter text is read as a tree, which writes an equal text."""

from datetime import date, datetime, timezone
from typing import Any

import pytest

from apollo_spark.model.filter import (
    MAX_DEPTH,
    And,
    AssayValue,
    Choice,
    ChosenRow,
    Comparison,
    CountOf,
    Day,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Moment,
    Not,
    Offset,
    OffsetUnit,
    Operator,
    Or,
    Percentile,
    Summary,
    SummaryOf,
)
from apollo_spark.sources.filters.text import parse_filter, parse_with_places
from apollo_spark.sources.filters.write import write_filter
from tests.support.hospital import NASTY


def compared(operator: str, *values: Any, field: str = "x") -> Comparison:
    return Comparison(entity="p", field=field, operator=Operator(operator), values=values)


def under(codes: list[str], exceptions: list[str]) -> Comparison:
    found = compared("under", *codes)
    return found.model_copy(update={"exceptions": tuple(exceptions)})


def fields(operator: str, *others: Any) -> FieldComparison:
    return FieldComparison(entity="p", field="x", operator=Operator(operator), others=others)


def moved(number: int, unit: str) -> FieldOf:
    return FieldOf(entity="q", field="y", offset=Offset(number=number, unit=OffsetUnit(unit)))


def of_row(name: str | None) -> Comparison:
    return Comparison(entity="v", field="x", row=name, operator=Operator.EQUAL, values=(1,))


def summary(
    word: str, operator: str, *values: Any, condition: Any = None, name: str | None = None
) -> SummaryOf:
    return SummaryOf(
        summary=Summary(word),
        entity="v",
        field="x",
        name=name,
        condition=condition,
        operator=Operator(operator),
        values=values,
    )


def measured(operator: str, *values: Any, unit: str | None = None) -> AssayValue:
    return AssayValue(
        measure="expression",
        assay="rna",
        feature="TP53",
        unit=unit,
        operator=Operator(operator),
        values=values,
    )


FIRST = ChosenRow(choice=Choice.FIRST, entity="v", by="day", condition=of_row(None))
A, B, C = (compared("=", 1, field=each) for each in "abc")
MOMENT = Moment(moment=datetime(2020, 1, 31, 10, tzinfo=timezone.utc))

TREES: dict[str, Filter] = {
    "p.x = 1": compared("=", 1),
    "p.x!=-1": compared("!=", -1),
    "p.x < 2.50": compared("<", 2.5),
    "p.x<=+3": compared("<=", 3),
    "p.x > .5": compared(">", 0.5),
    "p.x >= 1e3": compared(">=", 1000.0),
    "p.x = 99999999999999999999.0": compared("=", 1e20),
    "p.x BETWEEN 1 AND 2": compared("between", 1, 2),
    'p.x in ("a", 2,3.0)': compared("in", "a", 2, 3.0),
    'p.x Under "C50"': compared("under", "C50"),
    'p.x any  of ("a")': compared("any of", "a"),
    'p.x all\nof ("a", "b")': compared("all of", "a", "b"),
    "p.x is missing": compared("is missing"),
    "p.x Is Not Missing": compared("is not missing"),
    'p.x matches "a ""b"""': compared("matches", 'a "b"'),
    'p.x = ""': compared("=", ""),
    'p.x = "and p.y = 1) or \'"': compared("=", "and p.y = 1) or '"),
    "p.x = 2020-01-31": compared("=", Day(day=date(2020, 1, 31))),
    "p.x = 2020-01-31T10:00:00Z": compared("=", MOMENT),
    "p.x = 2020-01-31T12:00+02:00": compared("=", MOMENT),
    "p.a = 1 and p.b = 1 and p.c = 1": And(parts=(A, B, C)),
    "p.a = 1 or p.b = 1 and p.c = 1": Or(parts=(A, And(parts=(B, C)))),
    "(p.a = 1 or p.b = 1) and p.c = 1": And(parts=(Or(parts=(A, B)), C)),
    "p.a = 1 and (p.b = 1 and p.c = 1)": And(parts=(A, And(parts=(B, C)))),
    "not p.a = 1 and p.b = 1": And(parts=(Not(part=A), B)),
    "not (p.a = 1 and p.b = 1)": Not(part=And(parts=(A, B))),
    "not not p.a = 1": Not(part=Not(part=A)),
    "p.x between 1 and 2 and p.a = 1": And(parts=(compared("between", 1, 2), A)),
    "EXISTS ( v : p.a = 1 or p.b = 1 )": Exists(entity="v", condition=Or(parts=(A, B))),
    "exists(v)": Exists(entity="v"),
    "count(v) = 0": CountOf(entity="v", operator=Operator.EQUAL, number=0),
    "count(v: exists(w: p.a = 1)) >= 2": CountOf(
        entity="v",
        condition=Exists(entity="w", condition=A),
        operator=Operator.GREATER_OR_EQUAL,
        number=2,
    ),
    "p.x between 1 and 2 Without Start": compared("between without start", 1, 2),
    "p.x between 1 and 2 without end": compared("between without end", 1, 2),
    "p.x between 1 and 2 without ends": compared("between without ends", 1, 2),
    'p.x contains "a"': compared("contains", "a"),
    'p.x Starts With "a"': compared("starts with", "a"),
    'p.x under ("a", "b")': compared("under", "a", "b"),
    'p.x under ("a")': compared("under", "a"),
    'p.x under "a" except "b"': under(["a"], ["b"]),
    'p.x under ("a", "b") except ("c", "d")': under(["a", "b"], ["c", "d"]),
    "p.x >= q.y": fields(">=", FieldOf(entity="q", field="y")),
    "p.x != q.y + 30 days": fields("!=", moved(30, "days")),
    "p.x = q.y -1 Day": fields("=", moved(-1, "days")),
    "p.x = q.y+2 weeks": fields("=", moved(2, "weeks")),
    "p.x < q.y - 1 month": fields("<", moved(-1, "months")),
    "p.x between q.y - 2 years and q.y + 0 years": fields(
        "between", moved(-2, "years"), moved(0, "years")
    ),
    "p.x between 2020-01-31 and q.y without ends": fields(
        "between without ends", Day(day=date(2020, 1, 31)), FieldOf(entity="q", field="y")
    ),
    "exists(v as a: a.x = 1 and exists(v as b: b.x > a.x) and v.x = 1)": Exists(
        entity="v",
        name="a",
        condition=And(
            parts=(
                of_row("a"),
                Exists(
                    entity="v",
                    name="b",
                    condition=FieldComparison(
                        entity="v",
                        field="x",
                        row="b",
                        operator=Operator.GREATER,
                        others=(FieldOf(entity="v", field="x", row="a"),),
                    ),
                ),
                of_row(None),
            )
        ),
    ),
    "exists(v as a) and a.x = 1": And(
        parts=(Exists(entity="v", name="a"), compared("=", 1).model_copy(update={"entity": "a"}))
    ),
    "count(v as a: a.x = 1) < 2": CountOf(
        entity="v", name="a", condition=of_row("a"), operator=Operator.LESS, number=2
    ),
    "First(v by v.day): v.x = 1": ChosenRow(
        choice=Choice.FIRST, entity="v", by="day", condition=of_row(None)
    ),
    "last(v as a by a.day: v.x = 1): (a.x = 1 or p.a = 1)": ChosenRow(
        choice=Choice.LAST,
        entity="v",
        name="a",
        by="day",
        among=of_row(None),
        condition=Or(parts=(of_row("a"), A)),
    ),
    "first(v by v.day): (v.x = 1) and not first(v by v.day): v.x = 1": And(
        parts=(FIRST, Not(part=FIRST))
    ),
    "max(v.x) < 2": summary("max", "<", 2),
    "MEAN(v.x: v.x = 1) between 1.5 and 2 without end": summary(
        "mean", "between without end", 1.5, 2, condition=of_row(None)
    ),
    "min(v.x as a: a.x = 1) = 2020-01-31": summary(
        "min", "=", Day(day=date(2020, 1, 31)), condition=of_row("a"), name="a"
    ),
    "sum(v.x) is not missing": summary("sum", "is not missing"),
    'expression(rna, "TP53") > 10': measured(">", 10),
    'Expression(rna, "TP53", tpm) >= percentile(90)': measured(
        ">=", Percentile(percentile=90.0), unit="tpm"
    ),
    'expression(rna, "TP53", other:z) between percentile(2.5) and 3': measured(
        "between", Percentile(percentile=2.5), 3, unit="other:z"
    ),
    'expression(rna, "TP53", "a ""b""") is missing': measured("is missing", unit='a "b"'),
    'not In Cohort "old@2"': Not(part=InCohort(cohort="old@2")),
    "exists.count = 1 and not.in in (1)": And(
        parts=(
            Comparison(entity="exists", field="count", operator=Operator.EQUAL, values=(1,)),
            Comparison(entity="not", field="in", operator=Operator.IN, values=(1,)),
        )
    ),
}


@pytest.mark.parametrize(("text", "tree"), TREES.items(), ids=list(TREES))
def test_a_text_is_read_as_a_tree_that_writes_an_equal_text(text: str, tree: Filter) -> None:
    assert parse_filter(text) == tree
    assert parse_filter(write_filter(tree)) == tree


def test_a_filter_has_one_text() -> None:
    text = 'NOT(p.x IN("a",2020-01-31)OR(p.a=1))AND(exists(v:p.b=1)and count( v )>=2)'

    assert write_filter(parse_filter(text)) == (
        'not (p.x in ("a", 2020-01-31) or p.a = 1) and (exists(v: p.b = 1) and count(v) >= 2)'
    )


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_text_is_one_value(text: str) -> None:
    tree = compared("=", text)

    assert parse_filter(write_filter(tree)) == tree


def test_the_deepest_filter_is_read_and_written() -> None:
    text = "not (p.a = 1 and " * (MAX_DEPTH // 2) + "p.b = 1" + ")" * (MAX_DEPTH // 2)

    assert write_filter(parse_filter(text)) == text


def test_what_is_longest_and_deepest_is_read_and_written() -> None:
    row = "exists(v as a{n}: "
    text = "".join(row.format(n=n) for n in range(MAX_DEPTH)) + "p.b = a7.c" + ")" * MAX_DEPTH

    assert write_filter(parse_filter(text)) == text


def test_places_stand_in_the_order_of_the_text() -> None:
    text = "p.a = 1 or exists(v:\n p.b = 1 and\n  count(w) > 2)\n or first(v by v.x: v.x = 1"
    text += '):\n (v.x = v.y) or\n in cohort "c" or\n max(v.x) > 1 or\n expression(a, "b") = 1'

    places = [each.whole[:2] for each in parse_with_places(text).marks]

    assert places == [
        *[(1, 1), (1, 12), (2, 2), (3, 3), (4, 5), (4, 21), (5, 3), (6, 2), (7, 2), (8, 2)]
    ]
