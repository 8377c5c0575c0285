"""Looking back, cleaning up and growing by itself: compare, verify, trace, retire, sweep, grow."""

from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.model.diff import DatasetDiff
from apollo_spark.model.disclosure import GuardReceipt
from apollo_spark.model.growth import Growth
from apollo_spark.model.receipt import RetireReceipt
from apollo_spark.records.lineage import LineageTree
from apollo_spark.verbs.ask.diff import DiffRequest
from apollo_spark.verbs.ask.history import History, HistoryRequest, VersionLine
from apollo_spark.verbs.ask.lineage import LineageRequest
from apollo_spark.verbs.ask.trace import CellTrace, Traced, TraceRequest
from apollo_spark.verbs.gc import GRACE_HOURS, GcRequest
from apollo_spark.verbs.grow.grow import GrowRequest
from apollo_spark.verbs.guard import GuardRequest
from apollo_spark.verbs.retire import Retire, RetirePlan, RetireRequest
from apollo_spark.verbs.verify.verify import Verification, VerifyRequest


class KeepingLake(PerformingLake):
    """The verbs of a lake that look back at versions, and end them."""

    def history(self, name: str) -> tuple[VersionLine, ...]:
        """Return all versions of a record, newest last, with what made each and its rows.

        Raises:
            NotFoundError: There is no record of that name.
        """
        history: History = self._ask(HistoryRequest(name=name))
        return history.versions

    def diff(
        self, first: str, second: str, *, keys: str | None = None, force: bool = False
    ) -> DatasetDiff:
        """Compare two versions: schema, and rows by key with counts per field.

        Args:
            first: The earlier one, as `NAME` or `NAME@3`.
            second: The later one; it may be of another dataset.
            keys: Folder for the keys of rows that differ, as csv: they are data.
            force: Whether to overwrite files of keys.

        Raises:
            NotFoundError: There is no such version.
        """
        request = DiffRequest(first=first, second=second, keys=keys, force=force)
        diff: DatasetDiff = self._ask(request)
        return diff

    def lineage(
        self, name: str, *, svg: str | None = None, force: bool = False, full: bool = False
    ) -> LineageTree:
        """Return what a version was made from, and those in turn; views tell it only in full.

        Args:
            name: The version.
            svg: The file of a picture.
            force: Whether to overwrite it.
            full: Whether to show what views are made from.

        Raises:
            NotFoundError: There is no such version.
        """
        tree: LineageTree = self._ask(LineageRequest(name=name, svg=svg, force=force, full=full))
        return tree

    def trace(
        self, name: str, entity: str, key: str, field: str, *, full: bool = False
    ) -> CellTrace:
        """Find the file, its SHA-256 and the line that one cell came from.

        Args:
            name: The version of a dataset.
            entity: The entity of the row.
            key: Its primary key, as in the raw file.
            field: The field.
            full: Whether to show what a view keeps to itself.

        Raises:
            NotFoundError: No such version, entity, field or row that may be seen.
            UsageError: The entity has no primary key.
            BrokenPinError: A file cannot be read.
        """
        request = TraceRequest(name=name, entity=entity, key=key, field=field, full=full)
        traced: Traced = self._ask(request)
        return traced.trace

    def verify(
        self,
        name: str | None = None,
        *,
        deep: bool = False,
        sources: bool = False,
        full: bool = False,
    ) -> Verification:
        """Verify the pins of one version, of all versions of a name, or of everything.

        Args:
            name: `NAME` or `NAME@3`; None verifies everything that is not retired.
            deep: Also read all rows and compare their content hashes.
            sources: Also make the tables again from their files, and compare.
            full: Whether to show what views keep to themselves.

        Raises:
            NotFoundError: There is no such record.
        """
        request = VerifyRequest(name=name, deep=deep, sources=sources, full=full)
        found: Verification = self._ask(request)
        return found

    def retire(
        self, version: str, *, dry_run: bool = False, wait: float | None = None
    ) -> Published[RetireReceipt]:
        """End a version, given as `NAME@3`; its rows stay until a sweep.

        Args:
            version: The version.
            dry_run: Say what that means, and end nothing.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            UsageError: The text does not name one version by its number.
            NotFoundError: There is no such version.
            LeaseHeldError: Somebody is writing the name.
        """
        return self._perform(RetireRequest(version=version, dry_run=dry_run), wait=wait)

    def plan_retirement(self, version: str) -> RetirePlan:
        """Say what ending a version means, and end nothing.

        Args:
            version: The version, as `NAME@3`.

        Raises:
            UsageError: The text does not name one version by its number.
            NotFoundError: There is no such version.
        """
        return Retire(self._context(None), RetireRequest(version=version)).plan()

    def guard(
        self,
        name: str,
        *,
        least: int | None = None,
        round: int | None = None,  # noqa: A002 the word of the command
        off: bool = False,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[GuardReceipt]:
        """Guard a name: all its versions, and all that is made of them.

        Args:
            name: The name of a dataset, a cohort or a dashboard.
            least: No number is given that is about fewer people.
            round: Numbers are given as multiples of it.
            off: End the guard instead; what was given stays remembered.
            dry_run: Say what would hold, and write nothing.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            UsageError: It is not said what should hold, or that is no limit.
            NotFoundError: There is no such name.
            LeaseHeldError: Somebody is writing the name.
        """
        request = GuardRequest(name=name, least=least, round=round, off=off, dry_run=dry_run)
        return self._perform(request, wait=wait)

    def gc(
        self,
        *,
        apply: bool = False,
        grace_hours: float = GRACE_HOURS,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[SweepReceipt]:
        """Say which files no unretired version reads, and delete them where that is asked for.

        Args:
            apply: Whether to delete; without it nothing is written.
            grace_hours: Only what changed longer ago goes.
            dry_run: Only plan, whatever `apply` says.
            wait: Seconds to wait for other writers; by default those of the lake.

        Raises:
            BrokenPinError: A record is not as it was published.
        """
        request = GcRequest(apply=apply, grace=grace_hours, dry_run=dry_run)
        return self._perform(request, wait=wait)

    def grow(
        self,
        config: str,
        *,
        report: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[Growth]:
        """Do the steps of a file: new files in, what was made of them moved along, and kept.

        Args:
            config: The YAML file of the steps.
            report: Folder of the report; by default one in the lake.
            dry_run: Plan every step, and write nothing.
            wait: Seconds to wait for another growth or another writer; by default those of the
                lake.

        Returns:
            The growth as `receipt`: `receipt.left` are the records that exceed the limits.

        Raises:
            ConfigurationError: The file says what has no meaning; nothing has begun.
            ApolloError: A step cannot be done.
        """
        request = GrowRequest(config=config, report=report, dry_run=dry_run)
        return self._perform(request, wait=wait)
