"""The three dictionary files, byte for byte as the original product's client writes them."""

import json
from pathlib import Path

import pytest

from apollo_spark.export.dictionary_csv import write_dictionary
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.sources.dictionary.read import (
    NOT_GIVEN,
    DictionaryTables,
    build_dictionary,
    check_dictionary,
)
from apollo_spark.sources.text_table import TextTable, parse_text_table, read_text_table
from tests.support.dictionaries import dictionary

CODING_CASES = (
    "flat_and_hier",
    "only_referenced",
    "block_order",
    "display_order_differs",
    "concepts_partial_reordered",
    "deep_hierarchy",
    "no_codings",
)


@pytest.mark.parametrize(
    ("name", "ending", "delimiter"),
    [("extract_dataset_test", "csv", ","), ("cohort1", "tsv", "\t")],
)
def test_the_files_of_the_original_come_out_byte_for_byte(
    shared: Path, name: str, ending: str, delimiter: str
) -> None:
    folder = shared / "conformance" / "dictionaries"
    paths = {
        kind: folder / f"{name}.{kind}.{ending}"
        for kind in ("data_dictionary", "codings", "entity_dictionary")
    }
    readings = [read_text_table(path) for path in paths.values()]
    tables = DictionaryTables(*(each.table for each in readings))

    written = write_dictionary(build_dictionary(tables), delimiter=delimiter)

    assert {kind: text.encode() for kind, text in written.items()} == {
        kind: path.read_bytes() for kind, path in paths.items()
    }
    # Its made-up entity 'nokey' joins nothing, which a real load must refuse.
    assert [(each.rule, each.entity) for each in check_dictionary(tables)] == [
        ("entity_unreachable", "nokey")
    ]


def table_of_codings(text: str) -> TextTable:
    table = parse_text_table(text, file="codings.csv").table if text else NOT_GIVEN
    assert table is not None
    return table


@pytest.mark.parametrize("name", CODING_CASES)
def test_a_coding_case_of_the_original_comes_out_byte_for_byte(shared: Path, name: str) -> None:
    path = shared / "conformance" / "dictionaries" / "codings_csv_golden.json"
    case = next(each for each in json.loads(path.read_text())["cases"] if each["name"] == name)
    rows = [f"e,{field},string,,{coding}" for field, (coding, _) in case["fields"].items()]
    text = "\n".join(
        ["entity,name,type,primary_key_type,coding_name", "e,id,string,global,", *rows]
    )
    fields = parse_text_table(text, file="data_dictionary.csv").table

    tables = DictionaryTables(fields, table_of_codings(case["csv"]))

    assert write_dictionary(build_dictionary(tables)).get("codings", "") == case["csv"]


@pytest.fixture
def study() -> DataDictionary:
    return dictionary(
        """
        entity   name   type     primary_key_type  folder_path  title       source_column
        patient  id     string   global            A > B        Name, full  Id of patient
        """
    )


def test_a_source_column_is_written_between_relationship_and_title(study: DataDictionary) -> None:
    assert write_dictionary(study)["data_dictionary"] == (
        "entity,name,type,primary_key_type,coding_name,concept,description,folder_path,"
        "is_multi_select,is_sparse_coding,linkout,longitudinal_axis_type,"
        "referenced_entity_field,relationship,source_column,title,units\n"
        'patient,id,string,global,,,,A > B,,,,,,,Id of patient,"Name, full",\n'
    )


def test_a_file_without_rows_is_not_written(study: DataDictionary) -> None:
    assert set(write_dictionary(study)) == {"data_dictionary", "entity_dictionary"}


def test_only_cells_that_need_quotes_have_them() -> None:
    plain = dictionary(
        """
        entity  name  type    primary_key_type  title
        e       id    string  global            with 'blanks' # and ; marks
        """
    )
    entity = plain.entities[0]
    spec = entity.fields[0].model_copy(
        update={"description": 'two\nlines, "quoted"', "units": "a\rb"}
    )
    changed = plain.model_copy(
        update={"entities": (entity.model_copy(update={"fields": (spec,)}),)}
    )

    assert write_dictionary(changed)["data_dictionary"].partition("\n")[2] == (
        'e,id,string,global,,,"two\nlines, ""quoted""",,,,,,,,'
        "with 'blanks' # and ; marks,\"a\rb\"\n"
    )
