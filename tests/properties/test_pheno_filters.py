"""What is written as the original's JSON is read as a filter that keeps the same rows."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.errors import ApolloError, UsageError
from apollo_spark.query.filters.pheno.check import filter_of_json, read_filter_json
from apollo_spark.query.filters.pheno.write import write_pheno
from tests.support.examples import examples
from tests.support.filter_model import held_by
from tests.support.filters import Study, filters, studies
from tests.support.hospital import hospital_dictionary

DICTIONARY = hospital_dictionary()


@given(study=studies(), data=st.data())
@examples(40)
def test_json_that_is_read_again_keeps_the_same_rows(study: Study, data: st.DataObject) -> None:
    dictionary, rows = study
    for tree in data.draw(st.lists(filters(dictionary), min_size=4, max_size=8)):
        try:
            written = write_pheno(tree, dictionary)
        except UsageError:
            # Most trees say more than this JSON can.
            continue
        again = read_filter_json(json.dumps(written), dictionary)

        assert again is not None
        assert held_by(again, dictionary, rows) == held_by(tree, dictionary, rows)
        # What keeps nobody is written as an empty list from then on.
        settled = write_pheno(again, dictionary)
        assert write_pheno(filter_of_json(settled, dictionary), dictionary) == settled


KEYS = ["pheno_filters", "assay_filters", "compound", "logic", "filters", "entity", "children",
        "name", "condition", "values", "patient$age", "operator"]  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | (st.sampled_from(["and", "or", "in", "between", "any", "exists", "patient", "visit@1"]))
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=25,
)


@given(content=JSON, inside=st.booleans())
@examples(300)
def test_any_json_is_read_or_refused(content: object, inside: bool) -> None:
    whole = {"pheno_filters": {"compound": [content]}} if inside else content

    for refused in (refusal(filter_of_json, whole), refusal(read_filter_json, json.dumps(whole))):
        assert refused is None or refused.problems
        assert refused is None or refused.exit_code in (2, 13)


def refusal(read: Callable[..., object], content: object) -> ApolloError | None:
    try:
        read(content, DICTIONARY)
    except ApolloError as refused:
        return refused
    return None


@pytest.mark.parametrize("text", ["{", "[1,]", "\ud800", "", "nul", '{"a": 1 "b": 2}'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="this is not JSON: "):
        read_filter_json(text, DICTIONARY)
