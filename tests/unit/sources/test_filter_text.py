"""Filter text is read as a tree, or refused with its place and without its values."""

from datetime import date, datetime, timezone
from typing import Any

import pytest

from apollo_spark.errors import Problem, UsageError
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


REFUSED = {
    "": ("line 1, column 1", "empty"),
    " \n ": ("line 2, column 2", "empty"),
    "secret": ("line 1, column 1", "condition"),
    "p.x": ("line 1, column 4", "operator"),
    "p.x == 1": ("line 1, column 6", "value"),
    "p.x <> 1": ("line 1, column 6", "value"),
    "p.x like 1": ("line 1, column 5", "operator"),
    "p.x = secret": ("line 1, column 7", "double quotes"),
    "p.x = 'secret'": ("line 1, column 7", "double quotes"),
    "p.x = \u201csecret\u201d": ("line 1, column 7", "double quotes"),
    'p.x = "secret': ("line 1, column 7", "does not end"),
    'p.x = "a\nb" and\n p.y = ?': ("line 3, column 8", "no name"),
    "p.x = 1 p.y = 2": ("line 1, column 9", "end of the filter"),
    "p.x = 1)": ("line 1, column 8", "end of the filter"),
    "(p.x = 1": ("line 1, column 9", "')'"),
    "p.x not in (1)": ("line 1, column 5", "Write: not"),
    "p.x in ()": ("line 1, column 9", "value"),
    "p.x in (1,)": ("line 1, column 11", "value"),
    "p.x in 1": ("line 1, column 8", "'('"),
    "p.x any (1)": ("line 1, column 9", "'of'"),
    "p.x between 1": ("line 1, column 14", "second value"),
    "p.x is null": ("line 1, column 8", "'missing'"),
    "p.x under 5": ("line 1, column 11", "text"),
    "p.x matches 5": ("line 1, column 13", "text"),
    "p.x = 9223372036854775808": ("line 1, column 7", "64 bits"),
    "p.x = 1e999": ("line 1, column 7", "64 bits"),
    "p.x = 12secret": ("line 1, column 7", "neither a number"),
    "p.x = 2020-02-30": ("line 1, column 7", "calendar"),
    "p.x = 2020-01-31T25:00Z": ("line 1, column 7", "date with a time"),
    "p.x = 2020-01": ("line 1, column 7", "neither a number"),
    "exists(v.x = 1)": ("line 1, column 8", "entity"),
    "exists v": ("line 1, column 8", "'('"),
    "count(v)": ("line 1, column 9", "number of rows"),
    "count(v) >= -1": ("line 1, column 13", "whole number"),
    "count(v) in (1)": ("line 1, column 10", "number of rows"),
    "p.x = q.y + secret": ("line 1, column 13", "whole number"),
    "p.x = q.y + 1.5 days": ("line 1, column 13", "whole number"),
    "p.x = q.y + -1 days": ("line 1, column 13", "whole number"),
    "p.x = q.y + 30 secret": ("line 1, column 16", "'days'"),
    "p.x = q.y + 1001 years": ("line 1, column 11", "1,000 years"),
    "p.x = 2020-01-31 + 30 days": ("line 1, column 18", "end of the filter"),
    "p.x in (q.y)": ("line 1, column 9", "value"),
    "p.x between 1 and 2 without secret": ("line 1, column 29", "'end'"),
    "p.x contains 5": ("line 1, column 14", "text"),
    'p.x starts "secret"': ("line 1, column 12", "'with'"),
    'p.x under ("a", 5)': ("line 1, column 17", "text"),
    'p.x = "a" except "b"': ("line 1, column 11", "end of the filter"),
    'p.x under "a" except 5': ("line 1, column 22", "codes"),
    "exists(v as: p.x = 1)": ("line 1, column 12", "name of a row"),
    "first(v: p.x = 1): p.x = 1": ("line 1, column 8", "'by'"),
    "first(v by w.day): p.x = 1": ("line 1, column 12", "field of theirs"),
    "first(v by v.day)": ("line 1, column 18", "':'"),
    "first(v by v.day): p.x = 1 and p.y = 1": ("line 1, column 28", "parentheses"),
    "not last(v by v.day): not p.x = 1 or p.y = 1": ("line 1, column 35", "parentheses"),
    "max(v) > 1": ("line 1, column 5", "field"),
    "max(v.x) in (1)": ("line 1, column 10", "A number is compared"),
    "expression(rna) > 1": ("line 1, column 15", "','"),
    "expression(rna, TP53) > 1": ("line 1, column 17", "feature"),
    'expression(rna, "a", 5) > 1': ("line 1, column 22", "unit"),
    'expression(rna, "a") > "secret"': ("line 1, column 24", "number"),
    'expression(rna, "a") > percentile(101)': ("line 1, column 35", "between 0 and 100"),
    "in cohort secret": ("line 1, column 11", "cohort"),
    "in (1)": ("line 1, column 1", "condition"),
    "p.x = 1 and": ("line 1, column 12", "condition"),
    "p.x = 1 && p.y = 2": ("line 1, column 9", "no name"),
    "p.x = 1; drop table p": ("line 1, column 8", "no name"),
    "p.x.y = 1": ("line 1, column 4", "no name"),
    "p.x = 1 and\n\0": ("line 2, column 1", "is not text"),
    'p.x = "\ud800"': ("line 1, column 8", "is not text"),
    f"p.{'x' * 256} = 1": ("line 1, column 2", "no name"),
    "(" * (MAX_DEPTH + 2): ("line 1, column 202", "deep"),
    "not " * (MAX_DEPTH + 2): ("line 1, column 805", "deep"),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items(), ids=list(map(repr, REFUSED)))
