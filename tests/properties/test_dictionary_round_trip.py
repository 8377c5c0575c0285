"""A dictionary that is written and read again is the same dictionary."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apollo_spark.export.dictionary_csv import write_dictionary
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.findings import refusing
from apollo_spark.sources.dictionary.codings import build_coding
from apollo_spark.sources.dictionary.read import DictionaryReading, read_dictionary
from apollo_spark.sources.text_table import TextRow
from tests.support.dictionaries import codings, dictionaries


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def read_texts(folder: Path, texts: dict[str, str], ending: str) -> DictionaryReading:
    paths = {}
    for kind, text in texts.items():
        paths[kind] = folder / f"{kind}.{ending}"
        paths[kind].write_bytes(text.encode())
    return read_dictionary(
        paths["data_dictionary"], paths.get("codings"), paths.get("entity_dictionary")
    )


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("tsv", "\t")])
@given(dictionary=dictionaries())
def test_reading_what_was_written_gives_an_equal_dictionary(
    folder: Path, dictionary: DataDictionary, ending: str, delimiter: str
) -> None:
    texts = write_dictionary(dictionary, delimiter=delimiter)

    reading = read_texts(folder, texts, ending)

    assert refusing(reading.findings) == ()
    assert reading.dictionary == dictionary
    assert write_dictionary(reading.dictionary, delimiter=delimiter) == texts


@given(dictionary=dictionaries())
def test_a_legal_dictionary_gets_no_warning_but_for_self_references(
    folder: Path, dictionary: DataDictionary
) -> None:
    reading = read_texts(folder, write_dictionary(dictionary), "csv")

    selves = [each for each in dictionary.relations if each.is_self_reference]
    assert [each.rule for each in reading.findings] == ["reference_to_itself"] * len(selves)


@given(coding=codings("any", is_numeric=False), data=st.data())
def test_a_tree_comes_out_the_same_from_rows_in_any_order(
    coding: Coding, data: st.DataObject
) -> None:
    assume(coding.is_hierarchical)
    rows = [
        TextRow(
            line,
            {
                "code": place.code,
                "meaning": place.meaning,
                "concept": place.concept,
                "parent_code": place.parent_code,
                "display_order": str(place.display_order),
            },
        )
        for line, place in enumerate(coding.rows, start=2)
    ]

    assert build_coding("any", data.draw(st.permutations(rows))) == coding
