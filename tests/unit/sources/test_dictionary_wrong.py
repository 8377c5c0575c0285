"""What is said of data dictionaries, codings and entity dictionaries that are wrong."""

import gzip
from pathlib import Path

import pytest

from apollo_spark.sources.dictionary.read import read_dictionary
from tests.unit.sources.dictionary_texts import HEADER, SMALL, describe, read_text, read_texts


@pytest.mark.parametrize(
    ("content", "rule", "line", "message"),
    [
        (None, "file_missing", None, "the file cannot be read: No such file or directory"),
        ("", "file_empty", None, "the file has no header"),
        ("# nothing\n\n", "file_empty", None, "the file has no header"),
        (b"entity\n\xff\n", "file_not_text", 2, "the file is not UTF-8 text"),
        ("a\nb\nc\0\n".encode("utf-16"), "file_not_text", 1, "the file is not UTF-8 text"),
        (b"entity\n\na\0\n", "file_not_text", 3, "the file holds NUL bytes"),
        (gzip.compress(SMALL.encode())[:-9], "file_truncated", None,
         "the compressed file is cut off"),
        (gzip.compress(SMALL.encode())[:-8] + bytes(8), "file_damaged", None,
         "the compressed file is damaged"),
        (SMALL.replace("description", "name"), "header_repeated_column", 1,
         "column 'name' occurs more than once in the header"),
        (SMALL + "patient,sex\n", "row_length", 5, "a row does not have the 6 cells of the header"),
        (SMALL + SMALL.partition("\n")[0] + "\n", "header_repeated", 5,
         "the header occurs again among the rows"),
        (SMALL + 'patient,sex,string,,"a"b,\n', "quoting", 5,
         "the row that begins here has a quote in the wrong place, or one that never closes"),
        (SMALL + 'patient,sex,string,,"never\n\n', "quoting", 5,
         "the row that begins here has a quote in the wrong place, or one that never closes"),
        (SMALL + "patient,sex,string,,a\rb,\n", "line_end", 5,
         "a carriage return occurs alone, without a line feed"),
    ],
    ids=["missing", "empty", "only comments", "not UTF-8", "UTF-16", "NUL", "cut gzip",
         "damaged gzip", "a column twice", "a short row", "the header twice", "a quote inside",
         "an open quote", "a lone carriage return"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_apart(
    tmp_path: Path, content: str | bytes | None, rule: str, line: int | None, message: str
) -> None:
    if content is None:
        reading = read_dictionary(tmp_path / "fields.csv")
    else:
        reading = read_text(tmp_path, content)

    assert describe(reading.findings) == [("fields.csv", line, rule, message)]
    assert reading.dictionary is None


def test_everything_wrong_in_three_files_is_told_at_once(tmp_path: Path) -> None:
    reading = read_texts(
        tmp_path,
        f"{HEADER},relationship\n"
        "patient,patient_id,string,global,,,,\n"
        "patient,sex,strnig,,sexes,,,\n"
        'patient,"born\nat",date,,,yes,,\n'
        "visit,visit_id,integer,global,,,,\n"
        "visit,patient_id,integer,,,,pateint:patient_id,many_to_one\n"
        "visit,seen,date,,age,,,\n",
        "coding_name,code,meaning,display_order,parent_code\n"
        "sex,F,Female,1,\n"
        "sex,F,Female,first,\n"
        "age,1900-01-01,Unknown,,\n"
        "age,never,Never,,1900-01-02\n",
        "entity,entity_title\nvisits,Visits\n",
    )

    assert describe(reading.findings) == [
        ("fields.csv", 3, "field_type",
         ("field 'patient.sex': the type is 'strnig' (did you mean 'string'?), and not one of "
         "string, integer, float, date, datetime")),
        ("fields.csv", 3, "coding_unknown",
         "coding 'sexes' of field 'patient.sex' is not in codings.csv (did you mean 'sex'?)"),
        ("fields.csv", 4, "field_name",
         ("field 'patient.born\nat': a name starts with a letter and has only letters, digits and "
         "underscores")),
        ("fields.csv", 4, "coding_of_sparse",
         "field 'patient.born\nat': the field is sparse and has no coding"),
        ("fields.csv", 6, "key_global",
         ("field 'visit.visit_id': a second global key; the first is 'patient.patient_id' on "
         "line 2")),
        ("fields.csv", 7, "reference_target",
         ("field 'visit.patient_id': it refers to 'pateint:patient_id', and there is no entity "
         "'pateint' (did you mean 'patient'?)")),
        ("codings.csv", 3, "code_repeated",
         "coding 'sex': code 'F' occurs more than once under one parent"),
        ("codings.csv", 3, "code_order",
         "coding 'sex': the display order of code 'F' is not a whole number"),
        ("codings.csv", 5, "code_parent",
         "coding 'age': parent '1900-01-02' is not a code of the coding"),
        ("codings.csv", 5, "code_type",
         "coding 'age' of field 'visit.seen': code 'never' is not of type date"),
        ("entities.csv", 2, "entity_title_unknown",
         "entity 'visits' is not in the data dictionary (did you mean 'visit'?)"),
    ]  # fmt: skip


def test_two_fields_cannot_be_read_from_one_column(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path,
        "entity,name,type,primary_key_type,source_column\n"
        "e,id,string,global,Person No.\n"
        "e,age,integer,,\n"
        "e,years,integer,,age\n",
    )

    assert describe(reading.findings) == [
        (
            "fields.csv",
            4,
            "field_repeated",
            "field 'e.years': it is read from column 'age', as is 'e.age'",
        )
    ]


def test_missing_optional_columns_are_one_warning(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "entity,name,type,primary_key_type,title\ne,id,string,global,\n")

    (finding,) = reading.findings
    assert finding.rule == "dictionary_optional_columns"
    assert finding.message == (
        "these columns are not there and are read as empty: 'coding_name', 'concept', "
        "'description', 'folder_path', 'is_multi_select', 'is_sparse_coding', 'linkout', "
        "'longitudinal_axis_type', 'referenced_entity_field', 'relationship' and 1 more"
    )


def test_a_misspelt_column_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "entity,name,type,primary_key_type,tittle\ne,id,string,global,\n")

    assert describe(reading.findings) == [
        ("fields.csv", None, "dictionary_extra_columns",
         "these columns have no meaning here and are not read: 'tittle' (did you mean 'title'?)")
    ]  # fmt: skip


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path,
        "# made by hand\n\n"
        "entity,name,type,primary_key_type,description\n"
        'e,id,string,global,"on\r\nthree\nlines"\n'
        "\n"
        "e,age,number,,\x0b\n",
    )

    assert [(each.line, each.rule) for each in reading.findings][1:] == [(8, "field_type")]


