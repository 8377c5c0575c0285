"""A type of assay is a folder: nothing but the table and its own ways in names it."""

import ast
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

import apollo_spark
from apollo_spark.assays.types import ASSAY_TYPES, find_loader, type_of
from apollo_spark.errors import EnvironmentProblemError
from apollo_spark.lake.lake import open_lake
from apollo_spark.model.assay import AssayRecord, AssayTable
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.record import InputFile, Lineage
from apollo_spark.operations.past_request import PastRequest
from apollo_spark.verbs.verify.requests import request_of

PACKAGE = Path(apollo_spark.__path__[0])
ASSAYS = PACKAGE / "assays"
FOLDERS = sorted(each.parent.name for each in ASSAYS.glob("*/__init__.py"))
WAYS_IN = ("api/", "cli/", "__init__.py")
"""What a person asks of one type alone is in the ways in: `load expression`, and its receipt."""
TABLE = "assays/types.py"


def modules_in(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, or names as text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {each for each in found if each.startswith("apollo_spark.")}


def users_of(folder: str) -> Iterator[str]:
    """Yield the files outside a type's folder that import something of it."""
    own = f"apollo_spark.assays.{folder}"
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith((f"assays/{folder}/", *WAYS_IN)):
            continue
        if any(each == own or each.startswith(f"{own}.") for each in modules_in(path)):
            yield place


def test_there_is_a_folder_of_a_type() -> None:
    assert "expression" in FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_type_is_named_by_the_table_alone(folder: str) -> None:
    assert set(users_of(folder)) == {TABLE}


@pytest.mark.parametrize("folder", ["", *FOLDERS])
def test_folders_of_types_begin_with_nothing(folder: str) -> None:
    """What runs in tasks is unpickled by its name: that loads no type and no model."""
    text = (ASSAYS / folder / "__init__.py").read_text()

    assert not [node for node in ast.parse(text).body if not isinstance(node, ast.Expr)]


def test_each_type_is_found_by_what_records_call_it_and_its_loads() -> None:
    assert len({each.name for each in ASSAY_TYPES}) == len(ASSAY_TYPES)
    for each in ASSAY_TYPES:
        assert type_of(record_of(each.name)) is each
        assert each.operation is None or find_loader(each.operation) is each


def test_an_unknown_type_is_told_with_what_to_do() -> None:
    message = "is of the type proteins, which this version does not know. Use .* a newer one"
    with pytest.raises(EnvironmentProblemError, match=message):
        type_of(record_of("proteins"))


def record_of(type_: str) -> AssayRecord:
    return AssayRecord(
        name="a", uuid="u", type=type_, model_version="1", sample_count=0,
        tables=(AssayTable(role="samples", table="a_samples"),),
    )  # fmt: skip


def test_a_load_that_no_type_can_do_again_is_not_taken_for_one_without_files(
    tmp_path: Path,
) -> None:
    file = InputFile(role="calls", name="calls.vcf", size=1, sha256="s")
    lineage = Lineage(
        operation="load variants", inputs=(file,), fingerprint="f", actor="ann",
        time=datetime(2026, 3, 1, tzinfo=timezone.utc),
    )  # fmt: skip
    record = DatasetRecord(
        name="calls", version=1, id="i", main_entity="sample", entities=(), pins=(), receipt="r",
        lineage=lineage,
    )  # fmt: skip
    past = PastRequest(open_lake(str(tmp_path / "lake")), record, tmp_path)

    with pytest.raises(KeyError, match="how 'load variants' is done again"):
        request_of(past)
