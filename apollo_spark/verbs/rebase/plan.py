"""Plan to move a record to newer versions of what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import ApolloError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.change import Change, ViewChange
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.names import parse_reference
from apollo_spark.model.plan import WorkPlan, flat_counts
from apollo_spark.model.rebase import CodesGone, Move, RebasePlan, RebaseReceipt
from apollo_spark.operations.deriving import Derivation, planned_dataset
from apollo_spark.operations.repeated import extended_from
from apollo_spark.query.sql import column
from apollo_spark.records.changes.carrying import carry_own
from apollo_spark.records.changes.renaming import rename_fields
from apollo_spark.records.changes.replay import is_root, parents_of, with_parents
from apollo_spark.records.content import Derived
from apollo_spark.records.diff import diff_dictionaries
from apollo_spark.records.showing import keeps_to_itself
from apollo_spark.verbs.rebase.again import derive_again
from apollo_spark.verbs.rebase.assays import compare_assays


@dataclass(frozen=True)
class PlannedRebase:
    """A plan with what it publishes; nothing where the record cannot be moved.

    `renames` says whether new names change what the record is made by.
    """

    plan: RebasePlan
    derivation: Derivation | None
    renames: bool = False


def plan_rebase(
    lake: Lake,
    record: DatasetRecord,
    onto: Mapping[str, DatasetRecord],
    names: Mapping[str, str],
    *,
    full: bool = False,
) -> PlannedRebase:
    """Plan to move a record to other versions of some of its parents.

    Args:
        lake: The lake.
        record: The record.
        onto: The version to move to, by the name of the parent in small letters.
        names: New names of fields, by the old ones.
        full: Whether a refusal may say of what a view was made.

    Raises:
        UsageError: The record is not made from any of these.
    """
    root = _root_of(lake, record)
    moves = _moves(root, onto)
    if not moves:
        raise UsageError(
            f"{record} is not made from {', '.join(str(each) for each in onto.values())}.",
            why=""
            if keeps_to_itself(record, full=full)
            else f"It was made of {', '.join(parents_of(root))}.",
        )
    moved = with_parents(root, {each.before: each.after for each in moves})
    try:
        change = rename_fields(moved, names)
        return replace(_planned(lake, record, change, moves, names), renames=change != moved)
    except ApolloError as refused:
        plan = RebasePlan(record=str(record), moves=moves, refused=str(refused))
        return PlannedRebase(plan, None)


def _root_of(lake: Lake, record: DatasetRecord) -> Change:
    """Return what last made a record's name, up to a version, of other datasets."""
    for found in extended_from(lake, record):
        if found.change is not None and is_root(record.name, found.change):
            return found.change
    raise UsageError(f"{record} was loaded from files: it is made from no other dataset.")


def _moves(change: Change, onto: Mapping[str, DatasetRecord]) -> tuple[Move, ...]:
    found = []
    for parent in parents_of(change):
        target = onto.get(parent.partition("@")[0].casefold())
        if target is not None:
            found.append(Move(before=parent, after=str(target)))
    return tuple(found)


def _planned(
    lake: Lake,
    record: DatasetRecord,
    change: Change,
    moves: tuple[Move, ...],
    names: Mapping[str, str],
) -> PlannedRebase:
    dropped: tuple[str, ...] = ()
    if isinstance(change, ViewChange):
        change, dropped = _without_gone_fields(lake, change)
    derivation = derive_again(lake, change, before=record)
    before = lake.load_content(record)
    made = derivation.derived
    carried = carry_own(before, made.content, names, dataset=record.name)
    derived = replace(made, content=carried.content, parts=(*made.parts, *carried.parts))
    now = lake.open_record(record)
    then = planned_dataset(lake, record.name, derived)
    counts = _count_people(lake, now, then)
    diff = diff_dictionaries(now.dictionary, then.dictionary)
    plan = RebasePlan(
        record=str(record),
        moves=moves,
        schema_diff=None if diff.is_empty else diff,
        codes_gone=_codes_gone(now.dictionary, then.dictionary),
        people_before=counts[0],
        people_added=counts[1],
        people_lost=counts[2],
        assays=compare_assays(lake, now, then),
        fields_dropped=(*dropped, *carried.lost),
    )
    shown = plan.model_dump(exclude={"record", "refused"})
    receipt = RebaseReceipt.model_validate(shown)
    return PlannedRebase(plan, _as_rebase(derivation, derived, receipt))


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


def _count_people(lake: Lake, now: OpenDataset, then: OpenDataset) -> tuple[int, int, int]:
    """Return how many rows of the main entity there are, how many come, and how many go."""
    old, new = _main_keys(lake, now), _main_keys(lake, then)
    if old.type != new.type:
        return len(old), len(new), len(old)
    added = len(new) - int(pc.sum(pc.is_in(new, value_set=old)).as_py() or 0)
    lost = len(old) - int(pc.sum(pc.is_in(old, value_set=new)).as_py() or 0)
    return len(old), added, lost


def _main_keys(lake: Lake, opened: OpenDataset) -> pa.Array:
    entity = opened.dictionary.find_entity(opened.dictionary.main_entity)
    assert entity is not None, "a dataset has a main entity"
    key = entity.primary_key or entity.fields[0].name
    source = opened.scope.source(entity.name, [key])
    tree = exp.select(column(entity.name, key)).from_(source, copy=False)
    table = EmbeddedEngine(lake.tables).run(tree, opened.pins).read_all()
    return table.column(0).combine_chunks()


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
    after = plan.people_before + plan.people_added - plan.people_lost
    return WorkPlan(
        does=f"publish the next version of {name}",
        people=after,
        counts=flat_counts(plan.model_dump(mode="json")),
    )
