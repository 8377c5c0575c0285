"""One seeded defect per rule: each is reported under its own name and no other."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from apollo_spark.model.rules import FILE_RULES, VALUE_RULES
from tests.support.study import PASSPORTS, PATIENTS, SITES, VISITS, Study

Defect = Callable[[Study], None]


def put(name: str, content: str | bytes) -> Defect:
    def write(study: Study) -> None:
        study.write(name, content)

    return write


def swap(name: str, old: str, new: str) -> Defect:
    return lambda study: study.replace(name, old, new)


def without_file_of_site(study: Study) -> None:
    study.data.remove("site=site.csv")


def missing_file(study: Study) -> None:
    (study.folder / "site.csv").unlink()


def folder_with_more(study: Study) -> None:
    folder = study.folder / "sites"
    folder.mkdir()
    (study.folder / "site.csv").rename(folder / "site.csv")
    (folder / "site.xlsx").write_bytes(b"")
    study.data[study.data.index("site=site.csv")] = "site=sites"


# Its checksum is another, far behind what is read for the header.
_PACKED = bytearray(gzip.compress((SITES + "".join(f"{x},C\n" for x in range(3, 90_000))).encode()))
_PACKED[-8] ^= 0xFF
DAMAGED = bytes(_PACKED)
# A list, not a dictionary: some rules have several defects that must be told apart.
DEFECTS: list[tuple[str, str, Defect]] = [
    ("file_missing", "a file that is not there", missing_file),
    ("file_empty", "an empty file", put("site.csv", "")),
    ("file_not_text", "a zero byte among the rows", put("site.csv", SITES + "3,\0\n")),
    ("file_not_text", "bytes that are not UTF-8", put("site.csv", SITES.encode() + b"3,\xff\n")),
    (
        "file_truncated",
        "a gzip file cut off",
        put("visit.csv", gzip.compress(VISITS.encode())[:-9]),
    ),
    ("file_damaged", "a gzip file of another checksum", put("site.csv", DAMAGED)),
    ("file_left_alone", "a folder that holds more", folder_with_more),
    ("file_of_entity", "an entity without file", without_file_of_site),
    ("file_of_entity", "a file without entity", lambda study: study.data.append("sites=site.csv")),
    (
        "line_end",
        "lines that end with carriage returns",
        put("site.csv", SITES.replace("\n", "\r")),
    ),
    ("line_end", "a header that ends with one", put("site.csv", SITES.replace("\n", "\r", 1))),
    (
        "header_repeated_column",
        "a column twice",
        put("site.csv", "site_id,city,city\n1,a,b\n2,a,b\n"),
    ),
    (
        "header_repeated",
        "the header among the rows",
        put("patient.csv", PATIENTS + PATIENTS.splitlines()[0] + "\n"),
    ),
    ("header_missing_column", "a field without column", put("site.csv", "site_id\n1\n2\n")),
    (
        "header_unknown_column",
        "a column without field",
        put("site.csv", "site_id,city,mayor\n1,a,b\n2,a,b\n"),
    ),
    ("row_length", "a short row", put("passport.csv", PASSPORTS + "X3\n")),
    ("row_length", "a long row", put("passport.csv", PASSPORTS + "X3,P3,more\n")),
    ("quoting", "a quote inside a cell", put("site.csv", 'site_id,city\n1,a\n2,b"c"\n')),
    ("quoting", "a quote never closed", put("site.csv", 'site_id,city\n1,a\n2,"b\n')),
    ("line_end", "a lone carriage return", put("site.csv", "site_id,city\n1,a\rb\n2,c\n")),
    ("cell_integer", "letters", swap("patient.csv", ",20,1", ",twenty,1")),
    ("cell_integer", "a hexadecimal number", swap("patient.csv", ",20,1", ",0x14,1")),
    ("cell_integer", "more than 64 bits", swap("patient.csv", ",20,1", ",9223372036854775808,1")),
    ("cell_whole_decimal", "decimals of zero", swap("patient.csv", ",20,1", ",20.0,1")),
    ("cell_float", "letters", swap("patient.csv", "61.5", "heavy")),
    ("cell_float", "not finite", swap("patient.csv", "61.5", "inf")),
    ("cell_inexact", "too many digits", swap("patient.csv", "61.5", "9007199254740993")),
    ("cell_date", "the 30th of February", swap("patient.csv", "1961-05-04", "1961-02-30")),
    (
        "cell_datetime",
        "a 25th hour",
        swap("visit.csv", "2020-01-02 10:00:00", "2020-01-02 25:00:00"),
    ),
    ("cell_partial_date", "a year alone", swap("patient.csv", "1961-05-04", "1961")),
    ("cell_code", "an unknown code", swap("patient.csv", "P1,F", "P1,X")),
    ("cell_code", "an unknown code in a multi-select", swap("visit.csv", "R1|R2", "R1|Q")),
    ("cell_empty_item", "an empty item", swap("visit.csv", "R1|R2", "R1|")),
    ("key_missing", "an empty key", swap("passport.csv", "X2,P2", ",P2")),
    ("key_lookalike", "a key with a blank", swap("passport.csv", "X2,P2", "X1 ,P2")),
    ("key_unique", "a key twice", swap("passport.csv", "X2,P2", "X1,P2")),
    ("reference_missing", "a row without parent", swap("visit.csv", "3,P2", "3,")),
    ("reference_resolves", "a parent that is not there", swap("visit.csv", "3,P2", "3,P9")),
    ("reference_cardinality", "two rows for one", swap("passport.csv", "X2,P2", "X2,P1")),
]
CANNOT_BE_SEEDED_HERE = {
    *("file_too_large", "row_too_long"),
    # A copy repeats keys too; tests/cases/decisions_on_rows.py has it alone.
    "file_copied",
}


@pytest.mark.parametrize(
    ("rule", "defect"),
    [pytest.param(rule, defect, id=f"{rule}: {text}") for rule, text, defect in DEFECTS],
)
def test_a_defect_is_reported_under_its_name_and_no_other(
    tmp_path: Path, rule: str, defect: Defect
) -> None:
    study = Study(tmp_path)
    defect(study)

    study.load("--report", study.report)

    assert {each["rule"] for each in study.findings()} == {rule}


def test_every_rule_on_files_and_values_has_a_defect() -> None:
    seeded = {rule for rule, _, _ in DEFECTS} | CANNOT_BE_SEEDED_HERE

    assert {rule.name for rule in (*FILE_RULES, *VALUE_RULES)} == seeded
