"""Steps that keep a lake: small files put together, verified, versions ended, files swept."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.record import PublishedRecord
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.context import Context
from apollo_spark.verbs.compact import CompactRequest
from apollo_spark.verbs.gc import GcRequest
from apollo_spark.verbs.grow.retention import Keep, without_parents
from apollo_spark.verbs.grow.step import (
    Ahead,
    Step,
    StepDone,
    StepPlan,
    name_of,
    require_names,
    try_request,
)
from apollo_spark.verbs.rebase.targets import cohorts_of
from apollo_spark.verbs.retire import RetireRequest
from apollo_spark.verbs.table import ask, perform
from apollo_spark.verbs.verify.verify import VerifyRequest, require_sound

AS_IT_IS = "of the lake as it is now"


class CompactStep(Step):
    """Datasets whose small blocks and files are put together."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__("compact", names)

    @property
    def makes(self) -> tuple[str, ...]:
        """The datasets."""
        return self.names

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say what would be put together."""
        require_names(context, ahead, self.names)
        if coming := ahead.waits_for(self.names):
            line = f"put small files of {', '.join(coming)} together, if there are any"
            return StepPlan((line,), frozenset(map(name_of, self.names)), waits=True)
        outcomes = [try_request(context, CompactRequest(name=each)) for each in self.names]
        plans = [part.plan for each in outcomes for part in each.parts if part.plan is not None]
        if not plans:
            return StepPlan(("nothing to put together",), does_nothing=True)
        lines = tuple(line for each in plans for line in each.lines())
        return StepPlan(lines, frozenset(map(name_of, self.names)))

    def act(self, context: Context) -> StepDone:
        """Put them together."""
        return StepDone.of(
            perform(context, CompactRequest(name=each, apply=True)) for each in self.names
        )


class VerifyStep(Step):
    """What is verified; what is broken ends the growth before anything is ended or deleted.

    Args:
        names: The names; none are all.
        deep: Whether all rows are read.
    """

    def __init__(self, names: tuple[str, ...], *, deep: bool) -> None:
        super().__init__("verify", names)
        self.deep = deep

    @property
    def does(self) -> str:
        """What it verifies."""
        return super().does if self.names else "verify everything"

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say what is verified."""
        require_names(context, ahead, self.names)
        how = "every row" if self.deep else "files and sizes"
        return StepPlan((f"verify {how} of {', '.join(self.names) or 'every version'}",))

    def act(self, context: Context) -> StepDone:
        """Verify.

        Raises:
            BrokenPinError: Something is not as it was published.
        """
        asker = Asker(context.lake, lambda: context.settings, context.say)
        versions = pins = 0
        for each in self.names or (None,):
            found = ask(asker, VerifyRequest(name=each, deep=self.deep))
            require_sound(found)
            versions, pins = versions + len(found.records), pins + found.pins
        return StepDone(counts={"versions": versions, "pins": pins}, did=True)


class RetireStep(Step):
    """Versions that a rule of retention does not keep, and that nothing else is made of.

    Args:
        patterns: The names, as patterns.
        keep: The rule.
    """

    def __init__(self, patterns: tuple[str, ...], keep: Keep) -> None:
        super().__init__("retire", patterns)
        self.keep = keep

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say which versions would be ended."""
        require_names(context, ahead, self.names)
        found = self._ended(context)
        waits = bool(ahead.coming)
        seen = f" {AS_IT_IS}" if waits else ""
        lines = (f"retire{seen}: {', '.join(map(str, found)) or 'nothing'}",)
        return StepPlan(lines, waits=waits, does_nothing=not found and not waits)

    def act(self, context: Context) -> StepDone:
        """End them, the oldest first."""
        retired: list[str] = []
        for each in self._ended(context):
            outcome = perform(context, RetireRequest(version=str(each)))
            retired += outcome.more.get("retired", ())
        return StepDone(retired=tuple(retired), did=bool(retired))

    def _ended(self, context: Context) -> tuple[RecordEntry, ...]:
        lake = context.lake
        if not lake.is_there:
            return ()
        snapshot, now = lake.registry.snapshot(), lake.clock.now()
        names = {each.name for each in snapshot.unretired() if matches(each.name, self.names)}
        ended = [
            entry
            for name in sorted(names, key=str.casefold)
            for entry in self.keep.ended(_unretired(snapshot, name), now)
        ]
        if not ended:
            return ()
        records = lake.registry.read_all(snapshot.unretired(), PublishedRecord)
        return without_parents(ended, {str(each): _made_of(each) for each in records})


class GcStep(Step):
    """A sweep of what no version reads that is not retired."""

    def __init__(self, grace: float) -> None:
        super().__init__("gc", ())
        self.grace = grace

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say what would be swept."""
        if not context.lake.is_there:
            return StepPlan(("delete what no version reads",), waits=True)
        if not ahead.is_dry_run:
            # The sweep plans once more under its lease.
            return StepPlan(("delete what no version reads",), waits=bool(ahead.coming))
        outcome = try_request(context, GcRequest(grace=self.grace))
        lines = tuple(outcome.plan.lines()) if outcome.plan is not None else ()
        seen = (f"counted {AS_IT_IS}",) if ahead.coming else ()
        return StepPlan((*lines, *seen), waits=bool(ahead.coming))

    def act(self, context: Context) -> StepDone:
        """Sweep."""
        outcome = perform(context, GcRequest(grace=self.grace, apply=True))
        receipt = outcome.receipt
        notes = tuple(f"left alone: {each}" for each in receipt.left_alone)
        total = receipt.shown.total
        did = bool(total.files or receipt.counts["parts"])
        return StepDone(notes=notes, counts={"files": total.files, **receipt.counts}, did=did)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is like one of some patterns; upper and lower case are the same.

    >>> matches("Women", ("w*",)), matches("men", ("w*", "all"))
    (True, False)
    """
    return any(fnmatchcase(name.casefold(), each.casefold()) for each in patterns)


def _unretired(snapshot: RegistrySnapshot, name: str) -> tuple[RecordEntry, ...]:
    return tuple(each for each in snapshot.versions_of(name) if each.retired is None)


def _made_of(record: PublishedRecord) -> tuple[str, ...]:
    """Return the versions that a record is made of."""
    if not isinstance(record, OverDataset):
        return record.lineage.parents
    cohorts = (each.version for each in cohorts_of(record))
    return (*record.lineage.parents, record.dataset, *cohorts)
