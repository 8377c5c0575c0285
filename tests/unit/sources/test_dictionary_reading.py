"""Reading the three dictionary files: what is understood, and what people are told."""

import gzip
from pathlib import Path

import pytest

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldType
from tests.support.dictionaries import dictionary
from tests.unit.sources.dictionary_texts import HEADER, SMALL, read_text


@pytest.fixture
def plain(tmp_path: Path) -> DataDictionary:
    found = read_text(tmp_path, SMALL).dictionary
    assert found is not None
    return found


def test_cells_become_the_fields_of_the_model(plain: DataDictionary) -> None:
    assert [(spec.name, spec.type, spec.description) for _, spec in plain.paths()] == [
        ("patient_id", FieldType.STRING, "two\nlines"),
        ("age", FieldType.INTEGER, 'a "quoted" word'),
    ]
    assert (plain.main_entity, plain.entities[0].primary_key) == ("patient", "patient_id")
    assert (plain.entities[0].title, plain.entities[0].fields[1].units) == (None, None)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("\ufeff" + SMALL, "fields.csv"),
        (SMALL.replace("\n", "\r\n").replace("two\r\n", "two\n"), "fields.csv"),
        ('# made by hand, "quoted\n\n#second\n' + SMALL, "fields.csv"),
        (SMALL + "\n,,,,,\n\n", "fields.csv"),
        (SMALL.replace("entity,name", " Entity ,NAME"), "fields.csv"),
        (SMALL.replace("patient,age,integer", "patient, age ,integer "), "fields.csv"),
        (SMALL.replace(",", "\t"), "fields.tsv"),
        (gzip.compress(SMALL.encode()), "fields.csv.gz"),
        (gzip.compress(SMALL.replace(",", "\t").encode()), "fields.tsv.gz"),
        (gzip.compress(SMALL.encode()), "fields.csv"),
        (SMALL.rstrip("\n"), "fields.csv"),
    ],
    ids=[
        "byte order mark",
        "Windows line ends",
        "comment lines and blank lines before the header",
        "rows without any value",
        "capitals and blanks in the header",
        "blanks around names",
        "tabs",
        "gzip",
        "gzip of tabs",
        "gzip without its ending",
        "no line feed at the end",
    ],
)
def test_the_form_of_the_file_does_not_matter(
    tmp_path: Path, plain: DataDictionary, content: str | bytes, name: str
) -> None:
    reading = read_text(tmp_path, content, name)

    assert reading.dictionary == plain
    assert [each.rule for each in reading.findings] == ["dictionary_optional_columns"]


def test_the_order_of_the_columns_does_not_matter(tmp_path: Path) -> None:
    turned = "type,primary_key_type,name,entity\nstring,global,id,e\n"
    usual = "entity,name,type,primary_key_type\ne,id,string,global\n"

    assert read_text(tmp_path, turned).dictionary == read_text(tmp_path, usual).dictionary


def test_entities_stand_in_the_order_of_their_first_row() -> None:
    found = dictionary(
        """
        entity   name  type     primary_key_type  referenced_entity_field  relationship
        visit    id    integer  local             -                        -
        patient  id    string   global            -                        -
        visit    who   string   -                 patient:id               many_to_one
        """
    )

    assert [each.name for each in found.entities] == ["visit", "patient"]
    assert [each.name for each in found.entities[0].fields] == ["id", "who"]
    assert found.main_entity == "patient"


def test_a_self_reference_of_the_main_key_is_kept(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path, f"{HEADER},relationship\np,eid,string,global,,,p:eid,one_to_one\n"
    )

    assert reading.dictionary is not None
    assert [each.is_self_reference for each in reading.dictionary.relations] == [True]
    assert reading.dictionary.tree_relations == ()


def test_only_used_codings_are_kept_in_the_order_of_their_use() -> None:
    found = dictionary(
        """
        entity  name  type    primary_key_type  coding_name
        e       id    string  global            -
        e       b     string  -                 second
        e       a     string  -                 first
        e       c     string  -                 second
        """,
        codings="""
        coding_name  code  meaning
        first        1     One
        second       2     Two
        third        3     Three
        """,
    )

    assert [each.name for each in found.codings] == ["second", "first"]
