"""Fields read by keys: the same rows, in the same order, however many are read together."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from sqlglot import exp

from apollo_spark.engines import fetching
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.errors import BrokenPinError, UsageError
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import (
    ExtractPlan,
    ExtractRequest,
    build_extract,
    build_extract_per_entity,
)
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.values import ValueMode
from apollo_spark.workers.values import fetching as task
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
        self.files: FileTables | None = tables
        self.widths: list[int] = []
        self._engine = EmbeddedEngine(tables, threads=1)

    @property
    def pins(self) -> dict[str, TablePin]:
        return self.tables.pins

    def run(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> pa.RecordBatchReader:
        self.widths.append(len(tree.selects))
        return self._engine.run(tree, pins)

    def ask(self, plan: ExtractPlan) -> list[tuple[Any, ...]]:
        reader = answer_fields(self, plan, self.pins)
        assert reader.schema.names == list(plan.columns)
        return answer(reader)

    def ask_as_statement(self, plan: ExtractPlan) -> list[tuple[Any, ...]]:
        return answer(self._engine.run(plan.tree, self.pins))


@pytest.fixture(autouse=True)
def few_fields_are_read_by_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "FEWEST_FETCHED", 1)


@pytest.fixture(params=[1, 9, 10_000], ids="cells {}".format)
def cells(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many cells are read, and shown, together."""
    monkeypatch.setattr(task, "CELLS_READ", request.param)
    monkeypatch.setattr(task, "CELLS_SHOWN", request.param)
    monkeypatch.setattr(task, "FEWEST_ROWS", 1)


@pytest.fixture
def engine(tmp_path: Path) -> Counting:
    tables = FileTables(tmp_path)
    for name, table in arrow_tables(DICTIONARY, HOSPITAL_ROWS).items():
        tables.add(name, table, files=2)
    return Counting(tables)


def plan_of(fields: tuple[str, ...], values: ValueMode) -> ExtractPlan:
    return build_extract(QueryScope(DICTIONARY), ExtractRequest(fields=fields, values=values))


@pytest.mark.usefixtures("cells")
@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_they_are_what_one_statement_gives(engine: Counting, values: ValueMode) -> None:
    plan = plan_of(tuple(reversed(KEYED)), values)

    found = engine.ask(plan)

    assert found == engine.ask_as_statement(plan)
    assert engine.widths[0] < len({each.split(".")[0] for each in KEYED}) + 1, "keys alone"


@pytest.mark.usefixtures("cells")
@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_everything_equals_nested_loops(engine: Counting, values: ValueMode) -> None:
    fields = all_fields(DICTIONARY)

    found = engine.ask(plan_of(fields, values))

    assert as_multiset(found) == as_multiset(
        join_outward(DICTIONARY, HOSPITAL_ROWS, fields, values)
    )


@pytest.mark.usefixtures("cells")
@pytest.mark.parametrize("values", [ValueMode.DECODED, ValueMode.EXCLUDE_SPARSE], ids=str)
@pytest.mark.parametrize("fewest", [1, 10_000], ids=["by keys", "one statement"])
def test_labels_of_sparse_codes_stand_beside_numbers(
    engine: Counting, values: ValueMode, fewest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "FEWEST_FETCHED", fewest)
    request = ExtractRequest(fields=KEYED, values=values, sparse_labels=True)
    plan = build_extract(QueryScope(DICTIONARY), request)

    found = engine.ask(plan)

    expected = join_outward(DICTIONARY, HOSPITAL_ROWS, KEYED, values, sparse_labels=True)
    assert as_multiset(found) == as_multiset(expected)
    assert engine.ask_as_statement(plan) == found
    schema = answer_fields(engine, plan, engine.pins).schema
    assert schema == engine.run(plan.tree, engine.pins).schema
    types = {each.removeprefix("patient."): str(schema.field(each).type) for each in LABELS}
    assert types == {
        "weight": "double", "weight.label": "string", "born": "date32[day]",
        "born.label": "string", "seen.label": "string", "scores": "list<element: int64>",
        "scores.label": "list<element: string>", "many": "double", "many.label": "string",
    }  # fmt: skip
    assert [each for each in schema.names if each.endswith("sex.label")] == []


