"""A filter is checked against the dictionary: everything wrong at once, with places, no values."""

from datetime import date
from typing import Any

import pytest

from apollo_spark.errors import ApolloError, NotFoundError, UsageError
from apollo_spark.model.filter import MAX_DEPTH, Comparison, Day, Filter, Not, Operator
from apollo_spark.query.filters.check import check_filter, read_filter, require_few_conditions
from apollo_spark.query.filters.values import codes_under
from apollo_spark.sources.filters.write import write_filter
from tests.support.filters import CODINGS
from tests.support.hospital import hospital_dictionary

DICTIONARY = hospital_dictionary()

REFUSED = {
    'patient.sex = "1" and patient.sex = 7': [
        "37: patient.sex",
        "a code that the coding 'sex' does not have",
    ],
    "patient.sex in (0, 7, 8)": ["20: patient.sex", "23: patient.sex", "a code that the coding"],
    "patient.sex < 1": ["no order"],
    "patient.sex between 0 and 1": ["no order"],
    'patient.cancer under "C1"': ["no coding with parents"],
    'patient.name under "C1"': ["no coding with parents"],
    'patient.cancer = "secret"': ["a code that the coding 'long' does not have"],
    'patient.cancers any of ("C1", "secret")': ["31: patient.cancers", "a code that the coding"],
    'patient.name any of ("secret")': ["one value"],
    'patient.name all of ("secret")': ["one value"],
    'patient.age matches "secret"': ["no text"],
    f'patient.name matches "{"secret" * 200}"': ["at most 1,000"],
    "patient.name = 5": ["text in double quotes"],
    "patient.name = 2020-01-31": ["text in double quotes"],
    'patient.age = "secret"': ["a code that the coding 'gaps' does not have"],
    "patient.age = 1.5": ["whole numbers"],
    'patient.age < "-1"': ["whole numbers"],
    'hospital.hospital_id = "1"': ["whole numbers"],
    'patient.weight > "70"': ["numbers"],
    "patient.born = 1950": ["dates"],
    "patient.born < 1950-01-01T10:00:00Z": ["dates"],
    'patient.seen < "1950-01-01"': ["datetimes or dates"],
    "patient.age between 5 and 3": ["smaller one first"],
    "patient.seen between 2020-05-06T00:00:00.1Z and 2020-05-05": ["smaller one first"],
    "patient.seen between 2020-05-06 and 2020-05-05T23:59:59Z": ["smaller one first"],
    "exists(visit: patient.age > 3)": ["15: 'patient' is not below 'visit'"],
    "exists(visit: exists(note))": ["22: 'note' is not below 'visit'"],
    "exists(test: exists(visit))": ["21: 'visit' is not below 'test'"],
    "exists(patient: patient.age > 3)": ["8: exists(patient: ...) asks for other rows"],
    "patient.age > patient.born": ["of type integer", "patient.born of type date"],
    "patient.name = patient.age": ["of type string"],
    "patient.age > patient.weight + 3 days": ["patient.weight, which is not a date"],
    "patient.cancer > patient.cancer": ["no order"],
    "patient.cancer = patient.name": ["do not hold codes of one coding"],
    "patient.sex = patient.hid": ["do not hold codes of one coding"],
    "patient.hid = visit.visit_id": ["'visit' is not above 'patient'"],
    "exists(visit: visit.visit_id > test.result)": ["'test' is not above 'visit'"],
    "patient.born between 5 and patient.seen": ["is compared with dates"],
    "exists(visit as a: a.reason = 5)": ["31: visit.reason"],
    "exists(visit as visit: visit.visit_id = 1)": ["'visit' is an entity"],
    "exists(visit as a: exists(test as a))": ["goes by the name 'a' already"],
    "exists(hospital as a: a.hospital_id > patient.born)": ["of type integer"],
    "exists(patient as a: a.age = 1)": ["asks for other rows"],
    "first(note by note.note_text): note.note_of is missing": ["has no primary key"],
    "first(visit by visit.reason): visit.reason is missing": ["holds codes, which have no order"],
    "first(visit by visit.x): visit.reason is missing and visit.y = 1": ["parentheses"],
    "last(test by test.result): test.result > visit.visit_id": ["cannot be told which is meant"],
    "max(visit.reason) > 1": ["holds no numbers or dates"],
    "sum(consent.signed) > 1": ["holds no numbers"],
    "max(patient.age) > 1": ["asks for other rows"],
    "max(test.result) > 2020-01-01": ["numbers"],
    "mean(visit.visit_id) between 2 and 1": ["smaller one first"],
    'exists(visit: in cohort "a")': ["no cohorts are known here"],
    "exists(visit: count(visit) > 1)": ["21: count(visit: ...) asks for other rows"],
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items(), ids=list(REFUSED))
def test_what_has_no_meaning_is_refused(text: str, expected: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        read_filter(text, DICTIONARY)

    message = str(refused.value)
    assert all(each in message for each in expected)
    assert "secret" not in message


DAY, MOMENT = {"day": "2020-05-06"}, {"moment": "2020-05-06T10:00:00Z"}
ALLOWED: dict[str, tuple[str, str, list[Any]]] = {
    "patient.sex = 1": ("sex", "=", [1]),
    'patient.sex = "1"': ("sex", "=", ["1"]),
    "patient.age = -1": ("age", "=", [-1]),
    'patient.age = "-1"': ("age", "=", ["-1"]),
    "patient.age = 41": ("age", "=", [41]),
    "patient.age between 3 and 3": ("age", "between", [3, 3]),
    "patient.many = 7": ("many", "=", [7]),
    "patient.born = 1950-02-03": ("born", "=", [{"day": "1950-02-03"}]),
    'patient.born = "1900-01-01"': ("born", "=", ["1900-01-01"]),
    "patient.seen between 2020-05-06 and 2020-05-06": ("seen", "between", [DAY, DAY]),
    "patient.seen between 2020-05-06T10:00:00Z and 2020-05-06": ("seen", "between", [MOMENT, DAY]),
    'patient.cancers all of ("C1", "C2")': ("cancers", "all of", ["C1", "C2"]),
    "patient.scores < 3": ("scores", "<", [3]),
    'patient.cancer matches "c1"': ("cancer", "matches", ["c1"]),
}


@pytest.mark.parametrize("text", ALLOWED)
def test_what_has_a_meaning_is_read_as_it(text: str) -> None:
    field, operator, values = ALLOWED[text]

    found = read_filter(text, DICTIONARY)

    assert found.model_dump(mode="json") == {
        "kind": "comparison", "entity": "patient", "field": field, "operator": operator,
        "values": values,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        'exists(visit: visit.reason = "a" and test.result > 0.5 and count(test) > 1)',
        "exists(test: test.result > 0.5)",
        "consent.signed is missing",
    ],
)
def test_what_is_asked_of_other_rows_is_read_as_it_is_written(text: str) -> None:
    assert write_filter(read_filter(text, DICTIONARY)) == text


