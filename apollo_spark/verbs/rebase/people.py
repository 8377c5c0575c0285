"""How many people a dataset shows before and after a move, and why some come and go."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.rebase import Causes
from apollo_spark.query.sql import column


@dataclass(frozen=True)
class PeopleCount:
    """Rows of the main entity: how many there are, how many come and go, and why."""

    before: int
    added: int
    lost: int
    causes: Causes


@dataclass(frozen=True)
class Bases:
    """What a view was made of and is to be made of: it shows some people of each."""

    before: OpenDataset
    after: OpenDataset


def count_people(
    engine: Engine, now: OpenDataset, then: OpenDataset, bases: Bases | None
) -> PeopleCount:
    """Count the rows of the main entity that a dataset shows now and then.

    Args:
        engine: Who answers.
        now: The dataset as it is.
        then: The dataset as it is planned.
        bases: Of a view with a rule, what it is made of: people who are in both came or went
            because values changed.
    """
    old, new = main_keys(engine, now), main_keys(engine, then)
    if old.type != new.type:
        causes = Causes(new_rows=len(new), removed_rows=len(old))
        return PeopleCount(len(old), len(new), len(old), causes)
    added, lost = _without(new, old), _without(old, new)
    stayed = 0, 0
    if bases is not None:
        stayed = (
            len(added) - len(_without(added, main_keys(engine, bases.before))),
            len(lost) - len(_without(lost, main_keys(engine, bases.after))),
        )
    causes = Causes(
        new_rows=len(added) - stayed[0],
        removed_rows=len(lost) - stayed[1],
        changed_rows=sum(stayed),
    )
    return PeopleCount(len(old), len(added), len(lost), causes)


def main_keys(engine: Engine, opened: OpenDataset) -> pa.Array:
    """Return the keys of the main entity's rows: its first field where it has no key."""
    entity = opened.dictionary.find_entity(opened.dictionary.main_entity)
    assert entity is not None, "a dataset has a main entity"
    key = entity.primary_key or entity.fields[0].name
    source = opened.scope.source(entity.name, [key])
    tree = exp.select(column(entity.name, key)).from_(source, copy=False)
    return engine.run(tree, opened.pins).read_all().column(0).combine_chunks()


def _without(keys: pa.Array, others: pa.Array) -> pa.Array:
    if keys.type != others.type:
        return keys
    return keys.filter(pc.invert(pc.is_in(keys, value_set=others)))
