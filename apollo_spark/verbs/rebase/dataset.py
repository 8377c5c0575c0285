"""Plan to move a record to newer versions of what it is made of."""

from dataclasses import dataclass, replace

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import CheckFailedError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import Change, ViewChange
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Filter
from apollo_spark.model.names import parse_reference
from apollo_spark.model.plan import WorkPlan, flat_counts
from apollo_spark.model.rebase import (
    CodesGone,
    Move,
    RebasePlan,
    RebaseReceipt,
    describe_rebase_problem,
)
from apollo_spark.operations.deriving import Derivation, planned_dataset
from apollo_spark.records.changes.carrying import carry_own
from apollo_spark.records.changes.renaming import NewNames, rename_fields
from apollo_spark.records.changes.replay import parents_of, with_parents
from apollo_spark.records.content import Derived
from apollo_spark.records.diff import diff_dictionaries
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.verbs.rebase.again import derive_again
from apollo_spark.verbs.rebase.assays import compare_assays
from apollo_spark.verbs.rebase.meaning import (
    MeaningComparison,
    compare_meaning,
    relation_of,
)
from apollo_spark.verbs.rebase.people import Bases, count_people


@dataclass(frozen=True)
class DatasetMove:
    """A plan with what it publishes.

    Attributes:
        plan: The plan.
        derivation: What is published.
        renames: Whether new names change what the record is made by.
    """

    plan: RebasePlan
    derivation: Derivation
    renames: bool = False


def plan_dataset(
    lake: Lake,
    record: DatasetRecord,
    change: Change,
    moves: tuple[Move, ...],
    found: MeaningComparison,
) -> DatasetMove:
    """Plan to move a dataset to other versions of some of its parents.

    Args:
        lake: The lake, with what is planned by the same call.
        record: The dataset.
        change: What last made its name of other datasets.
        moves: Where its parents go.
        found: The new names; takes what becomes of what its rule asks for, also where this fails.

    Raises:
        ApolloError: It cannot be made there.
    """
    moved = with_parents(change, {each.before: each.after for each in moves})
    renamed = rename_fields(moved, found.names)
    bases = None
    if isinstance(change, ViewChange) and change.rows is not None:
        bases = _bases(lake, change, parents_of(moved)[0])
        compare_meaning(_rules(change), bases.before, bases.after, found)
        require_unbroken(found)
    planned = _planned(lake, record, renamed, moves, names=found.names, bases=bases)
    plan = planned.plan.model_copy(
        update={"problems": tuple(found.problems), "repairs": tuple(found.repairs)}
    )
    return replace(planned, plan=plan, renames=renamed != moved)


def require_unbroken(found: MeaningComparison) -> None:
    """Require that nothing that is asked for is gone or means something else.

    Raises:
        CheckFailedError: It is; each is named.
    """
    if found.broken:
        raise CheckFailedError("; ".join(describe_rebase_problem(each) for each in found.broken))


def _bases(lake: Lake, change: ViewChange, base: str) -> Bases:
    """Return what a view was made of, also where that is retired, and is to be made of."""
    entry = lake.registry.snapshot().find(parse_reference(change.base))
    before = lake.open_record(lake.registry.read_record(entry, DatasetRecord))
    return Bases(before, lake.open(parse_reference(base)))


def _rules(change: ViewChange) -> list[Filter]:
    """Return the filters that choose the rows of a view."""
    texts = [each.text for each in change.members if each.text is not None]
    if change.rows is not None and not change.members:
        texts.append(change.rows)
    return list(map(parse_filter, texts))


def _planned(
    lake: Lake,
    record: DatasetRecord,
    change: Change,
    moves: tuple[Move, ...],
    *,
    names: NewNames,
    bases: Bases | None,
) -> DatasetMove:
    dropped: tuple[str, ...] = ()
    if isinstance(change, ViewChange):
        change, dropped = _without_gone_fields(lake, change)
    derivation = derive_again(lake, change, before=record)
    before = lake.load_content(record)
    made = derivation.derived
    carried = carry_own(before, made.content, names.fields, dataset=record.name)
    derived = replace(made, content=carried.content, parts=(*made.parts, *carried.parts))
    now = lake.open_record(record)
    then = planned_dataset(lake, record.name, derived)
    count = count_people(EmbeddedEngine(lake.tables), now, then, bases)
    diff = diff_dictionaries(now.dictionary, then.dictionary)
    plan = RebasePlan(
        record=str(record),
        moves=moves,
        schema_diff=None if diff.is_empty else diff,
        codes_gone=_codes_gone(now.dictionary, then.dictionary),
        people_before=count.before,
        people_after=count.before + count.added - count.lost,
        people_kept=count.before - count.lost,
        people_added=count.added,
        people_lost=count.lost,
        causes=count.causes,
        assays=compare_assays(lake, now, then),
        fields_dropped=(*dropped, *carried.lost),
        related=relation_of(now.record, then.record, shares=count.before > count.lost),
    )
    return DatasetMove(plan, _as_rebase(derivation, derived, receipt_of(plan)))


def receipt_of(plan: RebasePlan) -> RebaseReceipt:
    """Return what is kept of a plan with the record that it makes."""
    shown = plan.model_dump(include=set(RebaseReceipt.model_fields))
    return RebaseReceipt.model_validate(shown)


def _as_rebase(derivation: Derivation, derived: Derived, receipt: RebaseReceipt) -> Derivation:
    return replace(derivation, derived=derived, receipt=receipt, operation="rebase")


def _without_gone_fields(lake: Lake, change: ViewChange) -> tuple[ViewChange, tuple[str, ...]]:
    """Return a view of those of its fields, entities and assays that are still there."""
    opened = lake.open(parse_reference(change.base))
    fields = {f"{entity.name}.{spec.name}" for entity, spec in opened.dictionary.paths()}
    entities = {each.name for each in opened.dictionary.entities}
    assays = {each.name for each in opened.record.assays}
    gone = [
        each
        for asked, known in (
            (change.fields, fields),
            (change.entities, entities),
            (change.assays, assays),
        )
        for each in asked or ()
        if each not in known
    ]
    kept = {
        name: None if asked is None else tuple(each for each in asked if each not in gone)
        for name, asked in (
            ("fields", change.fields),
            ("entities", change.entities),
            ("assays", change.assays),
        )
    }
    return change.model_copy(update=kept), tuple(gone)


def _codes_gone(before: DataDictionary, after: DataDictionary) -> tuple[CodesGone, ...]:
    found = []
    for coding in before.codings:
        kept = after.find_coding(coding.name)
        gone = set(coding.codes) - set(kept.codes if kept else ())
        if gone:
            found.append(CodesGone(coding=coding.name, count=len(gone)))
    return tuple(found)


def planned_work(plan: RebasePlan) -> WorkPlan:
    """Return what applying a plan does, with its counts."""
    name = plan.record.partition("@")[0]
    if plan.refused is not None:
        return WorkPlan(does=f"leave {plan.record} as it is")
    return WorkPlan(
        does=f"publish the next version of {name}",
        people=plan.people_after,
        counts=flat_counts(plan.model_dump(mode="json")),
    )
