"""Inferred types accept exactly the values of a file, wherever its blocks are cut."""

import csv
import io
import re
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.model.field import FieldType
from apollo_spark.sources.inference.infer import (
    KINDS,
    MOST_CODES,
    ColumnFacts,
    InferTask,
    SpellingTask,
    facts_of,
    run_infer,
    run_spellings,
)
from apollo_spark.sources.inference.spelling import NO_SPELLINGS, spellings_of
from apollo_spark.workers.scan import blocks_of, scan_file
from apollo_spark.workers.tasks import write_block
from apollo_spark.workers.values.convert import BLANKS, convert, trim
from apollo_spark.workers.values.spec import ColumnSpec, ColumnType, EntitySpec, FileSpec
from apollo_spark.workers.values.texts import format_column

MISSING = ("", "NA")
IDENTIFIER = re.compile(r"[+-]?(0[0-9].*|[0-9]{16,})|.*[0-9.][eE][0-9].*")
LAST_ZERO = re.compile(r"[^.]*[.][0-9]+0([eE].*)?")
NUMBERS = (FieldType.INTEGER, FieldType.FLOAT)
INTEGERS = st.integers(-(10**20), 10**20).map(str) | st.integers(-3, 3).map(str)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.sampled_from(
    ["1.50", ".5", "2.", "1e5", "-0.0", "1e999"]
)
DATES = st.dates().map(str) | st.sampled_from(["1999-2", "1999-2-3", "2020-13-01"])
TIMES = st.datetimes().map(str) | st.sampled_from(["2020-01-01T10:00:00Z", "2020-01-01 10"])
ODD = st.sampled_from(["", " ", "NA", " NA", "007", "-01", "+5", " 12 ", "0x1F", "nan", "12,5"])
TEXTS = st.text("ab é", max_size=3)
SPELLINGS = st.sampled_from(
    ["5", "+5", "5.0", "5.", "5.00", "05", "5e+0", "0.5", ".5", "+.5", "0.50", "5e-1", "0", "-0",
     "0.0", "-0.0", "0.00", "1e-05", "0.00001", "1e+16", "10000000000000000", "1e-400", "0.1",
     "0.10000000000000001", "0.30000000000000004", "0.3", "9007199254740993", "1E05", "250.00",
     "250.10", "9007199254740992", "9007199254740993.0", "9007199254740992.0"]
)  # fmt: skip
CELLS = st.one_of(
    st.lists(each | ODD, max_size=30) for each in (INTEGERS, FLOATS, DATES, TIMES, TEXTS, SPELLINGS)
) | st.lists(st.sampled_from(["yes", "no", "1", "2"]), max_size=60)


def as_array(cells: list[str]) -> pa.Array:
    return pa.array([None if each in MISSING else each for each in cells], pa.string())


def spelled(facts: ColumnFacts, cells: list[str]) -> ColumnFacts:
    """Look once more at what may be spelt in several ways, as a load does."""
    if not facts.is_doubtful:
        return facts
    bare = trim(as_array(cells).drop_null(), MISSING).drop_null()
    return replace(facts, spellings=spellings_of(bare, str(facts.type)))


def inferred(cells: list[str]) -> ColumnFacts:
    return spelled(facts_of(as_array(cells), MISSING), cells)


def bare_number(cell: str) -> str:
    """Return a cell without what makes no difference: blanks, `.0`, the sign of zero."""
    text = cell.strip(BLANKS).removesuffix(".0")
    return "0" if text in ("+0", "-0") else text


def is_kept(text: str, value: object, kind: FieldType) -> bool:
    """Whether a typed value says what the text said."""
    bare = text.strip(BLANKS)
    if kind is FieldType.STRING:
        return value == text
    if bare in MISSING:
        return value is None
    if kind is FieldType.INTEGER:
        return value == int(bare)
    if kind is FieldType.FLOAT:
        is_whole = Decimal(bare) == Decimal(bare).to_integral_value()
        return Decimal(value) == Decimal(bare) if is_whole and "e" not in bare.lower() else True
    return value is not None


@given(CELLS)
def test_an_inferred_type_fits_every_cell_and_loses_no_digit(cells: list[str]) -> None:
    texts = as_array(cells)

    kind = inferred(cells).type

    found = convert(texts, kind.value, MISSING)
    assert not found.bad.any()
    assert not found.partial.any()
    pairs = zip(texts.to_pylist(), found.values.to_pylist(), strict=True)
    assert all(is_kept(text, value, kind) for text, value in pairs if text is not None)


@given(CELLS | st.lists(SPELLINGS, min_size=2, max_size=4))
def test_no_two_different_cells_become_one_number(cells: list[str]) -> None:
    kind = inferred(cells).type
    if kind not in NUMBERS:
        return

    given_cells = [each for each in cells if each.strip(BLANKS) not in MISSING]
    values = convert(as_array(given_cells), kind.value, MISSING).values.to_pylist()
    spelt: dict[object, set[str]] = {}
    for cell, value in zip(given_cells, values, strict=True):
        spelt.setdefault(value, set()).add(bare_number(cell))
    assert all(len(texts) == 1 for texts in spelt.values())