def test_all_that_is_wrong_is_listed_with_its_place() -> None:
    text = "patiant.age = 1\n or exists(visit: visit.reazon = 5 and patient.age = 1.5)\n"
    text += " and count(vizit: visit.x = 1) > 2"

    with pytest.raises(UsageError) as refused:
        read_filter(text, DICTIONARY)

    assert str(refused.value).splitlines() == [
        "The filter cannot be used:",
        "- line 1, column 1: there is no entity 'patiant' (did you mean 'patient'?)",
        "- line 2, column 19: there is no field visit.reazon (did you mean 'reason'?)",
        (
            "- line 2, column 40: 'patient' is not below 'visit', which is asked about "
            "here; write its condition outside"
        ),
        (
            "- line 2, column 54: patient.age is compared with codes of the coding 'gaps' or "
            "whole numbers of 64 bits; the value is not"
        ),
        "- line 3, column 12: there is no entity 'vizit' (did you mean 'visit'?)",
        "- line 3, column 19: there is no field visit.x",
    ]


def test_what_cannot_be_read_and_what_has_no_meaning_are_listed_together() -> None:
    with pytest.raises(UsageError) as refused:
        read_filter("patient.agee = 1 or patient.sex = and exists(visit: visit.x = ?)", DICTIONARY)

    assert str(refused.value).splitlines() == [
        "The filter cannot be read:",
        "- line 1, column 1: there is no field patient.agee (did you mean 'age'?)",
        (
            "- line 1, column 35: A value is expected. Text and codes are written in double "
            'quotes: "...".'
        ),
        "- line 1, column 63: Here begins no name, value or sign. Names are ENTITY.FIELD.",
    ]


def test_problems_are_values_with_what_was_meant() -> None:
    with pytest.raises(UsageError) as refused:
        read_filter(
            "patiant.age = 1 or patient.agee = 1 or patient.age = 1.5\n"
            'or patient.cancer in ("c1", "C2") and exists(vizit)',
            DICTIONARY,
        )

    names = [(each.line, each.column, each.length, each.suggestions, each.expected)
             for each in refused.value.problems]  # fmt: skip
    assert names == [
        (1, 1, 11, ("patient.age",), ""),
        (1, 20, 12, ("patient.age",), ""),
        (1, 54, 3, (), "codes of the coding 'gaps' or whole numbers of 64 bits"),
        (2, 23, 4, ('"C1"',), "codes of the coding 'long'"),
        (2, 46, 5, ("visit",), ""),
    ]
    for each in refused.value.problems:
        assert f"- {each.place}: {each.text}" in str(refused.value).splitlines()


