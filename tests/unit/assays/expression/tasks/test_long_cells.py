"""The rows of a long file, by whichever reader of its cells they come."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from apollo_spark.assays.expression.tasks.long_rows import read_ids
from apollo_spark.assays.expression.tasks.tiles.spec import LongParseTask, TileTarget, UnitRules
from apollo_spark.assays.expression.tasks.tiles.storage import DOUBLE
from apollo_spark.assays.expression.tasks.write import collect_expression, run_expression_task
from apollo_spark.workers.values.spec import Block
from tests.unit.assays.expression.tasks.conftest import MakeFile

Row = tuple[int, str, str, float]
PLAIN: list[Row] = [(2, "A", "s1", 1.5), (3, "B", "s1", -2.0), (4, "A", "s 2", 1e3)]
TEXT = "feature,value,sample,more\nA,1.5,s1,x\nB,-2,s1,\nA,1e3,s 2,#\n"
CASES = {
    "plain": (TEXT, PLAIN),
    "without the last newline": (TEXT[:-1], PLAIN),
    "Windows line ends": (TEXT.replace("\n", "\r\n"), PLAIN),
    "a blank line": (TEXT.replace("\nB", "\n\nB"), [PLAIN[0], (4, *PLAIN[1][1:]),
                                                    (5, *PLAIN[2][1:])]),
    "quotes": (TEXT.replace(",s1,", ',"s1",'), PLAIN),
    "a quoted newline": (TEXT.replace("s 2", '"s\n""2"'), [*PLAIN[:2], (4, "A", 's\n"2', 1e3)]),
    "no value": (TEXT.replace("-2", ""), [PLAIN[0], PLAIN[2]]),
    "letters beyond ASCII": (TEXT.replace("s 2", "å é"), [*PLAIN[:2], (4, "A", "å é", 1e3)]),
}  # fmt: skip


def task_of(text: str, file_of: MakeFile, folder: Path) -> LongParseTask:
    file = file_of(text)
    target = TileTarget(str(folder), DOUBLE, UnitRules(allows_negative=True))
    return LongParseTask(Block(file, 0, file.data_start, None, 2), target, 0, 2, 1)


def rows_of(answer: dict[str, Any]) -> list[Row]:
    features, samples = read_ids(answer["path"])
    return sorted(
        (row["line"], features[row["feature"]], samples[row["sample"]], row["value"])
        for row in pq.read_table(answer["path"]).to_pylist()
    )


@pytest.mark.parametrize("name", CASES)
def test_rows_are_those_of_the_file_with_their_lines(
    name: str, file_of: MakeFile, tile_folder: Path
) -> None:
    text, expected = CASES[name]

    answer = run_expression_task(task_of(text, file_of, tile_folder))

    assert (answer["counts"], answer["problems"]) == ([], [])
    assert rows_of(answer) == expected


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("before", ["", "\n", '"A",3,s9,\n'])
def test_what_is_wrong_is_named_with_its_line(
    before: str, line_end: str, file_of: MakeFile, tile_folder: Path
) -> None:
    text = TEXT.replace("B,", f"{before}B,").replace("1e3", "a lot") + "A,4,s1\n"
    task = task_of(text.replace("\n", line_end), file_of, tile_folder)
    more = before.count("\n")

    answer = run_expression_task(task)

    assert sorted(answer["counts"]) == [["expression_number", None, 1], ["row_length", None, 1]]
    found = {each["rule"]: each["places"] for each in collect_expression(task, 9)["found"]}
    ((line, _, text_of_cell),) = found["expression_number"]
    assert (line, text_of_cell) == (4 + more, "a lot")
    assert [place[0] for place in found["row_length"]] == [5 + more]
