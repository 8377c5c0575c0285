"""Keys compared in memory break the same rules as those of which an engine is asked."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.ingest.key_tables import FEW, HeldKeys, KeyTables, key_columns, open_keys
from apollo_spark.ingest.lookalikes import find_lookalikes, find_meant
from apollo_spark.ingest.queried_keys import QueriedKeys
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.tables.keys import KeyCheck
from tests.support.tables import FileTables

TEXTS = st.text(st.sampled_from("aAé\u0301 \u200b\ufb01fi\U0001f600\x00"), max_size=2)
NUMBERS = st.sampled_from([-1, 0, 1, 2**53, 2**53 + 1, -(2**63), 2**63 - 1])
UNIQUE = KeyCheck(rule="key_unique", entity="visit", column="key", message="")
REFERS = UNIQUE.model_copy(update={"target_entity": "patient", "target_column": "key"})


def columns(values: st.SearchStrategy[Any], type_: pa.DataType) -> Any:
    """Values given, and those that they refer to."""
    column = st.lists(st.none() | values, max_size=6).map(
        lambda x: pa.table({"key": pa.array(x, type_)})
    )
    return st.tuples(column, column)


def answers(keys: KeyTables) -> list[Any]:
    """What is wrong, in its order, and which texts look like others, in any order."""
    repeated, lost = (keys.broken(each) for each in (UNIQUE, REFERS))
    found = [(each.type, each.to_pylist()) for each in (repeated, lost)]
    if pa.types.is_string(lost.type):
        alike = find_lookalikes(keys.column("visit", "key"))
        meant = find_meant(lost, keys.column("patient", "key"))
        found += [(each.type, sorted(each.to_pylist())) for each in (alike, meant)]
    return found


def test_keys_in_memory_break_the_rules_that_an_engine_finds_broken(tmp_path: Path) -> None:
    # One database for all examples: to open it takes longer than to compare.
    with EmbeddedEngine(FileTables(tmp_path)).over({}, folders=[tmp_path]) as engine:

        @given(columns(TEXTS, pa.string()) | columns(NUMBERS, pa.int64()), st.integers(1, 3))
        def compare(tables: Sequence[pa.Table], files: int) -> None:
            stored = FileTables(Path(mkdtemp(dir=tmp_path)))
            for name, each in zip(("visit", "patient"), tables, strict=True):
                stored.add(name, each, files)
            engine.files = stored

            asked = answers(QueriedKeys(engine, stored.pins))

            assert answers(HeldKeys(stored, stored.pins, key_columns([REFERS]))) == asked

        compare()


def dictionary(type_: FieldType) -> DataDictionary:
    key = FieldSpec(name="key", type=type_)
    return DataDictionary(
        main_entity="patient",
        entities=tuple(Entity(name=name, fields=(key,)) for name in ("visit", "patient")),
        relations=(),
        codings=(),
    )


@pytest.mark.parametrize(
    ("type_", "rows", "is_read_here", "way"),
    [
        (FieldType.STRING, FEW, True, HeldKeys),
        (FieldType.INTEGER, 0, True, HeldKeys),
        (FieldType.STRING, FEW + 1, True, QueriedKeys),
        (FieldType.STRING, 1, False, QueriedKeys),
        (FieldType.FLOAT, 1, True, QueriedKeys),
        (FieldType.DATE, 1, True, QueriedKeys),
        (FieldType.DATETIME, 1, True, QueriedKeys),
    ],
)
def test_an_engine_is_asked_where_there_are_many_keys_or_their_type_is_compared_otherwise(
    type_: FieldType, rows: int, is_read_here: bool, way: type[KeyTables], tmp_path: Path
) -> None:
    engine: Any = EmbeddedEngine(FileTables(tmp_path))
    if not is_read_here:
        engine = SimpleNamespace(files=None, over=engine.over)

    with open_keys(dictionary(type_), [REFERS], {}, engine, rows) as keys:
        assert type(keys) is way
