"""Plans of moves of guarded records: people are counted where enough of them come, go and stay."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from apollo_spark.disclosure.table import EVERYBODY
from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.rebase import AssayMove, Causes, RebasePlan
from apollo_spark.model.record import PublishedRecord
from apollo_spark.model.suppressed import Suppressed
from apollo_spark.operations.cohorts.opening import open_cohort
from apollo_spark.operations.dashboards import open_dashboard
from apollo_spark.operations.disclosing import open_disclosure, question_of
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.changes import add_change, as_texts
from apollo_spark.verbs.rebase.people import main_keys

PEOPLE = ("before", "after", "kept", "added", "lost")


def guarded_plan(
    lake: Lake, plan: RebasePlan, record: PublishedRecord, result: PublishedRecord | None
) -> RebasePlan:
    """Return a plan with the numbers that are given, where the record is guarded.

    Args:
        lake: The lake, with what is planned.
        plan: The plan.
        record: What is moved.
        result: What it becomes; None where it cannot be moved.
    """
    if not lake.registry.snapshot().guards:
        return plan
    engine = EmbeddedEngine(lake.tables)
    before = _people(lake, record, engine)
    after = before if result is None else _people(lake, result, engine)
    names = [str(record), *(each.after for each in plan.moves if each.after)]
    disclosure = open_disclosure(lake, after.opened, engine, names=names)
    if disclosure is None:
        return plan
    hidden = Suppressed(fewer_than=disclosure.limit.least, why="rest")
    plan = without_people(plan, hidden)
    if result is None:
        return plan
    sheet = Sheet()
    cells = add_change(sheet, before.keys, after.keys, (before.question, after.question))
    sheet.decide(disclosure)
    given = {f"people_{name}": sheet[cell] for name, cell in zip(PEOPLE, cells, strict=True)}
    return plan.model_copy(update=given)


def without_people(plan: RebasePlan, hidden: Suppressed) -> RebasePlan:
    """Return a plan that tells of no number of people, rows or samples."""
    update: dict[str, Any] = {f"people_{name}": hidden for name in PEOPLE}
    update["causes"] = Causes(**dict.fromkeys(Causes.model_fields, hidden))
    update["assays"] = tuple(_without_samples(each, hidden) for each in plan.assays)
    return plan.model_copy(update=update)


def _without_samples(assay: AssayMove, hidden: Suppressed) -> AssayMove:
    counts = [name for name in AssayMove.model_fields if name.startswith(("samples", "features"))]
    return assay.model_copy(update=dict.fromkeys(counts, hidden))


@dataclass(frozen=True)
class _People:
    """The people of a record: the dataset that it is about with everybody, and their keys."""

    opened: OpenDataset
    keys: pa.Array
    question: str = EVERYBODY


def _people(lake: Lake, record: PublishedRecord, engine: Engine) -> _People:
    if isinstance(record, DashboardRecord):
        board = open_dashboard(lake, record)
        if board.cohort is None:
            return _People(board.opened, as_texts(main_keys(engine, board.opened)))
        record = board.cohort
    if isinstance(record, CohortRecord):
        people = open_cohort(lake, record)
        keys = as_texts(people.keys(engine).read_all().column(0).combine_chunks())
        return _People(people.dataset, keys, question_of(people))
    assert isinstance(record, DatasetRecord), "only these kinds are moved"
    opened = lake.open_record(record)
    return _People(opened, as_texts(main_keys(engine, opened)))
