"""Move records to newer versions of what they are made of: plan, apply, undo."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import RecordReference, parse_reference
from apollo_spark.model.rebase import Move, MovedReceipt, RebasePlan, RebaseReceipt
from apollo_spark.model.request import ApplyRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.context import Context
from apollo_spark.operations.deriving import Derivation, PublishDerivation, already_made
from apollo_spark.operations.outcome import Outcome, join_outcomes
from apollo_spark.records.content import Derived
from apollo_spark.records.showing import keeps_to_itself
from apollo_spark.verbs.rebase.new_names import read_map, require_known
from apollo_spark.verbs.rebase.plan import PlannedRebase, plan_rebase, planned_work


class RebaseRequest(ApplyRequest):
    """What a person asks for: the options of `apollo rebase`.

    Attributes:
        records: The records that are moved.
        onto: The parents to move to, as `NAME@V`; others stay.
        field_map: A csv file of old and new names of fields.
        only: Of the records, those that are moved.
        full: Whether to show what views keep to themselves.
        undo: The version that a rebase made, instead of all that: the one before it is published
            again.
    """

    verb = "rebase"

    records: tuple[str, ...] = ()
    onto: tuple[str, ...] = ()
    field_map: str | None = None
    only: tuple[str, ...] | None = None
    full: bool = False
    undo: str | None = None

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is done; what is undone is not planned first."""
        return self.dry_run if self.undo is not None else super().is_dry_run


@dataclass(frozen=True)
class RecordToMove:
    """A record, what is planned for it, and what of that is reported."""

    record: DatasetRecord
    planned: PlannedRebase
    told: RebasePlan


class Rebase(Action[RebaseRequest, tuple[RecordToMove, ...], Record]):
    """Move records to newer versions of their parents, or take such a move back.

    Every record is planned before one is published. A record that cannot be moved is refused
    together with all others, unless `only` leaves it out.
    """

    verb = "rebase"

    def run(self) -> Outcome[Record]:
        """Plan and act, or for a dry run say what would be done."""
        if self.request.undo is None:
            return super().run()
        if self.request.records or self.request.onto:
            raise UsageError("--undo takes one version and nothing else.")
        return undo_rebase(self.context, self.request)

    def plan(self) -> tuple[RecordToMove, ...]:
        """Plan every record.

        Raises:
            UsageError: A record is not made from what it is to be moved to.
            NotFoundError: A record or a version is not there, or the map names fields that are not.
            InputFileError: The file of new names cannot be read.
        """
        lake, request = self.context.lake, self.request
        if not request.records:
            raise UsageError("No record is named.", fix="Write apollo rebase RECORD --onto NAME@V.")
        targets = [lake.load_record(parse_reference(each)) for each in request.onto]
        onto = {each.name.casefold(): each for each in targets}
        if not onto:
            raise UsageError("Nothing is named to move to.", fix="Add --onto NAME@VERSION.")
        names = {} if request.field_map is None else read_map(request.field_map)
        records = [lake.load_record(parse_reference(each)) for each in _chosen(request)]
        require_known(names, lake, records, targets)
        planned = [plan_rebase(lake, each, onto, names, full=request.full) for each in records]
        return tuple(
            RecordToMove(record, each, told_plan(each.plan, record, full=request.full))
            for record, each in zip(records, planned, strict=True)
        )

    def preview(self, plan: tuple[RecordToMove, ...]) -> Outcome[Record]:
        """Say what moving them changes."""
        return _join(plan, [Outcome(x.told, plan=planned_work(x.told)) for x in plan], planned=True)

    def act(self, plan: tuple[RecordToMove, ...]) -> Outcome[Record]:
        """Publish each as its name's next version.

        Raises:
            NotFoundError: One cannot be moved.
        """
        _require_ready(plan)
        return _join(plan, [self._move(each) for each in plan], planned=False)

    def _move(self, each: RecordToMove) -> Outcome[Record]:
        lake, derivation = self.context.lake, each.planned.derivation
        if not each.planned.renames and _stands(lake, each.record, each.planned.plan):
            return already_made(lake, each.record)
        assert derivation is not None, "what cannot be moved was refused"
        return PublishDerivation(self.context, derivation).run()


def _join(
    plan: Sequence[RecordToMove], outcomes: Sequence[Outcome[Record]], *, planned: bool
) -> Outcome[Record]:
    told = tuple(each.told for each in plan)
    current = [version for each in outcomes for version in each.current]
    more = {"current": current, "plans": [each.model_dump(mode="json") for each in told]}
    return join_outcomes(MovedReceipt(plans=told), outcomes, more=more, is_dry_run=planned)


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


def _require_ready(plan: Sequence[RecordToMove]) -> None:
    refused = [each.told for each in plan if each.told.refused is not None]
    if refused:
        lines = [f"  {each.record}: {each.refused}" for each in refused]
        raise NotFoundError(
            "\n".join(["These records cannot be moved, and nothing was published:", *lines]),
            fix="Give new names of fields with --map F, or leave records out with --only.",
        )


def undo_rebase(context: Context, request: RebaseRequest) -> Outcome[Record]:
    """Publish the version before a rebase again, as the next version.

    Raises:
        UsageError: The version was not made by a rebase.
        NotFoundError: It or the one before it is not there.
    """
    lake = context.lake
    record = lake.load_record(parse_reference(str(request.undo)))
    if record.lineage.operation != "rebase" or record.version == 1:
        raise UsageError(f"{record} was not made by a rebase: there is nothing to undo.")
    before = lake.load_record(RecordReference(name=record.name, version=record.version - 1))
    derivation = _as_before(lake, record, before)
    outcome = PublishDerivation(context, derivation, dry_run=request.dry_run).run()
    if not keeps_to_itself(record, full=request.full):
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
