"""Any text at all, as a terminal and as JSON gets it: nothing acts, and nothing is lost."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.export.html_text import plain_text, show_text
from apollo_spark.export.printable import printable, printable_json, printable_lines

ANY = st.text(st.characters())
ACTING = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(ANY)
def test_no_character_acts_on_a_terminal(text: str) -> None:
    assert not _acting(printable(text))
    assert _acting(printable_lines(text)) <= {"\n"}


@given(ANY)
def test_what_can_be_shown_is_shown_as_it_is(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    if "\\" not in text:
        assert shown.encode("ascii", "backslashreplace").decode("unicode_escape") == text


@given(st.dictionaries(ANY, st.lists(ANY)))
def test_json_means_the_same_and_acts_on_nothing(value: dict[str, list[str]]) -> None:
    # Two halves of a character that are side by side are one where they are escapes.
    meant = json.loads(json.dumps(value))
    for text in (json.dumps(value, ensure_ascii=False), json.dumps(value)):
        assert json.loads(printable_json(text)) == meant
        assert not _acting(printable_json(text))


@given(ANY)
def test_a_page_turns_nothing_around(text: str) -> None:
    assert not _acting(show_text(text))
    assert not _acting(plain_text(text))


def _acting(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) in ACTING}
