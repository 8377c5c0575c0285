"""Views of views show exactly the rows and columns that plain Python says."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.opened import OpenDataset, PartReader
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.lake.storage.root import open_root
from apollo_spark.model.base import sha256_text
from apollo_spark.model.change import ViewChange
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Filter
from apollo_spark.model.join_path import path_to
from apollo_spark.model.record import Lineage
from apollo_spark.query.extract import ExtractRequest, build_extract
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.query.sql import column
from apollo_spark.query.values import ValueMode
from apollo_spark.records.changes.view import RowFilter, make_view
from apollo_spark.records.content import Content, Derived, build_dataset_record, part_texts
from apollo_spark.sources.filters.write import write_filter
from tests.support.examples import examples
from tests.support.filter_model import held_by
from tests.support.filters import Rows, Study, filters, studies
from tests.support.tables import FileTables, answer, arrow_tables, as_multiset, join_outward
from tests.unit.lake.small_lake import LINEAGE

NO_ROWS: Lineage = LINEAGE


@given(study=studies(), data=st.data())
@examples(25, deadline=None)
def test_views_of_views_show_what_plain_python_says(study: Study, data: st.DataObject) -> None:
    dictionary, rows = study[0], _with_keys(study[0], study[1])
    with tempfile.TemporaryDirectory() as folder:
        tables = FileTables(Path(folder))
        for name, table in arrow_tables(dictionary, rows).items():
            tables.add(name, table)
        derived = Derived(Content(dictionary, {}, tuple(tables.pins.values())))
        texts: dict[str, str] = {}
        for _ in range(data.draw(st.integers(1, 3))):
            shown = derived.content.dictionary
            rule = data.draw(st.none() | filters(shown))
            entities = data.draw(st.none() | _some_entities(shown))
            derived, rows = _view(derived.content, rows, entities, rule)
            texts |= {sha256_text(each): each for each in derived.parts}
        texts |= {sha256_text(each): each for each in part_texts(derived.content.dictionary)}
        opened = _open(derived.content, texts, folder)

        engine = EmbeddedEngine(tables)
        for entity in opened.dictionary.entities:
            names = [each.name for each in entity.fields]
            source = opened.scope.source(entity.name, names)
            tree = exp.select(*(column(entity.name, each) for each in names)).from_(source)
            expected = [tuple(row[each] for each in names) for row in rows[entity.name]]
            assert as_multiset(answer(engine.run(tree, opened.pins))) == as_multiset(expected)
        fields = tuple(f"{each.name}.{each.fields[0].name}" for each in opened.dictionary.entities)
        joined = build_extract(opened.scope, ExtractRequest(fields=fields)).tree
        assert as_multiset(answer(engine.run(joined, opened.pins))) == as_multiset(
            join_outward(opened.dictionary, rows, fields, ValueMode.RAW)
        )


def _with_keys(dictionary: DataDictionary, rows: Rows) -> Rows:
    """The rows with each primary key there and once, as a load requires."""
    found: Rows = {}
    for entity in dictionary.entities:
        key = entity.primary_key
        kept: dict[Any, dict[str, Any]] = {}
        for number, row in enumerate(rows[entity.name]):
            kept.setdefault(number if key is None else row[key], row)
        kept.pop(None, None)
        found[entity.name] = list(kept.values())
    return found


def _some_entities(dictionary: DataDictionary) -> st.SearchStrategy[tuple[str, ...]]:
    names = [each.name for each in dictionary.entities]
    return st.lists(st.sampled_from(names), min_size=1, unique=True).map(tuple)


def _view(
    base: Content, rows: Rows, entities: tuple[str, ...] | None, rule: Filter | None
) -> tuple[Derived, Rows]:
    change = ViewChange(base="study@1", entities=entities)
    written = None
    if rule is not None:
        written = RowFilter(write_filter(rule), fields_needed(rule, base.dictionary))
    derived = make_view(base, change, written)
    kept = derived.content.dictionary
    if rule is None:
        return derived, {each.name: rows[each.name] for each in kept.entities}
    main = kept.main_entity
    holds = held_by(rule, base.dictionary, rows)
    seen: Rows = {main: [row for row, is_held in zip(rows[main], holds, strict=True) if is_held]}
    for entity in kept.entities:
        for step in path_to(kept, entity.name):
            known = {row[step.parent_field] for row in seen[step.parent]} - {None}
            seen[step.entity] = [row for row in rows[step.entity] if row[step.field] in known]
    return derived, {each.name: seen[each.name] for each in kept.entities}


def _open(content: Content, texts: dict[str, str], folder: str) -> OpenDataset:
    record = build_dataset_record(
        name="view", version=1, content=content, lineage=NO_ROWS, receipt="", schema_tag=None
    )
    return OpenDataset(record, PartReader(PartStore(open_root(folder)), texts))