def test_what_is_no_filter_is_refused_with_its_place(text: str, expected: tuple[str, str]) -> None:
    with pytest.raises(UsageError) as refused:
        parse_filter(text)

    message = str(refused.value)
    assert message.startswith(f"The filter cannot be read: {expected[0]}.")
    assert expected[1] in message
    assert "secret" not in message


VALUE, OPERATOR = "A value is expected.", "An operator is expected."
END = "'and', 'or' or the end of the filter is expected."
COUNT = "A number of rows is compared by =, !=, <, <=, > or >=."
DEEP = f"Conditions are nested more than {MAX_DEPTH} levels deep."
ALL_AT_ONCE = {
    "p.x = and p.y == 3 or (p.z in () and p.a = 1) or exists(v: p.b = and count(w) in 3)": [
        (7, 3, VALUE), (16, 1, VALUE), (32, 1, VALUE), (66, 3, VALUE), (79, 2, COUNT),
    ],
    "p.x between 1 and and p.y = ": [(19, 3, VALUE), (29, 0, VALUE)],
    "p.x between (1 and 2) and p.y is": [(13, 1, VALUE), (33, 0, "'missing' is expected.")],
    "p.x = 'a and b' or p.y && p.z = \u201cx\u201d": [
        (7, 9, "Text is written in double quotes."),
        (24, 1, "Here begins no name, value or sign."),
    ],
    'p.x = "a\0b" and p.y': [(9, 1, "This character is not text."), (20, 0, OPERATOR)],
    "p.x = 1) and p.y = ": [(8, 1, END), (20, 0, VALUE)],
    "p.x = 1 p.y = 2 and p.z": [(9, 3, END), (24, 0, OPERATOR)],
    "(p.x = (p.y = ": [(8, 1, VALUE)],
    "(" * (MAX_DEPTH + 2) + "p.x = 1" + ")" * (MAX_DEPTH + 2) + " and p.y": [
        (MAX_DEPTH + 2, 1, DEEP), (2 * MAX_DEPTH + 20, 0, OPERATOR),
    ],
}  # fmt: skip


@pytest.mark.parametrize("text", ALL_AT_ONCE)
def test_all_that_cannot_be_read_is_told_at_once(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_filter(text)

    found = [(each.column, each.length, each.text) for each in refused.value.problems]
    assert found == ALL_AT_ONCE[text]
    for each in refused.value.problems:
        assert f"{each.place}" in str(refused.value)
        assert each.text in str(refused.value)


def test_a_problem_says_what_is_expected() -> None:
    with pytest.raises(UsageError) as refused:
        parse_filter("p.x = 1 and\n p.y = ?")

    assert refused.value.problems == (
        Problem(
            "Here begins no name, value or sign.", "line 2, column 8", line=2, column=8, length=1,
            expected="Names are ENTITY.FIELD.",
        ),
    )  # fmt: skip


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
