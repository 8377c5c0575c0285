"""Wide extracts: which columns there are is asked before the rows are."""

from collections.abc import Callable, Mapping

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import ExtractPlan
from apollo_spark.query.wide.plan import FoundSlots, WidePlan
from apollo_spark.query.wide.repeats import Repeat
from apollo_spark.query.wide.rows import MOST, REPEATED, ROWS, SLOT

Say = Callable[[str], None]


def build_wide(
    engine: Engine, plan: WidePlan, pins: Mapping[str, TablePin], say: Say
) -> ExtractPlan:
    """Return the question of a wide extract, whose columns are found by its engine.

    Args:
        engine: Who answers.
        plan: What is asked.
        pins: Pin by table name.
        say: Hears of rows that no column shows.

    Raises:
        UsageError: A number is repeated, or the columns are too many or none.
        BrokenPinError: A pinned table cannot be read.
    """
    found = {}
    for entity, tree in plan.questions.items():
        repeat = plan.repeats[entity].repeat
        found[entity] = _found(repeat, _ask(engine, tree, pins))
        if without := found[entity].without:
            say(
                f"note: of {entity}, rows in no column because {repeat.path} is missing or a "
                f"sparse code: {without:,}"
            )
    return plan.build(found)


def _ask(engine: Engine, tree: exp.Select, pins: Mapping[str, TablePin]) -> pa.Table:
    return engine.run(tree, pins).read_all()


def _found(repeat: Repeat, table: pa.Table) -> FoundSlots:
    rows = {each[SLOT]: each for each in table.to_pylist()}
    without = rows.pop(None, {ROWS: 0})[ROWS]
    if repeat.takes_one:
        return FoundSlots((1,), without)
    repeated = sum(each[REPEATED] for each in rows.values() if each[MOST] > 1)
    return FoundSlots(tuple(sorted(rows)), without, repeated)
