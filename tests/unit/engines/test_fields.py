"""Fields asked for in pieces: the same rows, in the same order, whatever the pieces are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import (
    ExtractPlan,
    ExtractRequest,
    build_extract,
    build_extract_per_entity,
)
from apollo_spark.query.pieces import cut_question
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.values import ValueMode
from tests.support.dictionaries import dictionary
from tests.support.hospital import HOSPITAL_ROWS, hospital_dictionary
from tests.support.questions import all_fields
from tests.support.tables import FileTables, answer, arrow_tables, as_multiset, join_outward

DICTIONARY = hospital_dictionary()
KEYED = tuple(each for each in all_fields(DICTIONARY) if not each.startswith("note."))


class Counting:
    """An engine that counts its questions and the widest of them."""

    packs_fields: ClassVar[bool] = False

    def __init__(self, tables: FileTables) -> None:
        self.tables = tables
        self.widths: list[int] = []
        self._engine = EmbeddedEngine(tables, threads=1)

    @property
    def pins(self) -> dict[str, TablePin]:
        return self.tables.pins

    def run(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> pa.RecordBatchReader:
        self.widths.append(len(tree.selects))
        return self._engine.run(tree, pins)

    def ask(self, plan: ExtractPlan, most: int | None = None) -> list[tuple[Any, ...]]:
        reader = answer_fields(self, plan, self.pins, piece_fields=most)
        assert reader.schema.names == list(plan.columns)
        return answer(reader)

    def ask_as_statement(self, plan: ExtractPlan) -> list[tuple[Any, ...]]:
        return answer(self._engine.run(plan.tree, self.pins))


@pytest.fixture
def engine(tmp_path: Path) -> Counting:
    tables = FileTables(tmp_path)
    for name, table in arrow_tables(DICTIONARY, HOSPITAL_ROWS).items():
        tables.add(name, table, files=2)
    return Counting(tables)


def plan_of(fields: tuple[str, ...], values: ValueMode) -> ExtractPlan:
    return build_extract(QueryScope(DICTIONARY), ExtractRequest(fields=fields, values=values))


@pytest.mark.parametrize("most", [1, 4, 400])
@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_pieces_give_what_one_statement_gives(
    engine: Counting, values: ValueMode, most: int
) -> None:
    plan = plan_of(tuple(reversed(KEYED)), values)

    found = engine.ask(plan, most)

    assert found == engine.ask_as_statement(plan)
    assert len(engine.widths) > 2 or most == 400


@pytest.mark.parametrize("most", [1, 4, 400])
@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_everything_equals_nested_loops(engine: Counting, values: ValueMode, most: int) -> None:
    fields = all_fields(DICTIONARY)

    found = engine.ask(plan_of(fields, values), most)

    assert as_multiset(found) == as_multiset(
        join_outward(DICTIONARY, HOSPITAL_ROWS, fields, values)
    )


@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_each_entity_alone_comes_in_pieces_too(engine: Counting, values: ValueMode) -> None:
    request = ExtractRequest(fields=KEYED, values=values)
    for plan in build_extract_per_entity(QueryScope(DICTIONARY), request).values():
        assert engine.ask(plan, 2) == engine.ask_as_statement(plan)


def test_types_are_those_of_the_statement(engine: Counting, tmp_path: Path) -> None:
    for values in ValueMode:
        plan = plan_of(KEYED, values)
        reader = answer_fields(engine, plan, engine.pins, piece_fields=3)
        assert reader.schema == engine.run(plan.tree, engine.pins).schema


WIDE = """
entity  name  type     primary_key_type  referenced_entity_field  relationship  is_multi_select
p       pid   string   global            -                        -             -
v       vid   integer  local             -                        -             -
v       of    string   -                 p:pid                    many_to_one   -
n       of_p  string   -                 p:pid                    many_to_one   -
n       text  string   -                 -                        -             -
n       tags  string   -                 -                        -             yes
"""


def wide_study(
    folder: Path, *, width: int, keys: list[Any], notes: int = 0
) -> tuple[Counting, Any]:
    """A study of people with many fields in tables of 5, and some notes without a key."""
    rows = "\n".join(f"p  f{number}  integer  -  -  -  -" for number in range(width))
    found = dictionary(WIDE + rows)
    people = [
        {"pid": key, **{f"f{field}": 100 * place + field for field in range(width)}}
        for place, key in enumerate(keys)
    ]
    tables = FileTables(folder)
    names = [f"f{number}" for number in range(width)]
    parts = [("pid",), *(("pid", *names[start : start + 5]) for start in range(0, width, 5))]
    slices = []
    for number, columns in enumerate(parts):
        listed = pa.Table.from_pylist([{each: row[each] for each in columns} for row in people])
        tables.add(f"p{number}", listed, files=2)
        own = columns if number == 0 else columns[1:]
        slices.append(TableSlice(table=f"p{number}", fields=own))
    texts = [
        {"of_p": keys[place % len(keys)], "text": f"t{place % 2}", "tags": [f"{place}"]}
        for place in range(notes)
    ]
    others = {"p": [], "v": [], "n": texts}
    for name, table in arrow_tables(found, others).items():
        if name != "p":
            tables.add(name, table)
    return Counting(tables), QueryScope(found, {"p": tuple(slices)})


def test_no_statement_is_wider_than_a_piece(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=60, keys=["b", "a", "c"])
    fields = tuple(f"p.f{number}" for number in range(60))
    plan = build_extract(scope, ExtractRequest(fields=fields))

    rows = engine.ask(plan, most=10)

    assert rows == [tuple(range(start, start + 60)) for start in (100, 0, 200)]
    assert len(engine.widths) == 6
    assert max(engine.widths) == 10 + 1, "the fields of a piece, and the key"


def test_fields_of_one_table_stay_together(tmp_path: Path) -> None:
    _, scope = wide_study(tmp_path, width=20, keys=["a"])
    mixed = tuple(f"p.f{number % 4 * 5 + number // 4}" for number in range(20))
    question = build_extract(scope, ExtractRequest(fields=mixed)).question

    for places in cut_question(question, 5):
        assert len({int(mixed[each][3:]) // 5 for each in places}) == 1


def test_keys_that_stand_twice_are_asked_as_one_statement(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=12, keys=["a", "b", "a"])
    fields = ("p.pid", *(f"p.f{number}" for number in range(12)))
    plan = build_extract(scope, ExtractRequest(fields=fields))

    rows = engine.ask(plan, most=6)

    assert as_multiset(rows) == as_multiset(engine.ask_as_statement(plan))
    assert engine.widths[-1] == len(fields)


def test_equal_rows_without_a_key_do_not_stop_pieces(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=12, keys=["a", "b"], notes=9)
    fields = (*(f"p.f{number}" for number in range(12)), "n.text", "n.tags")
    plan = build_extract(scope, ExtractRequest(fields=fields))

    rows = engine.ask(plan, most=6)

    assert as_multiset(rows) == as_multiset(engine.ask_as_statement(plan))
    assert max(engine.widths) < len(fields)


def test_an_answer_without_rows_has_its_columns(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=12, keys=["a"])
    plan = build_extract_per_entity(scope, ExtractRequest(fields=("v.vid", "v.of")))["v"]

    assert engine.ask(plan, most=1) == []
    assert len(engine.widths) == 2
