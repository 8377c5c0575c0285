"""Move records to newer versions of what they are made of: plan, apply, undo."""

from dataclasses import dataclass, replace

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import RecordReference, parse_reference
from apollo_spark.model.rebase import Move, RebasePlan, RebaseReceipt
from apollo_spark.operations.context import Context
from apollo_spark.operations.deriving import Derivation, PublishDerivation, already_made
from apollo_spark.operations.outcome import Outcome
from apollo_spark.records.content import Derived
from apollo_spark.records.telling import keeps_to_itself
from apollo_spark.verbs.rebase.new_names import read_map, require_known
from apollo_spark.verbs.rebase.plan import PlannedRebase, plan_rebase


class RebaseRequest(Record):
    """What a person asks for: the options of `apollo rebase`."""

    records: tuple[str, ...]
    onto: tuple[str, ...]
    field_map: str | None = None
    only: tuple[str, ...] | None = None
    apply: bool = False
    full: bool = False


@dataclass(frozen=True)
class RebaseOutcome:
    """The plans, and what was published where they were applied."""

    plans: tuple[RebasePlan, ...]
    outcomes: tuple[Outcome[Record], ...] = ()

    @property
    def published(self) -> tuple[str, ...]:
        """The new versions."""
        return tuple(each for outcome in self.outcomes for each in outcome.published)

    @property
    def current(self) -> tuple[str, ...]:
        """Versions that stood there already."""
        return tuple(each for outcome in self.outcomes for each in outcome.current)


def rebase(context: Context, request: RebaseRequest) -> RebaseOutcome:
    """Plan to move records, and do what was planned where that is asked for.

    Every record is planned before one is published. A record that cannot be moved is refused
    together with all others, unless `only` leaves it out.

    Raises:
        UsageError: A record is not made from what it is to be moved to.
        NotFoundError: A record or a version is not there, the map names fields that are not, or a
            plan cannot be done.
        InputFileError: The file of new names cannot be read.
    """
    lake = context.lake
    targets = [lake.load_record(parse_reference(each)) for each in request.onto]
    onto = {each.name.casefold(): each for each in targets}
    if not onto:
        raise UsageError("Nothing is named to move to.", fix="Add --onto NAME@VERSION.")
    names = {} if request.field_map is None else read_map(request.field_map)
    records = [lake.load_record(parse_reference(each)) for each in _chosen(request)]
    require_known(names, lake, records, targets)
    planned = [plan_rebase(lake, each, onto, names, full=request.full) for each in records]
    plans = tuple(each.plan for each in planned)
    told = tuple(
        told_plan(each, record, full=request.full)
        for each, record in zip(plans, records, strict=True)
    )
    if not request.apply:
        return RebaseOutcome(told)
    ready = _require_ready(planned, told)
    outcomes = (
        already_made(lake, record)
        if not plan.renames and _stands(lake, record, plan.plan)
        else PublishDerivation(context, each).run()
        for record, plan, each in zip(records, planned, ready, strict=True)
    )
    return RebaseOutcome(told, tuple(outcomes))


def told_plan(plan: RebasePlan, record: DatasetRecord, *, full: bool) -> RebasePlan:
    """Return a plan for people: of a view without what it was made of, and what its rule reads."""
    if not keeps_to_itself(record, full=full):
        return plan
    refused = None if plan.refused is None else "it cannot be made of that; --full says why"
    moves = tuple(Move(before="", after=each.after) for each in plan.moves)
    return plan.model_copy(update={"moves": moves, "refused": refused})


def _stands(lake: Lake, record: DatasetRecord, plan: RebasePlan) -> bool:
    """Whether the newest version of a name is on these parents already."""
    newest = lake.newest_record(record.name)
    is_newest = newest is not None and newest.id == record.id
    return is_newest and all(each.before == each.after for each in plan.moves)


def _chosen(request: RebaseRequest) -> tuple[str, ...]:
    if request.only is None:
        return request.records
    unknown = [each for each in request.only if each not in request.records]
    if unknown:
        raise UsageError(f"--only names what is not to be moved: {', '.join(unknown)}.")
    return request.only


def _require_ready(planned: list[PlannedRebase], told: tuple[RebasePlan, ...]) -> list[Derivation]:
    refused = [each for each in told if each.refused is not None]
    if refused:
        lines = [f"  {each.record}: {each.refused}" for each in refused]
        raise NotFoundError(
            "\n".join(["These records cannot be moved, and nothing was published:", *lines]),
            fix="Give new names of fields with --map F, or leave records out with --only.",
        )
    return [each.derivation for each in planned if each.derivation is not None]


def undo_rebase(context: Context, reference: str, *, full: bool = False) -> Outcome[Record]:
    """Publish the version before a rebase again, as the next version.

    Raises:
        UsageError: The version was not made by a rebase.
        NotFoundError: It or the one before it is not there.
    """
    lake = context.lake
    record = lake.load_record(parse_reference(reference))
    if record.lineage.operation != "rebase" or record.version == 1:
        raise UsageError(f"{record} was not made by a rebase: there is nothing to undo.")
    before = lake.load_record(RecordReference(name=record.name, version=record.version - 1))
    outcome = PublishDerivation(context, _as_before(lake, record, before)).run()
    if not keeps_to_itself(record, full=full):
        return outcome
    return replace(outcome, receipt=RebaseReceipt(operation="undo rebase", moves=()))


def _as_before(lake: Lake, record: DatasetRecord, before: DatasetRecord) -> Derivation:
    assert before.change is not None, "what was moved was made of other datasets"
    moves = tuple(
        Move(before=now, after=then)
        for now, then in zip(record.lineage.parents, before.lineage.parents, strict=False)
        if now != then
    )
    return Derivation(
        name=record.name,
        change=before.change,
        made_of=tuple(lake.load_record(parse_reference(x)) for x in before.lineage.parents),
        derived=Derived(lake.load_content(before)),
        receipt=RebaseReceipt(operation="undo rebase", moves=moves),
        schema_tag=before.schema_tag,
        operation="undo rebase",
        undone=str(record),
    )
