"""Fields asked for in packs, a column for each table, or by keys: the same rows as one by one."""

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from apollo_spark.engines import fetching, fields
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.packing import unpacking_task
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.guard import RowGuard
from apollo_spark.query.extract import ExtractPlan, ExtractRequest, build_extract
from apollo_spark.query.scope import QueryScope, RuleScope
from apollo_spark.query.values import ValueMode
from tests.support.hospital import (
    HOSPITAL_ROWS,
    hospital_dictionary,
    hostile_dictionary,
    hostile_rows,
)
from tests.support.questions import all_fields
from tests.support.tables import FileTables, answer, arrow_tables
from tests.unit.engines.test_fields import Counting, wide_study

DICTIONARY = hospital_dictionary()
KEYED = tuple(each for each in all_fields(DICTIONARY) if not each.startswith("note."))


class Packing(Counting):
    """An engine that takes fields in packs, as Spark does."""

    packs_fields = True

    def __init__(self, tables: FileTables) -> None:
        super().__init__(tables)
        self.files = None


@pytest.fixture(autouse=True)
def few_fields_are_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "FEWEST_FETCHED", 0)
    monkeypatch.setattr(fetching, "FEWEST_FETCHED", 0)


def packing(folder: Path, dictionary: Any, rows: Any) -> Packing:
    tables = FileTables(folder)
    for name, table in arrow_tables(dictionary, rows).items():
        tables.add(name, table, files=2)
    return Packing(tables)


@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_packs_give_what_one_statement_gives(tmp_path: Path, values: ValueMode) -> None:
    engine = packing(tmp_path, DICTIONARY, HOSPITAL_ROWS)
    request = ExtractRequest(fields=tuple(reversed(KEYED)), values=values)
    plan = build_extract(QueryScope(DICTIONARY), request)

    reader = answer_fields(engine, plan, engine.pins)

    assert reader.schema == engine.run(plan.tree, engine.pins).schema
    assert answer(reader) == engine.ask_as_statement(plan)
    assert engine.widths[0] < len(KEYED), "the fields of a table are one column"


@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_names_of_fields_do_not_matter(tmp_path: Path, values: ValueMode) -> None:
    dictionary = hostile_dictionary()
    engine = packing(tmp_path, dictionary, hostile_rows())
    request = ExtractRequest(fields=all_fields(dictionary), values=values)
    plan = build_extract(QueryScope(dictionary), request)

    reader = answer_fields(engine, plan, engine.pins)

    assert answer(reader) == engine.ask_as_statement(plan)


def sliced(
    folder: Path, first: Sequence[RowGuard], second: Sequence[RowGuard]
) -> tuple[Counting, ExtractPlan]:
    """A wide entity in tables of 5 fields; rows may be hidden, and tables may lack rows."""
    engine, scope = wide_study(folder, width=20, keys=["b", "a", "c"])
    found = scope.slices["p"]
    tables = (
        found[0].model_copy(update={"guards": tuple(first)}),
        *(each.model_copy(update={"guards": tuple(second)}) for each in found[1:2]),
        *found[2:],
    )
    taken = RuleScope("p", QueryScope(scope.dictionary, scope.slices), keys="taken", field="pid")
    limited = QueryScope(scope.dictionary, {"p": tables}, rules=(taken,))
    asked = ("p.pid", *(f"p.f{number}" for number in reversed(range(20))))
    return engine, build_extract(limited, ExtractRequest(fields=asked))


HIDES = RowGuard(rule=0, column="pid", entity="p", field="pid")


@pytest.mark.parametrize("kind", [Packing, Counting], ids=["packs", "keys"])
@pytest.mark.parametrize(
    ("first", "second", "widths"),
    [
        ((), (), (5, 1)),
        ((HIDES,), (), (5, 1)),
        ((), (HIDES,), (5, 2)),
        ((HIDES,), (HIDES,), (5, 2)),
    ],
    ids=["none", "first", "second", "both"],
)
def test_rows_that_rules_hide_stay_hidden(
    tmp_path: Path,
    kind: type[Counting],
    first: Sequence[RowGuard],
    second: Sequence[RowGuard],
    widths: tuple[int, int],
) -> None:
    engine, plan = sliced(tmp_path, first, second)
    engine.tables.add("taken", pa.table({"key": ["a"]}))
    engine = kind(engine.tables)

    found = engine.ask(plan)

    assert found == engine.ask_as_statement(plan)
    assert [row[0] for row in found] == (["b", "c"] if first else ["a", "b", "c"])
    of_second = [row[-1] for row in found]
    assert (None in of_second) == bool(second and not first)
    # A pack for the key and one for each table of fields, or the keys of rows.
    assert engine.widths == [widths[kind is Counting]]


@pytest.mark.parametrize("kind", [Packing, Counting], ids=["packs", "keys"])
def test_a_field_under_another_name_and_a_table_with_fewer_rows(
    tmp_path: Path, kind: type[Counting]
) -> None:
    engine, scope = wide_study(tmp_path, width=10, keys=["b", "a"])
    engine.tables.add("more", pa.table({"who": ["a"], "stored": [7]}))
    more = TableSlice(
        table="more", fields=("f9",), columns=(("f9", "stored"),), key="who", on="pid"
    )
    kept = scope.slices["p"][2].model_copy(update={"fields": ("f5", "f6", "f7", "f8")})
    limited = QueryScope(scope.dictionary, {"p": (*scope.slices["p"][:2], kept, more)})
    plan = build_extract(limited, ExtractRequest(fields=("p.f9", "p.f8", "p.f0")))
    engine = kind(engine.tables)

    assert engine.ask(plan) == [(7, 108, 100), (None, 8, 0)]


@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_a_task_shows_what_this_process_shows(
    tmp_path: Path, values: ValueMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = packing(tmp_path, DICTIONARY, HOSPITAL_ROWS)
    plan = build_extract(QueryScope(DICTIONARY), ExtractRequest(fields=KEYED, values=values))
    tree, task = unpacking_task(plan.question, engine.pins)
    monkeypatch.setattr("apollo_spark.workers.values.unpacking.CELLS_AT_ONCE", 2 * len(KEYED))

    batches = list(pickle.loads(pickle.dumps(task))(engine.run(tree, engine.pins)))

    assert max(each.num_rows for each in batches) == 2, "some rows at a time"
    shown = pa.Table.from_batches(batches)
    assert shown.schema == task.schema
    assert answer(shown.to_reader()) == engine.ask_as_statement(plan)