@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1)
    | st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1)
    | st.lists(st.sampled_from([0.1, 1e-05, 1e16, 1e22, -0.0, 5e-324, 250.0, 1e15, 123456.75]))
)
def test_what_an_extract_writes_as_a_number_is_inferred_as_one(
    values: list[float | int | None],
) -> None:
    if all(each is None for each in values):
        return
    array = pa.array(values)

    cells = ["" if each is None else each for each in format_column(array).to_pylist()]

    kind = inferred(cells).type
    assert kind is (FieldType.INTEGER if pa.types.is_integer(array.type) else FieldType.FLOAT)
    assert convert(as_array(cells), kind.value, MISSING).values.to_pylist() == array.to_pylist()


@given(CELLS)
def test_a_narrower_type_would_refuse_a_cell_or_change_an_identifier(cells: list[str]) -> None:
    texts = as_array(cells)
    facts = inferred(cells)
    bare = [each.strip(BLANKS) for each in texts.to_pylist() if each is not None]
    bare = [each for each in bare if each not in MISSING]
    if not bare:
        assert facts.type is FieldType.STRING
        return

    names = [str(facts.type) if str(facts.type) == each else each for each in KINDS]
    place = names.index(str(facts.type)) if str(facts.type) in names else len(names)
    for kind in KINDS[:place]:
        found = convert(texts, kind, MISSING)
        is_identifier = any(IDENTIFIER.fullmatch(each) for each in bare)
        is_pointed = kind == "integer" and any("." in each for each in bare)
        lacks_zero = any(map(LAST_ZERO.fullmatch, bare)) and len(set(map(decimals, bare))) > 1
        is_worse = is_identifier or is_pointed or lacks_zero
        assert found.bad.any() or found.partial.any() or is_worse or makes_equal(bare, kind)


def decimals(number: str) -> int:
    return len(re.split("[eE]", number)[0].partition(".")[2])


def makes_equal(bare: list[str], kind: ColumnType) -> bool:
    different = list(dict.fromkeys(map(bare_number, bare)))
    return len(set(convert(as_array(different), kind, MISSING).values.to_pylist())) < len(different)


@given(CELLS, st.data())
def test_facts_of_parts_add_up_to_those_of_the_whole(cells: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(cells)))
    parts = facts_of(as_array(cells[:cut]), MISSING) + facts_of(as_array(cells[cut:]), MISSING)
    whole = facts_of(as_array(cells), MISSING)

    assert (parts.type, parts.codes) == (whole.type, whole.codes)
    assert whole.type not in NUMBERS or parts.spelling == whole.spelling
    assert ColumnFacts() + whole == whole


@given(CELLS)
def test_categories_are_few_and_each_is_repeated(cells: list[str]) -> None:
    facts = facts_of(as_array(cells), MISSING)
    if facts.codes is None:
        return

    kind = facts.type.value
    values = [
        each
        for each in convert(as_array(cells), kind, MISSING).values.to_pylist()
        if each is not None
    ]
    typed = convert(pa.array(facts.codes, pa.string()), kind, ()).values.to_pylist()
    assert sorted(set(values)) == sorted(typed)
    assert len(typed) <= MOST_CODES
    assert all(values.count(each) > 1 for each in typed)


@given(
    st.lists(st.tuples(TEXTS | INTEGERS | ODD | SPELLINGS, FLOATS | ODD), max_size=20),
    st.integers(1, 60),
)
def test_a_file_is_stored_under_its_inferred_types_without_a_fault(
    rows: list[tuple[str, str]], block_bytes: int
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("a", "b"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.csv")
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        scan = scan_file(
            str(path), data_start=4, data_line=2, block_bytes=block_bytes, piece_bytes=3
        )
        file = FileSpec(str(path), "data.csv", scan.sha256, ",", ("a", "b"), 4, 2)
        blocks = blocks_of(file, scan)
        facts = {each: ColumnFacts() for each in "ab"}
        for block in blocks:
            for name, each in run_infer(InferTask(block, ("a", "b"), MISSING)).items():
                facts[name] += each
        for name in "ab":
            if facts[name].is_doubtful:
                looking = ((name, str(facts[name].type)),)
                found = NO_SPELLINGS
                for block in blocks:
                    found += run_spellings(SpellingTask(block, looking, MISSING))[name]
                facts[name] = replace(facts[name], spellings=found)
        assert facts["a"].type is inferred([cell for cell, _ in rows]).type
        columns = tuple(
            ColumnSpec(each, each, facts[each].type.value, codes=facts[each].codes) for each in "ab"
        )
        results = [write_block(EntitySpec("e", columns, MISSING), each, folder) for each in blocks]

        assert [each["counts"] for each in results] == [[]] * len(blocks)
        assert sum(each["rows"] for each in results) == len(rows)
        parts = [
            pq.read_table(Path(folder, each["part"]["path"])) for each in results if each["part"]
        ]
        stored = [value for part in parts for value in part["a"].to_pylist()]
        kind = facts["a"].type
        for (cell, _), value in zip(rows, stored, strict=True):
            assert value is None if cell in MISSING else is_kept(cell, value, kind)
