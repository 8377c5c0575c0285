"""Pins: whose table is read, by where it lies."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import apollo_spark
from apollo_spark.model.pin import TablePin, owner_of, table_location

PACKAGE = Path(apollo_spark.__path__[0])
NOTHING = {"table_id": "", "schema_hash": "", "files_digest": "", "content_hash": ""}


def pin_at(location: str, *, is_ours: bool = True) -> TablePin:
    return TablePin(
        table="patient", location=location, version=0, rows=0, is_ours=is_ours, **NOTHING
    )


@pytest.mark.parametrize(
    ("location", "owner"),
    [
        ("tables/study/patient", "study"),
        ("tables/a-b_1/visit.fields.2.withdrawn", "a-b_1"),
        ("tables/tables/tables", "tables"),
        ("tables/study/", None),
        ("tables//patient", None),
        ("tables/study", None),
        ("tables/study/patient/_delta_log", None),
        ("Tables/study/patient", None),
        ("registry/study/patient", None),
        ("/lakes/tables/study/patient", None),
        ("/tables/study", None),
        ("patient", None),
        ("", None),
    ],
)
def test_a_table_belongs_to_the_dataset_whose_folder_it_lies_in(
    location: str, owner: str | None
) -> None:
    assert (owner_of(location), pin_at(location).owner) == (owner, owner)


def test_a_table_outside_of_the_lake_belongs_to_no_dataset() -> None:
    pin = pin_at("tables/study/patient", is_ours=False)

    assert (pin.owner, pin.is_of("study"), pin.is_of("")) == (None, False, False)


@pytest.mark.parametrize("name", ["Study", "stud", "study2", "tables", "", "study/patient"])
def test_a_table_is_of_one_name_only(name: str) -> None:
    pin = pin_at("tables/study/patient")

    assert (pin.is_of("study"), pin.is_of(name)) == (True, False)


@pytest.mark.parametrize("name", ["a", "A-1", "tables", "x" * 255])
def test_a_location_gives_back_what_it_was_made_of(name: str) -> None:
    pin = pin_at(table_location(name, "patient.2"))

    assert (pin.owner, pin.folder_name) == (name, "patient.2")


def test_only_pins_put_locations_together_and_take_them_apart() -> None:
    own = PACKAGE / "model" / "pin.py"
    files = [each for each in PACKAGE.rglob("*.py") if each != own]

    assert [place for each in files for place in taken_apart(each)] == []


def taken_apart(file: Path) -> Iterator[str]:
    """Yield where a file spells a location, or cuts one into steps."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        spelt = isinstance(node, ast.Constant) and str(node.value).startswith("tables/")
        cut = (
            isinstance(node, ast.Attribute)
            and node.attr in ("split", "rsplit", "partition", "rpartition", "startswith")
            and ast.unparse(node.value).endswith("location")
            and "lake/storage" not in str(file)
        )
        if spelt or cut:
            yield f"{file.relative_to(PACKAGE)}:{node.lineno} {ast.unparse(node)}"
