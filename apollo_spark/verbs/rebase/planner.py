"""Plan to move records in one call: those that others are made of first.

Every record is planned in a lake that has those before it as they will be, so that a chain of
views, the cohorts of a view, combinations of cohorts and dashboards about them move together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from apollo_spark.errors import ApolloError, ConflictError, UsageError
from apollo_spark.lake.planned_lake import PlannedLake
from apollo_spark.model.cohort import CohortRecord, CohortReference
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.rebase import Move, RebasePlan
from apollo_spark.model.record import PublishedRecord
from apollo_spark.operations.context import Context
from apollo_spark.operations.deriving import Derivation
from apollo_spark.records.changes.renaming import NewNames
from apollo_spark.records.content import part_texts, record_of
from apollo_spark.verbs.rebase.cohort import plan_cohort
from apollo_spark.verbs.rebase.counting import CohortToCount, count_cohorts
from apollo_spark.verbs.rebase.dashboard import (
    DashboardToCompare,
    compare_dashboard,
    plan_dashboard,
)
from apollo_spark.verbs.rebase.dataset import plan_dataset, receipt_of
from apollo_spark.verbs.rebase.guarding import guarded_plan
from apollo_spark.verbs.rebase.meaning import MeaningComparison
from apollo_spark.verbs.rebase.planned import Made, PlannedMove, shown_plan
from apollo_spark.verbs.rebase.targets import (
    Targets,
    UnmovableError,
    cohorts_of,
    name_of,
    named_parents,
    parents_first,
    root_of,
    with_cohorts_of,
)


class Planner:
    """Plans the moves of one call.

    Args:
        context: Who moves them, and where.
        onto: The datasets that they are moved to.
        names: New names of fields and codes.
        full: Whether plans say what views keep to themselves.
        answers: Whether tiles of dashboards are answered before and after, and compared.
    """

    def __init__(
        self,
        context: Context,
        onto: Iterable[DatasetRecord],
        names: NewNames,
        *,
        full: bool,
        answers: bool = True,
    ) -> None:
        self._answers = answers
        self._context = context
        self._lake = context.lake
        self._ahead = PlannedLake(context.lake)
        self._targets = Targets(self._ahead, onto, full=full)
        self._names = names
        self._full = full
        self._moves: dict[str, PlannedMove] = {}
        self._cohorts: dict[str, CohortToCount] = {}
        self._boards: dict[str, DashboardToCompare] = {}

    def plan(self, records: Sequence[PublishedRecord]) -> tuple[PlannedMove, ...]:
        """Plan records, and the cohorts that cohorts among them are made of.

        Raises:
            UsageError: A record is named twice, or is made from none of the datasets.
            ConflictError: A dataset has another main entity.
        """
        by_name = {each.name.casefold(): each for each in records}
        if len(by_name) < len(records):
            raise UsageError("A record is named twice.")
        added = with_cohorts_of(self._lake, by_name)
        by_name |= added
        parents = {
            name: [
                version.partition("@")[0].casefold() for version in named_parents(self._lake, each)
            ]
            for name, each in by_name.items()
        }
        for name in parents_first(parents):
            self._plan_one(name, by_name[name], is_named=name not in added)
        self._count()
        self._compare_dashboards()
        return tuple(self._moves[each] for each in by_name)

    def _plan_one(self, name: str, record: PublishedRecord, *, is_named: bool) -> None:
        found = MeaningComparison(self._names)
        moves: tuple[Move, ...] = ()
        try:
            self._require_parents(record)
            if isinstance(record, OverDataset):
                target = self._targets.dataset_for(record)
                moves = (Move(before=record.dataset, after=str(target)),)
            else:
                assert isinstance(record, DatasetRecord), "only these kinds are moved"
                moves = self._targets.moves_of(record, root_of(self._lake, record))
        except UnmovableError as refused:
            self._refuse(name, record, moves, refused, found)
            return
        try:
            if isinstance(record, CohortRecord):
                self._plan_cohort(name, record, target, found, is_named=is_named)
            elif isinstance(record, DashboardRecord):
                self._plan_dashboard(name, record, target, found)
            elif isinstance(record, DatasetRecord):
                self._plan_dataset(name, record, moves, found)
        except ApolloError as refused:
            self._refuse(name, record, moves, refused, found)

    def _plan_dataset(
        self, name: str, record: DatasetRecord, moves: tuple[Move, ...], found: MeaningComparison
    ) -> None:
        change = root_of(self._lake, record)
        planned = plan_dataset(self._ahead, record, change, moves, found)
        derivation = planned.derivation
        newest = self._lake.newest(record.name, DatasetRecord)
        stays = all(each.before == each.after for each in moves)
        is_there = newest is not None and (
            newest.lineage.fingerprint == derivation.fingerprint
            or (newest.id == record.id and stays and not planned.renames)
        )
        result = newest if is_there and newest is not None else None
        made = self._make(record, derivation) if result is None else None
        self._keep(name, PlannedMove(record, planned.plan, planned.plan, made, result))
        if made is not None:
            self._ahead.plan(made.record, made.parts)
        becomes = result if made is None else made.record
        assert isinstance(becomes, DatasetRecord), "a dataset becomes a dataset"
        self._targets.add(becomes)

    def _make(self, record: DatasetRecord, derivation: Derivation) -> Made:
        """Return the record of a derivation as the next version of its name."""
        assert derivation.finish is None, "a move writes no table"
        text = derivation.receipt.to_json()
        content = derivation.derived.content
        make = record_of(content, schema_tag=derivation.schema_tag, change=derivation.change)
        lineage = self._context.lineage("rebase", derivation.fingerprint, derivation.parents)
        made = make(*self._next(record), lineage, self._ahead.parts.put(text))
        parts = (*part_texts(content.dictionary), *derivation.derived.parts, text)
        return Made(made, parts, derivation.receipt, derivation.derived.notes)

    def _plan_cohort(
        self,
        name: str,
        record: CohortRecord,
        target: DatasetRecord,
        found: MeaningComparison,
        *,
        is_named: bool,
    ) -> None:
        parts = [self._component(record, each) for each in record.cohorts]
        planned = plan_cohort(self._ahead, record, target, [each.made for each in parts], found)
        planned = planned.with_questions_of(each.move for each in parts)
        fingerprint = planned.plan.fingerprint
        made = self._there_already(record, fingerprint, is_named=is_named)
        if made is None:
            lineage = self._context.lineage("rebase", fingerprint, planned.plan.parents)
            made = planned.plan.record(*self._next(record), lineage, "", planned.ids)
            # What is made of it is planned on it; its people are counted with those of others.
            self._ahead.plan(made)
        self._cohorts[name] = CohortToCount(record, made, planned, found)

    def _plan_dashboard(
        self, name: str, record: DashboardRecord, target: DatasetRecord, found: MeaningComparison
    ) -> None:
        cohorts = [self._component(record, each).made for each in cohorts_of(record)]
        cohort = cohorts[0] if cohorts else None
        planned = plan_dashboard(self._ahead, record, target, cohort, found)
        made = self._lake.newest(record.name, DashboardRecord)
        is_new = made is None or made.lineage.fingerprint != planned.fingerprint
        if made is None or is_new:
            lineage = self._context.lineage("rebase", planned.fingerprint, planned.parents)
            made = planned.made(self._ahead, *self._next(record), lineage)
            self._ahead.plan(made)
        cohort_name = None if cohort is None else name_of(str(cohort))
        self._boards[name] = DashboardToCompare(planned, made, found, cohort_name, is_new=is_new)

    def _compare_dashboards(self) -> None:
        """Answer the tiles of all dashboards before and after, and finish their plans."""
        for name, each in self._boards.items():
            cohort = None if each.cohort is None else self._moves[each.cohort].plan
            plan = compare_dashboard(self._ahead, each, cohort, answers=self._answers)
            made = None
            if each.is_new:
                receipt = receipt_of(plan)
                text = receipt.to_json()
                digest = self._ahead.parts.put(text)
                made = Made(each.made.model_copy(update={"receipt": digest}), (text,), receipt)
            current = None if made else each.made
            self._keep(name, PlannedMove(each.move.record, plan, plan, made, current))

    def _there_already(
        self, record: CohortRecord, fingerprint: str, *, is_named: bool
    ) -> CohortRecord | None:
        """Return the version of a cohort that was moved so before.

        Raises:
            ConflictError: It was not named, and moving it would take the place of a newer version.
        """
        snapshot = self._lake.registry.snapshot()
        newest = snapshot.newest_of(record.name)
        asked = [newest] if is_named and newest else snapshot.versions_of(record.name)
        kept = [each for each in asked if each.retired is None]
        found = self._lake.registry.read_all(kept, CohortRecord)
        if same := [each for each in found if each.lineage.fingerprint == fingerprint]:
            return max(same, key=lambda each: each.version)
        if not is_named and newest is not None and newest.id != record.id:
            raise ConflictError(
                f"{record} is asked for, and {newest} is the newest of its name.",
                fix=f"Name it in the same call: apollo rebase {record} ...",
            )
        return None

    def _component(self, record: PublishedRecord, reference: CohortReference) -> CohortToCount:
        """Return what a cohort becomes that a record is made of.

        Raises:
            ConflictError: Another version of it is moved.
        """
        name = name_of(reference.version)
        # One that cannot be moved has refused this cohort before.
        moved = self._cohorts[name]
        if moved.record.id != reference.id:
            raise ConflictError(
                f"{record} is made of {reference.version}, and {moved.record} is moved.",
                fix=f"Name {reference.version} instead.",
            )
        return moved

    def _count(self) -> None:
        """Count the people of all cohorts, what they share once, and finish their plans."""
        counted = count_cohorts(self._ahead, self._cohorts.values())
        for (name, cohort), plan in zip(self._cohorts.items(), counted, strict=True):
            made = None
            if cohort.is_new:
                receipt = receipt_of(plan)
                text = receipt.to_json()
                record = cohort.made.model_copy(
                    update={"count": plan.people_after, "receipt": self._ahead.parts.put(text)}
                )
                made = Made(record, (text,), receipt)
            self._keep(
                name,
                PlannedMove(cohort.record, plan, plan, made, None if made else cohort.made),
            )

    def _keep(self, name: str, move: PlannedMove) -> None:
        shown = shown_plan(move.plan, move.record, full=self._full)
        shown = guarded_plan(self._ahead, shown, move.record, move.result)
        self._moves[name] = replace(move, shown=shown)

    def _refuse(
        self,
        name: str,
        record: PublishedRecord,
        moves: tuple[Move, ...],
        refused: ApolloError,
        found: MeaningComparison,
    ) -> None:
        plan = RebasePlan(
            record=str(record),
            kind=record.kind,
            moves=moves,
            problems=tuple(found.problems),
            repairs=tuple(found.repairs),
            refused=str(refused),
        )
        self._keep(name, PlannedMove(record, plan, plan))

    def _require_parents(self, record: PublishedRecord) -> None:
        """Require that no parent that is to be moved by the same call is refused.

        Raises:
            UnmovableError: One is.
        """
        for each in named_parents(self._lake, record):
            moved = self._moves.get(name_of(each))
            if moved is not None and moved.plan.refused is not None:
                raise UnmovableError(f"{moved.record}, which it is made of, cannot be moved.")

    def _next(self, record: PublishedRecord) -> tuple[str, int]:
        """Return the name and number of the next version of a record."""
        last = self._lake.history(record.name)[-1]
        return last.name, last.version + 1