LABELS = tuple(
    f"patient.{each}"
    for each in (
        "weight", "weight.label", "born", "born.label", "seen.label", "scores", "scores.label",
        "many", "many.label",
    )
)  # fmt: skip


def test_labels_beside_stored_codes_are_refused() -> None:
    request = ExtractRequest(fields=("patient.age",), sparse_labels=True)

    with pytest.raises(UsageError, match=r"^Labels of sparse codes are asked for beside raw"):
        build_extract(QueryScope(DICTIONARY), request)


@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_each_entity_alone_is_read_by_keys_too(engine: Counting, values: ValueMode) -> None:
    request = ExtractRequest(fields=KEYED, values=values)
    for plan in build_extract_per_entity(QueryScope(DICTIONARY), request).values():
        assert engine.ask(plan) == engine.ask_as_statement(plan)


def test_types_are_those_of_the_statement(engine: Counting, tmp_path: Path) -> None:
    for values in ValueMode:
        plan = plan_of(KEYED, values)
        reader = answer_fields(engine, plan, engine.pins)
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


def test_a_statement_is_as_wide_for_any_number_of_fields(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=60, keys=["b", "a", "c"])
    fields = tuple(f"p.f{number}" for number in range(60))
    plan = build_extract(scope, ExtractRequest(fields=fields))

    rows = engine.ask(plan)

    assert rows == [tuple(range(start, start + 60)) for start in (100, 0, 200)]
    assert engine.widths == [1], "the key"


@pytest.mark.parametrize("keys", [["a", "b", "a"], ["a", "b", None]], ids=["twice", "missing"])
def test_fields_are_columns_where_a_key_does_not_tell_rows_apart(
    tmp_path: Path, keys: list[str | None]
) -> None:
    engine, scope = wide_study(tmp_path, width=12, keys=keys)
    fields = ("p.pid", *(f"p.f{number}" for number in range(12)))
    plan = build_extract(scope, ExtractRequest(fields=fields))

    rows = engine.ask(plan)

    assert as_multiset(rows) == as_multiset(engine.ask_as_statement(plan))
    assert engine.widths == [len(fields)]


def test_fields_of_an_entity_without_a_key_stay_with_their_rows(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=12, keys=["a", "b"], notes=9)
    fields = (*(f"p.f{number}" for number in range(12)), "n.text", "n.tags")
    plan = build_extract(scope, ExtractRequest(fields=fields))

    rows = engine.ask(plan)

    assert as_multiset(rows) == as_multiset(engine.ask_as_statement(plan))
    assert engine.widths == [3], "the fields without a key, and the key of the others"


def test_an_answer_without_rows_has_its_columns(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=12, keys=["a"])
    plan = build_extract_per_entity(scope, ExtractRequest(fields=("v.vid", "v.of")))["v"]

    assert engine.ask(plan) == []
    assert engine.widths == [1]


@pytest.mark.usefixtures("cells")
def test_a_task_that_travels_shows_the_same(engine: Counting) -> None:
    plan = plan_of(KEYED, ValueMode.DECODED)
    fetched = fetching.fetch_fields(engine.files, plan.question, engine.pins)
    assert fetched is not None
    tree, sent = fetched

    batches = pickle.loads(pickle.dumps(sent))(engine.run(tree, engine.pins))

    assert answer(pa.RecordBatchReader.from_batches(sent.schema, batches)) == engine.ask(plan)


def test_a_file_that_is_damaged_later_is_a_broken_pin(tmp_path: Path) -> None:
    engine, scope = wide_study(tmp_path, width=12, keys=["a"])
    plan = build_extract(scope, ExtractRequest(fields=("p.f1", "p.f7")))
    reader = answer_fields(engine, plan, engine.pins)
    (path,) = engine.tables.files(engine.pins["p2"])

    Path(path).write_bytes(b"PAR1")

    with pytest.raises(BrokenPinError, match="is not as it was published"):
        reader.read_all()
