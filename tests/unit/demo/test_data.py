"""The lung study is the same everywhere, keeps its own dictionary, and holds what it promises."""

import csv
import gzip
import hashlib
import io
from collections import Counter
from pathlib import Path

import pytest

from apollo_spark.demo.data import DATA_FILES, write_demo
from apollo_spark.errors import UsageError

Row = dict[str, str]
HEAD_COUNT = 60

# Of the text, not of the files: another zlib may pack the same text into other bytes.
TEXT_OF_RELEASE_1 = "61c69c6eb68d4cf8c588ef8c75a5c32bade9ba9bde63951b4c6d18569045a1e4"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    write_demo(folder, patients=HEAD_COUNT)
    return folder


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("second")
    write_demo(folder, patients=HEAD_COUNT, release=2)
    return folder


def test_the_same_arguments_write_the_same_files(first: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, patients=HEAD_COUNT)

    assert bytes_by_name(tmp_path) == bytes_by_name(first)


def test_the_text_is_the_same_on_every_machine(first: Path) -> None:
    texts = [unpacked(first / name) for name in sorted(bytes_by_name(first))]

    assert hashlib.sha256(b"\0".join(texts)).hexdigest() == TEXT_OF_RELEASE_1


def test_a_packed_file_says_nothing_of_when_it_was_packed(first: Path) -> None:
    assert (first / "visit.csv.gz").read_bytes()[4:8] == bytes(4)


def test_another_seed_writes_another_study(first: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, patients=HEAD_COUNT, seed=8)

    assert rows(tmp_path, "patient") != rows(first, "patient")


@pytest.mark.parametrize("entity", DATA_FILES)
def test_a_file_has_the_columns_of_the_dictionary(first: Path, entity: str) -> None:
    fields = [row for row in dictionary(first) if row["entity"] == entity]

    assert list(rows(first, entity)[0]) == [row["source_column"] or row["name"] for row in fields]


@pytest.mark.parametrize("entity", DATA_FILES)
def test_a_key_stands_once_and_a_reference_finds_its_row(first: Path, entity: str) -> None:
    for field in dictionary(first):
        if field["entity"] != entity:
            continue
        values = [row[field["source_column"] or field["name"]] for row in rows(first, entity)]
        if field["primary_key_type"]:
            assert len(set(values)) == len(values)
        if target := field["referenced_entity_field"]:
            parent, key = target.split(":")
            assert set(values) <= {row[key] for row in rows(first, parent)}


def test_a_coded_value_is_a_code_and_every_coding_is_used(first: Path) -> None:
    codes: dict[str, set[str]] = {}
    for code in read(first / "codings.csv"):
        codes.setdefault(code["coding_name"], set()).add(code["code"])
    coded = [row for row in dictionary(first) if row["coding_name"]]

    for field in coded:
        if not field["is_sparse_coding"]:
            cells = {row[field["name"]] for row in rows(first, field["entity"])}
            assert {item for cell in cells if cell for item in cell.split("|")} <= codes[
                field["coding_name"]
            ]
    assert {field["coding_name"] for field in coded} == set(codes)


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ("patient.pack_years", {"-1", "-3"}),
        ("patient.alcohol_units", {"-1", "-3"}),
        ("patient.occupation", {"-1"}),
        ("patient.last_flare_up", {"1900-01-01"}),
        ("visit.fev1_l", {"-1", "-2"}),
        ("visit.next_contact_at", {"1900-01-01T00:00:00Z"}),
        ("lab.value", {"-1", "-2"}),
    ],
)
def test_a_sparse_field_holds_its_codes_among_ordinary_values(
    first: Path, field: str, codes: set[str]
) -> None:
    entity, name = field.split(".")
    seen = Counter(row[name] for row in rows(first, entity))

    (coding,) = [row["coding_name"] for row in dictionary(first) if path(row) == field]
    assert codes <= {
        row["code"] for row in read(first / "codings.csv") if row["coding_name"] == coding
    }
    assert codes <= set(seen)
    assert sum(seen[code] for code in codes) < 0.2 * seen.total()


def test_a_few_dates_lack_their_day_and_some_notes_have_two_lines(first: Path) -> None:
    lengths = Counter(len(row["symptoms_since"]) for row in rows(first, "patient"))
    notes = [row["note"] for row in rows(first, "visit")]

    assert 0 < lengths[4] + lengths[7] < 0.1 * HEAD_COUNT
    assert any("\n" in note and '"' in note for note in notes)


def test_the_second_release_has_the_rows_of_the_first_and_more(first: Path, second: Path) -> None:
    for entity in ("patient", "lab", "hospital"):
        old, new = rows(first, entity), rows(second, entity)
        assert [row for row in new if row in old] == old
    visits = [without(row, "oxygen_percent") for row in rows(second, "visit")]
    assert [row for row in visits if row in rows(first, "visit")] == rows(first, "visit")
    assert len(rows(second, "patient")) > HEAD_COUNT
    assert len(visits) > len(rows(first, "visit"))


def test_the_second_release_adds_one_field(first: Path, second: Path) -> None:
    old = [(row["entity"], row["name"]) for row in dictionary(first)]
    new = [(row["entity"], row["name"]) for row in dictionary(second)]

    assert [each for each in new if each not in old] == [("visit", "oxygen_percent")]
    assert [each for each in new if each in old] == old


def test_nothing_happens_before_birth_or_after_the_release(first: Path) -> None:
    born = {row["patient_id"]: row["birth_date"] for row in rows(first, "patient")}

    for row in rows(first, "patient"):
        assert row["birth_date"] < (row["symptoms_since"] or row["enrolled_on"])
        assert row["enrolled_on"] == row["consented_at"][:10]
    for row in rows(first, "visit"):
        assert born[row["patient_id"]] < row["visited_at"] < "2024"
    for row in rows(first, "medication"):
        assert row["started_on"] <= (row["stopped_on"] or "2024")
        assert row["stopped_on"] < "2024"


def test_nobody_blows_out_more_in_a_second_than_in_a_breath(first: Path) -> None:
    for row in rows(first, "visit"):
        assert float(row["fev1_l"]) <= float(row["fvc_l"])


@pytest.mark.parametrize("wrong", [{"release": 3}, {"patients": 0}])
def test_a_study_that_cannot_be_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        write_demo(tmp_path, **wrong)


def bytes_by_name(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}


def unpacked(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if file.suffix == ".gz" else content


def read(file: Path) -> list[Row]:
    text = io.StringIO(unpacked(file).decode(), newline="")
    return list(csv.DictReader(text, delimiter="\t" if file.suffix == ".tsv" else ","))


def dictionary(folder: Path) -> list[Row]:
    return read(folder / "data_dictionary.csv")


def path(field: Row) -> str:
    return f"{field['entity']}.{field['name']}"


def rows(folder: Path, entity: str) -> list[Row]:
    target = folder / DATA_FILES[entity]
    parts = sorted(target.iterdir()) if target.is_dir() else [target]
    return [row for part in parts for row in read(part)]


def without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}
