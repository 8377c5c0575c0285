"""How many people are left after each part of a cohort, and by each part alone: in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlglot import exp

from apollo_spark.disclosure.table import EVERYBODY
from apollo_spark.engines.base import Engine
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.cohort import NARROWING, CohortOperation, CohortStep
from apollo_spark.model.filter import And, Filter
from apollo_spark.model.suppressed import Count
from apollo_spark.operations.cohorts.opening import People
from apollo_spark.operations.disclosing import Disclosure, open_disclosure, question_of
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.changes import as_texts
from apollo_spark.query.cohorts.circuit import Circuit
from apollo_spark.query.cohorts.members import Statement, new_circuit
from apollo_spark.query.cohorts.text import describe_step, in_cohort
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.sql import column, derived, labelled
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter

_FLAGS = "flags"


class AttritionStep(Record):
    """One part of a cohort: who is left after it and those before it, and by it alone."""

    rule: str
    left: Count
    alone: Count


class Attrition(Record):
    """The parts of a cohort, in order, and how many people there were at first."""

    people: Count
    steps: tuple[AttritionStep, ...]


@dataclass(frozen=True)
class Part:
    """One part of a cohort, as text, and its node."""

    rule: str
    node: int


def attrition_of(lake: Lake, people: People, engine: Engine) -> Attrition:
    """Count who is left after each part of the outermost `and`, and by each part alone.

    Args:
        lake: Where they are.
        people: Who is meant.
        engine: Who counts.
    """
    circuit = new_circuit()
    parts = parts_of_people(circuit, people)
    flags = Statement(people.dataset.scope, circuit.nodes).flags([each.node for each in parts])
    disclosure = open_disclosure(lake, people.dataset, engine, names=people.cohorts)
    if disclosure is not None:
        rows = engine.run(flags, people.pins).read_all()
        return _given(disclosure, question_of(people), [each.rule for each in parts], rows)
    counted = [exp.Count(this=exp.Star())]
    for number in range(len(parts)):
        so_far = [column(_FLAGS, f"flag {each}") for each in range(number + 1)]
        counted += [_count(joined(exp.And, so_far)), _count(column(_FLAGS, f"flag {number}"))]
    shown = [labelled(each, f"count {number}") for number, each in enumerate(counted)]
    tree = exp.select(*shown).from_(derived(flags, _FLAGS), copy=False)
    row = engine.run(tree, people.pins).read_all().to_pylist()[0]
    numbers = [int(each or 0) for each in row.values()]
    found = zip(parts, numbers[1::2], numbers[2::2], strict=True)
    return Attrition(
        people=numbers[0],
        steps=tuple(AttritionStep(rule=part.rule, left=a, alone=b) for part, a, b in found),
    )


def _given(
    disclosure: Disclosure, question: str, rules: Sequence[str], rows: pa.Table
) -> Attrition:
    """Return what is given of the steps: how many go from one to the next is known, too."""
    sheet = Sheet()
    table = sheet.open(as_texts(rows.column(0).combine_chunks()), question)
    people = table.add(np.ones(rows.num_rows, dtype=np.int64), meaning=EVERYBODY)
    table.sum_up([people], None)
    before, so_far, steps = people, np.ones(rows.num_rows, dtype=bool), []
    for number, rule in enumerate(rules):
        holds = rows.column(number + 1).fill_null(False).to_numpy().astype(bool)
        so_far &= holds
        together = rule if number == 0 else question if number == len(rules) - 1 else None
        left = table.add(so_far.astype(np.int64), meaning=together)
        alone = table.add(holds.astype(np.int64), meaning=rule)
        table.sum_up([left], before)
        table.sum_up([left], people)
        table.sum_up([alone], people)
        table.sum_up([left], alone)
        steps.append((rule, left, alone))
        before = left
    sheet.decide(disclosure)
    return Attrition(
        people=sheet[people],
        steps=tuple(AttritionStep(rule=r, left=sheet[a], alone=sheet[b]) for r, a, b in steps),
    )


def parts_of_people(circuit: Circuit, people: People) -> list[Part]:
    """Return the parts of who is meant: those of the outermost `and`, in order."""
    steps = people.members.steps
    return _parts_of(circuit, people, circuit.add_steps(steps), len(steps) - 1)


def _count(condition: exp.Expr) -> exp.Count:
    return exp.Count(this=exp.Case(ifs=[exp.If(this=condition, true=exp.Literal.number(1))]))


def _parts_of(circuit: Circuit, people: People, known: Sequence[int], at: int) -> list[Part]:
    """Return the parts of a cohort: those of the ones that it narrows come first."""
    found: list[Part] = []
    steps = people.members.steps
    while True:
        step = steps[at]
        found = [*_own_parts(circuit, people, known, step), *found]
        if step.operation not in NARROWING or not step.of:
            return found
        at = step.of[0]


def _own_parts(
    circuit: Circuit, people: People, known: Sequence[int], step: CohortStep
) -> list[Part]:
    if step.text is not None:
        cohorts = {name: known[number] for name, number in step.named}
        trees = _conjuncts(parse_filter(step.text))
        return [Part(write_filter(each), circuit.filter(each, cohorts)) for each in trees]
    names = people.names
    if step.operation in (CohortOperation.INTERSECT, CohortOperation.SUBTRACT):
        first, *others = step.of
        parts = [Part(in_cohort(names[first]), known[first])]
        if step.operation is CohortOperation.INTERSECT:
            return [*parts, *(Part(in_cohort(names[each]), known[each]) for each in others)]
        opposite = [
            Part(f"not {in_cohort(names[each])}", circuit.opposite(known[each])) for each in others
        ]
        return [*parts, *opposite]
    alone = step.model_copy(update={"of": ()}) if step.operation in NARROWING else step
    return [Part(describe_step(alone, names), circuit.add_step(alone, known))]


def _conjuncts(tree: Filter) -> Sequence[Filter]:
    return tree.parts if isinstance(tree, And) else (tree,)
