"""Views of views show exactly the rows and columns that plain Python says.

Their rules ask for fields and for what an assay measured, which belongs to rows of any entity.
"""

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.measured import KeptValues
from apollo_spark.lake.opened import OpenDataset, PartReader
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.lake.storage.root import open_root
from apollo_spark.model.assay import AssayRecord, SampleLink
from apollo_spark.model.base import sha256_text
from apollo_spark.model.change import ViewChange
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import (
    And,
    AssayValue,
    Filter,
    Not,
    Operator,
    Or,
    Percentile,
)
from apollo_spark.model.join_path import path_to
from apollo_spark.model.record import Lineage
from apollo_spark.query.extract import ExtractRequest, build_extract
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import column
from apollo_spark.query.values import ValueMode
from apollo_spark.records.changes.row_filter import MeasuredInRule, RowFilter
from apollo_spark.records.changes.view import make_view
from apollo_spark.records.content import Content, Derived, build_dataset_record, part_texts
from apollo_spark.sources.filters.write import write_filter
from apollo_spark.tables.layout import arrow_schema
from tests.support.examples import examples
from tests.support.filter_model import Measured, held_by
from tests.support.filters import Rows, Study, filters, studies
from tests.support.tables import FileTables, answer, arrow_tables, as_multiset, join_outward
from tests.support.tiles import NAN, write_assay
from tests.unit.lake.small_lake import LINEAGE

FEATURES = ["F0", "F1"]
NO_ROWS: Lineage = LINEAGE


@given(study=studies(), data=st.data())
@examples(25, deadline=None)
def test_views_of_views_show_what_plain_python_says(study: Study, data: st.DataObject) -> None:
    _require_views(study, data, is_measured=False)


# An example with an assay takes six times as long: each rule joins tiles.
@given(study=studies(), data=st.data())
@examples(6, deadline=None)
def test_rules_ask_for_what_was_measured_in_samples_shown(
    study: Study, data: st.DataObject
) -> None:
    _require_views(study, data, is_measured=True)


def _require_views(study: Study, data: st.DataObject, *, is_measured: bool) -> None:
    dictionary, rows = study[0], _with_keys(study[0], study[1])
    with tempfile.TemporaryDirectory() as folder:
        tables = FileTables(Path(folder))
        for name, table in arrow_tables(dictionary, rows).items():
            tables.add(name, table)
        assays: tuple[AssayRecord, ...] = ()
        measured = Measured("", "", {})
        if is_measured:
            assays, measured = _assay(dictionary, rows, tables, Path(folder), data)
        derived = Derived(Content(dictionary, {}, tuple(tables.pins.values()), assays))
        texts: dict[str, str] = {}
        for _ in range(data.draw(st.integers(1, 3))):
            shown = derived.content.dictionary
            rule = data.draw(st.none() | _rules(shown, derived.content.assays))
            entities = data.draw(st.none() | _some_entities(shown))
            derived, rows, measured = _view(derived.content, rows, measured, entities, rule)
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


def _assay(
    dictionary: DataDictionary, rows: Rows, tables: FileTables, folder: Path, data: st.DataObject
) -> tuple[tuple[AssayRecord, ...], Measured]:
    """An assay whose samples belong to rows of an entity with a key, or to nobody."""
    joined = [each for each in dictionary.entities if each.name not in dictionary.unjoined]
    entity = data.draw(st.sampled_from([each for each in joined if each.primary_key]))
    key = str(entity.primary_key)
    owners = data.draw(st.lists(st.sampled_from([None, *(row[key] for row in rows[entity.name])]),
                                min_size=4, max_size=4))  # fmt: skip
    value = st.integers(0, 4) | st.just(NAN)
    units = [data.draw(st.lists(value, min_size=4, max_size=4)) for _ in FEATURES]
    samples = [f"S{number}" for number in range(4)]
    written = write_assay(folder / "assay", FEATURES, samples, {"count": units}, block_size=3)
    for name, pin in written.pins.items():
        tables.add(name, pa.concat_tables(map(pq.read_table, written.files(pin))))
    linked = [pair for pair in zip(samples, owners, strict=True) if pair[1] is not None]
    schema = pa.schema([("sample_id", pa.string()), ("key", arrow_schema(entity).field(key).type)])
    columns = [[pair[place] for pair in linked] for place in (0, 1)]
    tables.add("link", pa.table(columns, schema=schema))
    place = {"entity": entity.name, "field": key, "link": SampleLink(table="link")}
    values = {
        ("rna", feature): [
            (owner, float(each))
            for owner, each in zip(owners, row, strict=True)
            if not math.isnan(each)
        ]
        for feature, row in zip(FEATURES, units, strict=True)
    }
    record = written.assay.as_record().model_copy(update=place)
    return (record,), Measured(entity.name, key, values)


