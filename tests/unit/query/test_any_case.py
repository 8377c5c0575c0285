"""A text is found in any case, and nothing else is."""

import re
from collections.abc import Callable

import pytest
from sqlglot import exp

from apollo_spark.query.filters.any_case import any_case_pattern, fold
from apollo_spark.query.sql import labelled, literal
from tests.support.hospital import NASTY

Ask = Callable[[exp.Query], list[tuple[object, ...]]]


def find(ask: Ask, text: str, value: str) -> object:
    pattern = literal(any_case_pattern(text))
    found = exp.RegexpLike(this=literal(value), expression=pattern)
    return ask(exp.select(labelled(found, "found")))[0][0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("breast", "BREAST pain"),
        ("Äußeres", "äUßERES Ohr"),
        ("ΟΔΟΣ", "η οδος"),
        ("οδος", "ΟΔΟΣ"),
        ("STRAẞE", "straße 5"),
        ("kelvin", "\u212aELVIN"),
        ("", "anything"),
    ],
)
def test_the_case_of_letters_does_not_matter(ask: Ask, text: str, value: str) -> None:
    assert find(ask, text, value) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [(".", "x"), ("a|b", "a"), ("i", "İ"), ("\u0131", "I"), ("ss", "ß"), ("a ", "a"), ("e", "é")],
)
def test_nothing_else_is_found(ask: Ask, text: str, value: str) -> None:
    assert find(ask, text, value) is False


@pytest.mark.parametrize("text", NASTY)
def test_no_sign_is_special(ask: Ask, text: str) -> None:
    assert find(ask, text, f"before{text.upper() or text}after") is ("ß" not in text)
    assert find(ask, text, f"before{text}after") is True


def test_a_pattern_holds_no_sign_of_the_text() -> None:
    assert re.fullmatch(r"(\[(\\x\{[0-9a-f]+\})+\])*", any_case_pattern("".join(NASTY)))


def test_a_long_text_can_be_searched_for(ask: Ask) -> None:
    assert find(ask, "kä" * 500, "KÄ" * 500) is True


def test_all_forms_of_a_letter_have_one_fold() -> None:
    assert {fold(each) for each in "Kk\u212a"} == {"k"}
