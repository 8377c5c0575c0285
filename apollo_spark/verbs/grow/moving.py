"""Steps that make others again: merges, and what was made of what grew, within limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from apollo_spark.export.rebase_text import describe_rebase
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.growth import LeftRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.record import PublishedRecord
from apollo_spark.operations.context import Context
from apollo_spark.operations.repeated import extended_from
from apollo_spark.records.changes.replay import is_root
from apollo_spark.records.showing import hides_details
from apollo_spark.verbs.grow.keeping import matches
from apollo_spark.verbs.grow.limits import Limits
from apollo_spark.verbs.grow.step import Ahead, Step, StepDone, StepPlan, name_of, require_names
from apollo_spark.verbs.rebase.planned import PlannedMove
from apollo_spark.verbs.rebase.rebase import Rebase, RebaseRequest
from apollo_spark.verbs.rebase.targets import named_parents, parents_first
from apollo_spark.verbs.table import guarded

OUTSIDE = "it is not among the records that this step moves"


class LimitedRebase(Rebase):
    """A rebase that leaves the records as they are that exceed limits, with what is made of them.

    Args:
        context: Who moves them.
        request: The options.
        limits: The limits.
    """

    # Data that grew draw nearly every tile otherwise, and answering takes longer than moving.
    answers_tiles = False

    def __init__(self, context: Context, request: RebaseRequest, limits: Limits) -> None:
        super().__init__(context, request)
        self._limits = limits
        self.left: tuple[LeftRecord, ...] = ()

    def plan(self) -> tuple[PlannedMove, ...]:
        """Plan every record, and return those that are within the limits."""
        moves = super().plan()
        left = self._find_left(moves)
        self.left = tuple(
            LeftRecord(record=str(each.record), why=left[name])
            for each in moves
            if (name := each.record.name.casefold()) in left
        )
        return tuple(each for each in moves if each.record.name.casefold() not in left)

    def _find_left(self, moves: Iterable[PlannedMove]) -> dict[str, str]:
        """Return why records are left, by their names in small letters."""
        by_name = {each.record.name.casefold(): each for each in moves}
        asked = {name_of(each) for each in self.request.records}
        parents = {
            name: [name_of(x) for x in named_parents(self.context.lake, each.record)]
            for name, each in by_name.items()
        }
        left: dict[str, str] = {}
        for name in parents_first(parents):
            # What is made of a record that stays would go elsewhere without it.
            stays = next((by_name[x].record for x in parents[name] if x in left), None)
            why = self._why_left(by_name[name], stays, is_asked=name in asked)
            if why is not None:
                left[name] = why
        return left

    def _why_left(
        self, move: PlannedMove, stays: PublishedRecord | None, *, is_asked: bool
    ) -> str | None:
        """Return why a record is left, as people may see it; None where it moves."""
        if stays is not None:
            record = move.record
            is_secret = isinstance(record, DatasetRecord) and hides_details(record, full=False)
            named = "something" if is_secret else str(stays)
            return f"{named} that it is made of is left as it is"
        if not is_asked:
            return OUTSIDE
        return self._limits.exceeded_by(move.shown, withdrawn=move.plan.causes.withdrawn)


@dataclass(frozen=True)
class Movable:
    """What is to be moved: the records, and the datasets that they go to."""

    records: tuple[str, ...] = ()
    onto: tuple[str, ...] = ()


class RebaseStep(Step):
    """The views, merges, cohorts and dashboards that are made of older versions of some datasets.

    Args:
        patterns: The records, as patterns.
        onto: The datasets that grew.
        without: The records that stay, as patterns.
        field_map: A csv file of old and new names.
        limits: What a move may cost.
    """

    def __init__(
        self,
        patterns: tuple[str, ...],
        *,
        onto: tuple[str, ...],
        without: tuple[str, ...] = (),
        field_map: str | None = None,
        limits: Limits,
    ) -> None:
        super().__init__("rebase", patterns)
        self.onto = onto
        self._without = without
        self._field_map = field_map
        self._limits = limits

    @property
    def reads(self) -> tuple[str, ...]:
        """The datasets that grew."""
        return self.onto

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say what would move."""
        require_names(context, ahead, (*self.onto, *self.names))
        found = self._find(context.lake, ahead.coming)
        if not found.records:
            return StepPlan(("everything is made of the newest versions",), does_nothing=True)
        if coming := ahead.waits_for(self.onto):
            shown = ", ".join(found.records)
            line = f"move {len(found.records):,} onto the next {', '.join(coming)}: {shown}"
            return StepPlan((line,), frozenset(map(name_of, found.records)), waits=True)
        changes = frozenset(map(name_of, found.records))
        if not ahead.is_dry_run:
            return StepPlan((f"move {', '.join(found.records)}",), changes)
        return plan_moves(context, self._request(found), self._limits)

    def act(self, context: Context) -> StepDone:
        """Move what is within the limits, by one commit."""
        found = self._find(context.lake, frozenset())
        if not found.records:
            return StepDone()
        return move(context, self._request(found), self._limits)

    def _request(self, found: Movable) -> RebaseRequest:
        return RebaseRequest(
            records=found.records, onto=found.onto, field_map=self._field_map, apply=True
        )

    def _find(self, lake: Lake, coming: frozenset[str]) -> Movable:
        """Return the records that are made of older versions, and where they go.

        Args:
            lake: The lake.
            coming: Names, in small letters, that get another version.
        """
        if not lake.is_there:
            return Movable()
        newest = lake.registry.read_all(lake.list_records(), PublishedRecord)
        records = {each.name.casefold(): each for each in newest}
        made_of = {name: _parents_of(lake, each) for name, each in records.items()}
        grown = {name_of(each) for each in self.onto}
        follows, stale = set(grown), set(coming & grown)
        snapshot = lake.registry.snapshot()
        for name in parents_first({x: list(map(name_of, y)) for x, y in made_of.items()}):
            old = [each for each in made_of[name] if name_of(each) in follows]
            if old and name not in grown and self._takes(records[name].name):
                follows.add(name)
                if any(name_of(x) in stale or not _is_newest(snapshot, x) for x in old):
                    stale.add(name)
        moved = stale - grown
        chosen = [records[each] for each in sorted(moved)]
        return Movable(tuple(map(str, chosen)), self._targets(records, made_of, moved))

    def _takes(self, name: str) -> bool:
        return matches(name, self.names) and not matches(name, self._without)

    def _targets(
        self,
        records: Mapping[str, PublishedRecord],
        made_of: Mapping[str, tuple[str, ...]],
        moved: set[str],
    ) -> tuple[str, ...]:
        """Return what grew, and those made of it that were moved before and have more to follow."""
        grown = {name_of(each) for each in self.onto}
        parents = {name_of(x) for name in moved for x in made_of[name]}
        between = {
            each
            for each in parents - moved - grown
            if isinstance(records.get(each), DatasetRecord)
            and grown & {name_of(x) for x in made_of[each]}
        }
        return tuple(str(records[each]) for each in sorted(grown | between) if each in records)


