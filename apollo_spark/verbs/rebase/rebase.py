"""Move records to newer versions of what they are made of: plan, apply, undo."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from apollo_spark.errors import CommitRaceError, ConflictError, UsageError
from apollo_spark.export.rebase_page import rebase_html
from apollo_spark.export.rows import completed_file, require_free
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import MOST_BEGINNINGS
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.rebase import MovedReceipt
from apollo_spark.model.receipt import StoredReceipt
from apollo_spark.model.record import PublishedRecord, require_kind
from apollo_spark.model.request import ApplyRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.cohorts.opening import dataset_of
from apollo_spark.operations.outcome import Outcome, join_outcomes
from apollo_spark.records.changes.renaming import NewNames
from apollo_spark.verbs.rebase.dataset import planned_work
from apollo_spark.verbs.rebase.new_names import read_map, require_known
from apollo_spark.verbs.rebase.planned import PlannedMove, publish_made
from apollo_spark.verbs.rebase.planner import Planner
from apollo_spark.verbs.rebase.undo import undo_rebase


class RebaseRequest(ApplyRequest):
    """What a person asks for: the options of `apollo rebase`.

    Attributes:
        records: The records that are moved: views, merges, cohorts, dashboards.
        onto: The datasets to move to, as `NAME@V`. Of a merge the parents of other names stay;
            views and cohorts may also go to a dataset of another name.
        field_map: A csv file of old and new names of fields and codes.
        only: Of the records, those that are moved.
        html: The file of a page with the plan.
        force: Whether to overwrite it.
        full: Whether to show what views keep to themselves.
        undo: The version that a rebase made, instead of all that: the one before it is published
            again.
    """

    verb = "rebase"

    records: tuple[str, ...] = ()
    onto: tuple[str, ...] = ()
    field_map: str | None = None
    only: tuple[str, ...] | None = None
    html: str | None = None
    force: bool = False
    full: bool = False
    undo: str | None = None

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is done; what is undone is not planned first."""
        return self.dry_run if self.undo is not None else super().is_dry_run


class Rebase(Action[RebaseRequest, tuple[PlannedMove, ...], Record]):
    """Move records to newer versions of their parents, or take such a move back.

    Every record is planned before one is published, and all are published by one commit. A record
    that cannot be moved is refused together with all others, unless `only` leaves it out.
    """

    verb = "rebase"
    answers_tiles: ClassVar[bool] = True
    """Whether tiles of dashboards are answered before and after, and compared."""

    def run(self) -> Outcome[Record]:
        """Plan and act, or for a dry run say what would be done."""
        request = self.request
        if request.undo is None:
            return super().run()
        if request.records or request.onto:
            raise UsageError("--undo takes one version and nothing else.")
        return undo_rebase(self.context, request.undo, full=request.full, dry_run=request.dry_run)

    def plan(self) -> tuple[PlannedMove, ...]:
        """Plan every record.

        Raises:
            UsageError: A record is not made from what it is to be moved to.
            ConflictError: A record has another main entity than what it is to be moved to.
            NotFoundError: A record or a version is not there, or the map names fields that are not.
            InputFileError: The file of new names cannot be read.
        """
        lake, request = self.context.lake, self.request
        if request.html is not None:
            require_free(request.html, force=request.force)
        if not request.records:
            raise UsageError("No record is named.", fix="Write apollo rebase RECORD --onto NAME@V.")
        targets = [lake.load_record(parse_reference(each)) for each in request.onto]
        if not targets:
            raise UsageError("Nothing is named to move to.", fix="Add --onto NAME@VERSION.")
        names = NewNames() if request.field_map is None else read_map(request.field_map)
        records = [lake.load(parse_reference(each), PublishedRecord) for each in _chosen(request)]
        datasets = [_dataset_of(lake, each) for each in records]
        require_known(names, lake, datasets, targets)
        planner = Planner(
            self.context, targets, names, full=request.full, answers=self.answers_tiles
        )
        return planner.plan(records)

    def preview(self, plan: tuple[PlannedMove, ...]) -> Outcome[Record]:
        """Say what moving them changes."""
        outcomes = [Outcome(x.shown, plan=planned_work(x.shown)) for x in plan]
        self._write_page(plan, ())
        return _join(plan, outcomes, planned=True)

    def act(self, plan: tuple[PlannedMove, ...]) -> Outcome[Record]:
        """Publish each as its name's next version, all by one commit.

        Raises:
            ConflictError: One cannot be moved.
        """
        for _ in range(MOST_BEGINNINGS - 1):
            with contextlib.suppress(CommitRaceError):
                return self._publish(plan)
            # What was published meanwhile may change what the records become.
            self.context.step("begin again")
            plan = self.plan()
        return self._publish(plan)

    def _publish(self, plan: tuple[PlannedMove, ...]) -> Outcome[Record]:
        _require_ready(plan)
        if made := [each.made for each in plan if each.made is not None]:
            publish_made(self.context, made)
        self._write_page(plan, tuple(str(each.record) for each in made))
        return _join(plan, [_outcome(self.context.lake, each) for each in plan], planned=False)

    def _write_page(self, plan: tuple[PlannedMove, ...], published: tuple[str, ...]) -> None:
        if self.request.html is not None:
            page = rebase_html([each.shown for each in plan], published=published)
            with completed_file(Path(self.request.html)) as file:
                file.write(page.encode())


def _outcome(lake: Lake, move: PlannedMove) -> Outcome[Record]:
    if move.made is not None:
        made = move.made
        return Outcome(made.receipt, published=(str(made.record),), notes=made.notes)
    assert move.current is not None, "what cannot be moved was refused"
    receipt = StoredReceipt(text=lake.parts.get(move.current.receipt))
    return Outcome(receipt, current=(str(move.current),))


def _join(
    plan: Sequence[PlannedMove], outcomes: Sequence[Outcome[Record]], *, planned: bool
) -> Outcome[Record]:
    shown = tuple(each.shown for each in plan)
    current = [version for each in outcomes for version in each.current]
    more = {"current": current, "plans": [each.model_dump(mode="json") for each in shown]}
    return join_outcomes(MovedReceipt(plans=shown), outcomes, more=more, is_dry_run=planned)


def _dataset_of(lake: Lake, record: PublishedRecord) -> DatasetRecord:
    """Return a dataset, or that of a cohort or a dashboard.

    Raises:
        NotFoundError: The record is of a kind that is not moved.
    """
    if isinstance(record, OverDataset):
        return dataset_of(lake, record)
    require_kind(record, record.kind, DatasetRecord)
    assert isinstance(record, DatasetRecord), "a kind has one class"
    return record


def _chosen(request: RebaseRequest) -> tuple[str, ...]:
    if request.only is None:
        return request.records
    unknown = [each for each in request.only if each not in request.records]
    if unknown:
        raise UsageError(f"--only names what is not to be moved: {', '.join(unknown)}.")
    return request.only


def _require_ready(plan: Sequence[PlannedMove]) -> None:
    refused = [each.shown for each in plan if each.shown.refused is not None]
    if refused:
        lines = [f"  {each.record}: {each.refused}" for each in refused]
        raise ConflictError(
            "\n".join(["These records cannot be moved, and nothing was published:", *lines]),
            fix="Give new names with --map F, or leave records out with --only.",
        )