def _rules(
    dictionary: DataDictionary, assays: tuple[AssayRecord, ...]
) -> st.SearchStrategy[Filter]:
    if not assays:
        return filters(dictionary)
    bound = st.integers(0, 4) | st.builds(Percentile, percentile=st.sampled_from((0, 40, 50, 100)))
    asked: st.SearchStrategy[Filter] = st.builds(
        AssayValue, measure=st.just("expression"), assay=st.just("rna"), unit=st.just("count"),
        feature=st.sampled_from(FEATURES),
        operator=st.sampled_from((Operator.LESS, Operator.GREATER_OR_EQUAL, Operator.NOT_EQUAL)),
        values=st.tuples(bound),
    )  # fmt: skip
    both = st.tuples(filters(dictionary), asked)
    return (
        filters(dictionary)
        | asked
        | st.builds(Not, part=asked)
        | both.map(lambda parts: And(parts=parts))
        | both.map(lambda parts: Or(parts=parts))
    )


def _some_entities(dictionary: DataDictionary) -> st.SearchStrategy[tuple[str, ...]]:
    names = [each.name for each in dictionary.entities]
    return st.lists(st.sampled_from(names), min_size=1, unique=True).map(tuple)


def _view(
    base: Content,
    rows: Rows,
    measured: Measured,
    entities: tuple[str, ...] | None,
    rule: Filter | None,
) -> tuple[Derived, Rows, Measured]:
    change = ViewChange(base="study@1", entities=entities)
    written = None
    if rule is not None:
        places = KeptValues(base.assays, QueryScope(base.dictionary))
        kept = MeasuredInRule(frozenset({("rna", "count")}))
        fields = fields_needed(rule, base.dictionary, places)
        written = RowFilter(write_filter(rule), fields, measured=kept)
    derived = make_view(base, change, written, base.assays)
    kept = derived.content.dictionary
    if rule is None:
        return derived, {each.name: rows[each.name] for each in kept.entities}, measured
    main = kept.main_entity
    holds = held_by(rule, base.dictionary, rows, measured=measured)
    seen: Rows = {main: [row for row, is_held in zip(rows[main], holds, strict=True) if is_held]}
    for entity in kept.entities:
        for step in path_to(kept, entity.name):
            known = {row[step.parent_field] for row in seen[step.parent]} - {None}
            seen[step.entity] = [row for row in rows[step.entity] if row[step.field] in known]
    if derived.content.assays:
        shown = {row[measured.field] for row in seen[measured.entity]} - {None}
        values = {
            feature: [pair for pair in pairs if pair[0] in shown]
            for feature, pairs in measured.values.items()
        }
        measured = replace(measured, values=values)
    return derived, {each.name: seen[each.name] for each in kept.entities}, measured


def _open(content: Content, texts: dict[str, str], folder: str) -> OpenDataset:
    record = build_dataset_record(
        name="view", version=1, content=content, lineage=NO_ROWS, receipt="", schema_tag=None
    )
    return OpenDataset(record, PartReader(PartStore(open_root(folder)), texts))
