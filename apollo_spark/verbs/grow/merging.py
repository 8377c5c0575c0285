"""Steps that merge: the result is made where it is not there, and else again of newer versions."""

from typing import Any

from apollo_spark.errors import ConflictError
from apollo_spark.model.change import AssayMerge, Change, ClinicalMerge
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.operations.context import Context
from apollo_spark.operations.deriving import Derivation
from apollo_spark.operations.left_behind import left_behind
from apollo_spark.operations.repeated import extended_from
from apollo_spark.records.changes.replay import is_root
from apollo_spark.verbs.grow.limits import Limits
from apollo_spark.verbs.grow.moving import move, plan_moves
from apollo_spark.verbs.grow.step import (
    Ahead,
    Step,
    StepDone,
    StepPlan,
    name_of,
    plan_files,
    try_request,
)
from apollo_spark.verbs.merge.merge import MergeRequest
from apollo_spark.verbs.rebase.rebase import RebaseRequest
from apollo_spark.verbs.table import perform


class MergeStep(Step):
    """A merge of the newest versions; what it was extended by itself is carried over.

    Args:
        request: The merge.
        limits: What making it again may cost.
    """

    def __init__(self, request: MergeRequest, limits: Limits) -> None:
        super().__init__(request.verb, (request.as_name,))
        self.request = request
        self._limits = limits

    @property
    def makes(self) -> tuple[str, ...]:
        """The result."""
        return self.names

    @property
    def reads(self) -> tuple[str, ...]:
        """What is merged."""
        return (self.request.source, self.request.target)

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say what would be merged."""
        changes = frozenset(map(name_of, self.names))
        if coming := ahead.waits_for(self.reads):
            line = f"make {self.request.as_name} of the next {', '.join(coming)}"
            return StepPlan((line,), changes, waits=True)
        how = self._choose(context)
        if how is None:
            line = f"{self.request.as_name} is made of the newest versions"
            return StepPlan((line,), does_nothing=True)
        if isinstance(how, RebaseRequest):
            return plan_moves(context, how, self._limits)
        outcome = try_request(context, how)
        lines = tuple(outcome.plan.lines()) if outcome.plan is not None else ()
        return StepPlan(lines, changes)

    def act(self, context: Context) -> StepDone:
        """Merge them, or make the merge again."""
        how = self._choose(context)
        if how is None:
            return StepDone()
        if isinstance(how, RebaseRequest):
            return move(context, how, self._limits)
        return StepDone.of([perform(context, how)])

    def _choose(self, context: Context) -> MergeRequest | RebaseRequest | None:
        """Return how the result is made: not at all where it is there.

        Raises:
            ConflictError: It is to be merged otherwise, and would lose what it was extended by.
        """
        lake, request = context.lake, self.request
        _, planned = plan_files(context, request)
        newest = lake.newest(request.as_name, DatasetRecord)
        derivation = planned.plan
        assert isinstance(derivation, Derivation), "a merge that cannot be made was refused"
        if newest is None:
            return request
        chain = tuple(extended_from(lake, newest))
        if any(each.lineage.fingerprint == derivation.fingerprint for each in chain):
            return None
        roots = (x for x in chain if x.change is not None and is_root(newest.name, x.change))
        root = next(roots, None)
        if root is not None and _is_same_merge(root, derivation):
            onto = tuple(map(str, derivation.made_of))
            return RebaseRequest(records=(str(newest),), onto=onto, apply=True)
        if lost := left_behind(lake, request.as_name, derivation.derived.content.dictionary):
            raise ConflictError(f"{newest} was merged otherwise.", why=f"{lost[0]}.")
        return request


def _is_same_merge(root: DatasetRecord, derivation: Derivation) -> bool:
    """Whether a version was merged by the same options, of whatever versions.

    What a file links is merged anew: new samples are in the file, and not in the table made of it.
    """
    assert root.change is not None, "what was merged says how"
    return not derivation.inputs and _of_names(root.change) == _of_names(derivation.change)


def _of_names(change: Change) -> Any:
    """Return a merge with the names of what is merged, without their versions."""
    if not isinstance(change, ClinicalMerge | AssayMerge):
        return None
    names = {each: name_of(getattr(change, each)) for each in ("source", "target")}
    return change.model_copy(update=names)