def test_many_fields_of_one_unknown_coding_are_one_finding(tmp_path: Path) -> None:
    rows = "".join(f"e,f{at},string,,icd10cm:2024,,\n" for at in range(25))
    reading = read_text(tmp_path, f"{HEADER}\ne,id,string,global,,,\n{rows}")

    finding = reading.findings[-1]
    assert (finding.rule, finding.line, finding.count, len(finding.places)) == (
        "coding_unknown", 3, 25, 20,
    )  # fmt: skip
    assert finding.message == (
        "coding 'icd10cm:2024' of field 'e.f0', 'e.f1', 'e.f2', 'e.f3', 'e.f4', 'e.f5', 'e.f6', "
        "'e.f7', 'e.f8', 'e.f9' and 15 more is a reserved name; its codes are not built in and "
        "must be in codings.csv"
    )


def test_a_broken_row_hides_no_other_finding_and_causes_none(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path,
        f"{HEADER},relationship\n"
        "patient,patient_id,string,global,,,,\n"
        "hospital,hospital_id,integer,local\n"
        "patient,hid,integer,,,,hospital:hospital_id,many_to_one\n"
        "patient,sex,text,,,,,\n",
    )

    assert [(each.line, each.rule) for each in reading.findings][1:] == [
        (3, "row_length"), (5, "field_type"),
    ]  # fmt: skip
