"""An extract equals nested loops over the rows, for any tree of entities and any rows."""

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.engines import fetching
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.query.extract import ExtractRequest, build_extract
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.values import ValueMode
from tests.support.dictionaries import RELATIONSHIPS, unique_names
from tests.support.examples import examples
from tests.support.tables import FileTables, answer, arrow_tables, as_multiset, join_outward

KEYS = st.none() | st.integers(0, 4)


@st.composite
def studies(draw: st.DrawFn) -> tuple[DataDictionary, dict[str, list[dict[str, Any]]]]:
    """A tree of up to five entities; rows refer to few keys, so that most of them meet."""
    names = draw(unique_names(1, 5))
    relations = []
    for place, name in enumerate(names[1:], start=1):
        source, target = draw(st.permutations([name, draw(st.sampled_from(names[:place]))]))
        relations.append(
            Relation(
                from_entity=source,
                from_field=f"to_{target}",
                to_entity=target,
                to_field="key",
                relationship=draw(RELATIONSHIPS),
            )
        )
    fields = {
        name: ["key", *(each.from_field for each in relations if each.from_entity == name)]
        for name in names
    }
    dictionary = DataDictionary(
        main_entity=names[0],
        entities=tuple(
            Entity(
                name=name,
                primary_key="key",
                fields=tuple(FieldSpec(name=each, type=FieldType.INTEGER) for each in listed),
            )
            for name, listed in draw(st.permutations(list(fields.items())))
        ),
        relations=tuple(draw(st.permutations(relations))),
        codings=(),
    )
    rows = {
        name: draw(st.lists(st.fixed_dictionaries(dict.fromkeys(listed, KEYS)), max_size=5))
        for name, listed in fields.items()
    }
    return dictionary, rows


@given(study=studies(), data=st.data())
@examples(60)
def test_an_extract_equals_nested_loops(
    study: tuple[DataDictionary, dict[str, list[dict[str, Any]]]], data: st.DataObject
) -> None:
    dictionary, rows = study
    paths = [f"{entity.name}.{spec.name}" for entity, spec in dictionary.paths()]
    fields = data.draw(st.lists(st.sampled_from(paths), min_size=1, unique=True))

    plan = build_extract(QueryScope(dictionary), ExtractRequest(fields=tuple(fields)))

    with tempfile.TemporaryDirectory() as folder:
        tables = FileTables(Path(folder))
        for name, table in arrow_tables(dictionary, rows).items():
            tables.add(name, table)
        engine = EmbeddedEngine(tables, threads=1)
        found = answer(engine.run(plan.tree, tables.pins))
        with patch.object(fetching, "FEWEST_FETCHED", 1):
            by_keys = answer(answer_fields(engine, plan, tables.pins))
    expected = join_outward(dictionary, rows, fields, ValueMode.RAW)
    assert as_multiset(found) == as_multiset(expected)
    assert as_multiset(by_keys) == as_multiset(expected)
    assert set(plan.entities) >= {each.split(".")[0] for each in fields}
