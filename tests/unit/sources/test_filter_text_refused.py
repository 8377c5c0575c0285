"""What is not a filter is refused with its place, all at once, and without its values."""

import pytest

from apollo_spark.errors import Problem, UsageError
from apollo_spark.model.filter import MAX_DEPTH
from apollo_spark.sources.filters.text import parse_filter

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
