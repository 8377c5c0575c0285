"""What nobody sees makes no other key, and everything that is seen does."""

import re
import unicodedata

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.ingest.lookalikes import (
    LOOKS,
    KeyColumn,
    find_alike,
    find_hidden_lookalikes,
    find_like_taken,
)
from apollo_spark.ingest.queried_keys import QueriedColumn
from apollo_spark.query.sql import table
from apollo_spark.workers.values.tidying import tidy_name
from apollo_spark.workers.values.unseen import MAYBE_ODD, may_look_alike, without_unseen

UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u202e\u034f\ufe0f\x07"
BLANKS = " \t\u00a0\u1680\u2003\u2028\x1f\u3000\u2800\u3164"
LETTERS = st.text(alphabet="Pp1_-\u00fc\u0301e\u00e9Q " + UNSEEN + BLANKS, max_size=8)


def looks(texts: list[str]) -> list[str]:
    return without_unseen(pa.array(texts, pa.string())).to_pylist()


@given(st.lists(LETTERS, max_size=8))
def test_looks_are_as_they_look(texts: list[str]) -> None:
    assert looks(looks(texts)) == looks(texts)


@given(st.text(alphabet=[chr(each) for each in range(33, 127)], max_size=8))
def test_what_everybody_sees_stays(text: str) -> None:
    assert looks([text]) == [text]
    assert not may_look_alike(pa.array([text], pa.string()))


@given(st.lists(st.text(max_size=6), max_size=6))
def test_no_key_that_looks_like_another_text_is_overlooked(texts: list[str]) -> None:
    texts = [each.encode("utf-8", "ignore").decode() for each in texts]
    odd = [text for text, look in zip(texts, looks(texts), strict=True) if text != look]

    assert all(re.search(MAYBE_ODD, each) for each in odd)
    assert may_look_alike(pa.array(texts, pa.string())) or not odd


@given(st.text(alphabet="P1\u00fc", min_size=1, max_size=5), st.lists(st.sampled_from(UNSEEN)))
def test_characters_without_a_glyph_make_no_other_key(key: str, more: list[str]) -> None:
    spread = "".join(more) + "".join(each + "".join(more) for each in key)

    assert looks([spread, unicodedata.normalize("NFD", key)]) == looks([key, key])


@given(st.text(alphabet="P1", min_size=1, max_size=5), st.lists(st.sampled_from(BLANKS)))
def test_blanks_at_the_ends_make_no_other_key(key: str, more: list[str]) -> None:
    blanks = "".join(more)

    assert looks([blanks + key + blanks]) == [key]
    assert looks([blanks]) == [""]


@given(st.sets(LETTERS, max_size=8))
def test_keys_are_alike_that_look_the_same(keys: set[str]) -> None:
    texts = sorted(keys)
    pairs = dict(zip(texts, looks(texts), strict=True))
    same = {each for each in texts if list(pairs.values()).count(pairs[each]) > 1}

    found = find_alike(pa.table([texts, list(pairs.values())], schema=LOOKS))

    assert set(found.to_pylist()) == same


@given(st.text(max_size=8))
def test_a_tidied_name_stays_tidy(text: str) -> None:
    assert tidy_name(tidy_name(text)) == tidy_name(text)


def column_of(texts: set[str]) -> KeyColumn:
    """Return a column of texts that answers every question with all of them."""
    values = pa.table({"key": pa.array(sorted(texts), pa.string())})
    return QueriedColumn(lambda _: values.to_reader(), table, "key")


@given(
    st.sets(LETTERS, max_size=6), st.sets(LETTERS, max_size=6), st.sets(LETTERS, max_size=6),
    st.sets(LETTERS, max_size=3),
)  # fmt: skip
def test_whatever_looks_like_somebody_hidden_is_found(
    given: set[str], hidden: set[str], shown: set[str], taken: set[str]
) -> None:
    out, gone = pa.array(sorted(taken), pa.string()), (hidden - shown) | taken
    wanted = {each for each in given - shown if looks([each])[0] in looks(sorted(gone))}

    found = find_hidden_lookalikes(
        column_of(given),
        column_of(hidden | shown),
        column_of(shown),
        pa.array(sorted(taken), pa.string()),
    )
    alike = find_like_taken(column_of(given), out)

    # Those that are hidden ones themselves are found by comparing keys.
    assert set(found.to_pylist()) | (given & gone - shown) == wanted
    assert set(alike.to_pylist()) == {
        each for each in given - taken if looks([each])[0] in looks(sorted(taken))
    }