def _parents_of(lake: Lake, record: PublishedRecord) -> tuple[str, ...]:
    """Return what a record may leave for newer versions; nothing of one that was loaded."""
    if isinstance(record, OverDataset):
        return named_parents(lake, record)
    assert isinstance(record, DatasetRecord), "only these kinds are moved"
    is_made = any(
        each.change is not None and is_root(record.name, each.change)
        for each in extended_from(lake, record)
    )
    return named_parents(lake, record) if is_made else ()


def _is_newest(snapshot: RegistrySnapshot, version: str) -> bool:
    newest = snapshot.newest_of(parse_reference(version).name)
    return newest is None or str(newest).casefold() == version.casefold()


def plan_moves(context: Context, request: RebaseRequest, limits: Limits) -> StepPlan:
    """Return what a rebase would move within limits; nothing is written."""
    rebase = LimitedRebase(context, request, limits)
    moves = rebase.plan()
    lines = (
        *(line for each in moves for line in describe_rebase(each.shown).splitlines()),
        *(f"leave {each.record} as it is: {each.why}" for each in rebase.left),
    )
    return StepPlan(
        lines,
        frozenset(each.record.name.casefold() for each in moves),
        moves=tuple(each.shown for each in moves),
        left=rebase.left,
    )


def move(context: Context, request: RebaseRequest, limits: Limits) -> StepDone:
    """Move what is within the limits."""
    rebase = LimitedRebase(context, request, limits)
    outcome = guarded(context, request, rebase.run())
    plans = outcome.receipt.plans
    done = StepDone.of([outcome])
    return replace(done, left=rebase.left, moves=plans, did=bool(done.published))