MARKED = {
    # What is wrong stands under the signs ^, with what was probably meant.
    "the field": ("patient.agee = 1", "^^^^^^^^^^^^", "patient.age"),
    "the operator": ("patient.sex between 0 and 1", "            ^^^^^^^"),
    "two words of an operator": ("patient.sex any of (1)", "            ^^^^^^"),
    "a value": ("patient.sex = 7", "              ^"),
    "one value of a list": ('patient.cancer in ("C1", "c2", "a")', " " * 25 + "^^^^", '"C2"'),
    "a text that is a number": ('patient.hid = "12"', "              ^^^^", "12"),
    "a text that is a date": (
        'consent.signed = "2020-01-31"', "                 ^^^^^^^^^^^^", "2020-01-31"
    ),
    "a number that is a text": ("patient.name = 12", "               ^^", '"12"'),
    "a text that is long": ('patient.hid matches "x"', "            ^^^^^^^"),
    "the greater bound": ("patient.hid between 5 and 3", " " * 26 + "^"),
    "a value behind lines": ("patient.sex = 1\n  or patient.sex in (1,\n  8)", "  ^", None, 3),
    "the other field": ("patient.hid > patient.agee", "              ^^^^^^^^^^^^", "patient.age"),
    "a field of another type": ("patient.hid > patient.name", "              ^^^^^^^^^^^^"),
    "a field with what is added": (
        "patient.born > patient.hid + 3 days", "               ^^^^^^^^^^^^^^^^^^^^"
    ),
    "a bound beside a field": (
        "patient.born between 3 and patient.seen", "                     ^"
    ),
    "the entity": ("exists(vizit)", "       ^^^^^", "visit"),
    "the entity of a number": ("count(patient) > 1", "      ^^^^^^^"),
    "the name of a row": ("exists(visit as test)", "                ^^^^"),
    "what orders rows": ("first(visit by visit.reasn): visit.reason is missing",
                         "               ^^^^^^^^^^^", "visit.reason"),
    "what is summed up": ("sum(visit.reason) > 1", "    ^^^^^^^^^^^^"),
    "what a number is compared with": ("max(test.result) > 2020-01-01", " " * 19 + "^" * 10),
    "a text without quotes": ("patient.cancer = C1", "                 ^^", '"C1"'),
    "a cohort": ('in cohort "some"', "^^"),
}  # fmt: skip


@pytest.mark.parametrize("what", MARKED)
def test_a_problem_marks_what_is_wrong(what: str) -> None:
    text, signs, *more = MARKED[what]
    with pytest.raises(ApolloError) as refused:
        read_filter(text, DICTIONARY)

    (found,) = refused.value.problems
    meant = tuple(more[:1]) if more and more[0] else ()
    assert found.column is not None
    assert found.length is not None
    assert " " * (found.column - 1) + "^" * found.length == signs
    assert found.suggestions == meant
    assert found.line == (more[1] if len(more) > 1 else 1)


def test_each_code_that_is_not_there_is_marked_and_of_very_many_the_last_ones_together() -> None:
    codes = ", ".join(f'"none {number}"' for number in range(120))
    with pytest.raises(UsageError) as refused:
        read_filter(f"patient.cancer in ({codes})", DICTIONARY)

    found = refused.value.problems
    assert len(found) == 101
    assert all(each.length == len('"none 5"') for each in found[:10])
    assert "20 of 120 are not in the coding" in found[-1].text


def test_a_typed_filter_that_is_wrong_is_counted_all_the_same() -> None:
    require_few_conditions("patient.sex = and patient.age =")


def test_unknown_names_alone_are_not_found() -> None:
    with pytest.raises(NotFoundError) as refused:
        read_filter("patient.agee = 1 or visits.x = 1", DICTIONARY)

    assert str(refused.value).splitlines() == [
        "The filter cannot be used:",
        "- line 1, column 1: there is no field patient.agee (did you mean 'age'?)",
        "- line 1, column 21: there is no entity 'visits' (did you mean 'visit'?)",
    ]


def test_names_in_another_case_are_not_found() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'age'"):
        read_filter("patient.AGE = 1", DICTIONARY)


def test_a_tree_without_text_is_refused_by_name() -> None:
    tree = Comparison(
        entity="patient", field="age", operator=Operator.LESS, values=(Day(day=date(2020, 1, 1)),)
    )

    with pytest.raises(UsageError, match=r"- patient\.age is compared with whole numbers"):
        check_filter(tree, DICTIONARY)


def test_a_tree_that_is_too_deep_is_refused() -> None:
    tree: Filter = read_filter("patient.age = 1", DICTIONARY)
    for _ in range(MAX_DEPTH):
        tree = Not(part=tree)
    check_filter(tree, DICTIONARY)

    with pytest.raises(UsageError, match="deep"):
        check_filter(Not(part=tree), DICTIONARY)


def test_codes_under_a_code_are_found_through_every_parent() -> None:
    assert {each: set(codes_under(CODINGS[0], each)) for each in "abcde"} == {
        "a": {"a", "c", "d"},
        "b": {"b", "c", "d"},
        "c": {"c", "d"},
        "d": {"d"},
        "e": {"e"},
    }
