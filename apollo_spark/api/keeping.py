"""Looking back and cleaning up: compare, verify, trace, retire, sweep."""

from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.model.diff import DatasetDiff
from apollo_spark.model.names import parse_reference
from apollo_spark.model.receipt import RetireReceipt
from apollo_spark.records.lineage import LineageTree
from apollo_spark.verbs.ask.diff import diff_datasets
from apollo_spark.verbs.ask.lineage import read_lineage
from apollo_spark.verbs.ask.trace import CellTrace, trace_cell
from apollo_spark.verbs.gc import GRACE_HOURS, GcRequest
from apollo_spark.verbs.retire import Retire, RetirePlan, RetireRequest
from apollo_spark.verbs.verify.verify import Verification, verify_records


class KeepingLake(PerformingLake):
    """The verbs of a lake that look back at versions, and end them."""

    def history(self, name: str) -> tuple[RecordEntry, ...]:
        """Return all versions of a record, newest last.

        Raises:
            NotFoundError: There is no record of that name.
        """
        return self._lake.history(name)

    def diff(self, first: str, second: str) -> DatasetDiff:
        """Compare two versions: schema, and rows by key with counts per field.

        Args:
            first: The earlier one, as `NAME` or `NAME@3`.
            second: The later one; it may be of another dataset.

        Raises:
            NotFoundError: There is no such version.
        """
        opened = (self._lake.open(parse_reference(each)) for each in (first, second))
        return diff_datasets(self._lake, *opened)

    def lineage(self, name: str, *, full: bool = False) -> LineageTree:
        """Return what a version was made from, and those in turn; views tell it only in full.

        Raises:
            NotFoundError: There is no such version.
        """
        return read_lineage(self._lake, name, full=full)

    def trace(
        self, name: str, entity: str, key: str, field: str, *, full: bool = False
    ) -> CellTrace:
        """Find the file, its SHA-256 and the line that one cell came from.

        Args:
            name: The version of a dataset.
            entity: The entity of the row.
            key: Its primary key, as in the raw file.
            field: The field.
            full: Whether to tell what a view keeps to itself.

        Raises:
            NotFoundError: No such version, entity, field or row that may be seen.
            UsageError: The entity has no primary key.
            BrokenPinError: A file cannot be read.
        """
        return trace_cell(self._lake, name, entity, key, field, full=full).trace

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
            full: Whether to tell what views keep to themselves.

        Raises:
            NotFoundError: There is no such record.
        """
        settings = self._settings if sources else None
        return verify_records(self._lake, name, deep=deep, sources=settings, full=full)

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
