"""What a task counts of written files is what is counted of the same rows in memory."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from apollo_spark.workers.files.small_table import write_small_table
from apollo_spark.workers.profiles.counting import count_field
from apollo_spark.workers.profiles.links import OWN, follow
from apollo_spark.workers.profiles.spec import CODES, KEY, NUMBER, TEXT, Codes, CountedField
from apollo_spark.workers.profiles.task import (
    CountedTable,
    HeldTable,
    ProfileTask,
    Step,
    run_profile,
)

PEOPLE = pa.table({"person": ["P1", "P2", "P3"]})
ROWS = pa.table(
    {
        "id": ["d", "a", "c", "b", "e"],
        "of": ["P1", "P1", None, "P9", "P3"],
        "code": ["y", "x", "x", None, "z"],
        "text": ["note", "note", None, "other", "note"],
        "late": pa.array([None, None, "x", "y", "x"], pa.string()),
    }
)
FURTHER = pa.table({"key": ["a", "b", "c", "d"], "number": [1.5, 2.5, None, 2.5]})
CODED = Codes("string", ("x", "y", "z"))
FIELDS = {
    "id": CountedField("id", KEY),
    "of": CountedField("of", KEY),
    "code": CountedField("code", CODES, codes=CODED),
    "text": CountedField("text", TEXT),
    "late": CountedField("late", CODES, codes=CODED),
}


@pytest.fixture
def task(tmp_path: Path) -> ProfileTask:
    # The first file has other texts than the second one, and lacks a column.
    rows = held(tmp_path, ROWS, ROWS.slice(0, 2).drop_columns(["late"]), ROWS.slice(2))
    further = held(tmp_path, FURTHER, FURTHER)
    return ProfileTask(
        first=rows,
        key="id",
        tables=(
            CountedTable(rows, None, tuple(FIELDS), tuple(FIELDS.values())),
            CountedTable(further, "key", ("number",), (CountedField("number", NUMBER),)),
        ),
        way=(Step(held(tmp_path, PEOPLE, PEOPLE), "person", "of"),),
    )


def held(folder: Path, whole: pa.Table, *files: pa.Table) -> HeldTable:
    written = [str(folder / write_small_table(folder, each).path) for each in files]
    return HeldTable(tuple(written), whole.schema, whole.num_rows)


def test_files_are_counted_as_their_rows(task: ProfileTask) -> None:
    found = run_profile(task)

    links = follow(ROWS["of"].combine_chunks(), PEOPLE["person"].combine_chunks(), OWN)
    number = pa.array([2.5, 1.5, None, 2.5, None])
    columns = {name: ROWS[name].combine_chunks() for name in FIELDS} | {"number": number}
    fields = FIELDS | {"number": CountedField("number", NUMBER)}
    assert found["dangling"] == 1
    counted: dict[str, Any] = {each.pop("field"): each for each in found["profiles"]}
    assert counted == {
        name: {"kind": field.kind} | count_field(columns[name], field, links)
        for name, field in fields.items()
    }
    assert [each["rows"] for each in counted["code"]["values"]] == [2, 1, 1]
    assert (counted["number"]["people"], counted["of"]["distinct"]) == (1, 3)
