"""What a lake makes of the datasets that it has: nothing of it copies rows."""

from collections.abc import Sequence

from apollo_spark.api.conditions.condition import Where, filter_text
from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published, published_by
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.model.base import Record
from apollo_spark.model.rebase import RebasePlan
from apollo_spark.model.receipt import SealReceipt, ViewReceipt
from apollo_spark.model.withdrawal import WithdrawReceipt
from apollo_spark.verbs.rebase.rebase import RebaseRequest
from apollo_spark.verbs.seal import SealRequest
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.view import ViewRequest
from apollo_spark.verbs.withdraw.withdraw import WithdrawRequest


class Composing(PerformingLake):
    """The verbs of a lake that publish records over tables that are there."""

    def view(
        self,
        name: str,
        *,
        as_name: str,
        fields: Sequence[str] | None = None,
        entities: Sequence[str] | None = None,
        assays: Sequence[str] | None = None,
        rows: Where | None = None,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[ViewReceipt]:
        """Publish a part of a dataset under its own name.

        Args:
            name: The dataset: `NAME`, `NAME@3` or `NAME@2026-03-01`.
            as_name: The name of the view.
            fields: Fields to keep, as `entity.field`; None keeps all.
            entities: Entities to keep; None keeps all, or those of the fields.
            assays: Assays to keep; None keeps those whose entity is kept.
            rows: A filter that rows of the main entity fulfil, as text or as a condition.
            dry_run: Count what it would show, and publish nothing.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            NotFoundError: Something is not there, or not to be seen.
            UsageError: The filter has no meaning.
            ConflictError: Another writer holds the name.
        """
        request = ViewRequest(
            name=name,
            as_name=as_name,
            fields=None if fields is None else ",".join(fields),
            entities=None if entities is None else tuple(entities),
            assays=None if assays is None else tuple(assays),
            rows=filter_text(rows),
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait)

    def plan_rebase(
        self,
        *records: str,
        onto: str | Sequence[str],
        field_map: str | None = None,
        only: Sequence[str] | None = None,
        full: bool = False,
    ) -> tuple[RebasePlan, ...]:
        """Say what moving views, merges, cohorts and dashboards to newer data changes.

        Args:
            records: Views, merges, cohorts and dashboards; cohorts that they are made of move
                with them.
            onto: The datasets to move to, as `NAME@V`.
            field_map: Path of a csv file with old and new names of fields and codes.
            only: Of the records, plan these alone.
            full: Whether to tell what views keep to themselves.

        Raises:
            UsageError: A record is not made from what it is to be moved to.
            ConflictError: What it is to be moved to has another main entity.
        """
        request = _request(records, onto, field_map, only, full=full)
        plans: tuple[RebasePlan, ...] = perform(self._context(None), request).receipt.plans
        return plans

    def rebase(
        self,
        *records: str,
        onto: str | Sequence[str],
        field_map: str | None = None,
        only: Sequence[str] | None = None,
        html: str | None = None,
        force: bool = False,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> tuple[Published[Record], ...]:
        """Publish records over newer data; each is its name's next version.

        All are published by one commit.

        Args:
            records: Views, merges, cohorts and dashboards; cohorts that they are made of move
                with them.
            onto: The datasets to move to, as `NAME@V`. Of a merge parents of other names stay;
                all others may also go to a dataset of another name.
            field_map: Path of a csv file with old and new names of fields and codes.
            only: Of the records, move these alone.
            html: Path of a page with the plan.
            force: Whether to overwrite it.
            dry_run: Publish nothing: the receipt of each is its `RebasePlan`.
            wait: Seconds to wait for other writers; by default those of the lake.

        Raises:
            ConflictError: A record cannot be moved; none is.
            UsageError: A record is not made from what it is to be moved to.
        """
        request = _request(records, onto, field_map, only, apply=not dry_run)
        request = request.model_copy(update={"html": html, "force": force})
        outcome = perform(self._context(wait), request)
        return tuple(published_by(self._lake, each) for each in outcome.parts)

    def undo_rebase(
        self, version: str, *, dry_run: bool = False, wait: float | None = None
    ) -> Published[Record]:
        """Publish the version before a rebase again, as the next version.

        Args:
            version: The version that the rebase made.
            dry_run: Publish nothing; the outcome has the plan.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            UsageError: The version was not made by a rebase.
        """
        return self._perform(RebaseRequest(undo=version, dry_run=dry_run), wait=wait)

    def withdraw(
        self,
        file: str,
        *,
        of: str,
        only: Sequence[str] | None = None,
        apply: bool = False,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[WithdrawReceipt]:
        """Count whom a withdrawal takes out and, with `apply`, hide them from every reader.

        Rows of other datasets that a link in any version says to be theirs go too.

        Args:
            file: Path of a csv file with the key column by its field name.
            of: `DATASET.ENTITY`.
            only: Of the plan, withdraw from these `DATASET.ENTITY` alone.
            apply: Whether to do it.
            dry_run: Only count, whatever `apply` says.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            NotFoundError: Keys that no version has.
        """
        chosen = None if only is None else tuple(only)
        request = WithdrawRequest(file=file, of=of, only=chosen, apply=apply, dry_run=dry_run)
        return self._perform(request, wait=wait)

    def seal(self, name: str, folder: str, *, dry_run: bool = False) -> Published[SealReceipt]:
        """Write what a dataset shows, and no more, as a lake of its own.

        Args:
            name: The dataset: `NAME`, `NAME@3` or `NAME@2026-03-01`.
            folder: The folder of that lake; not there, or empty.
            dry_run: Count what it would hold, and write nothing.

        Returns:
            The version in the new lake.

        Raises:
            UsageError: The folder is not empty.
        """
        request = SealRequest(name=name, output=folder, dry_run=dry_run)
        return published_by(open_stored_lake(folder), perform(self._context(None), request))


def _request(
    records: Sequence[str],
    onto: str | Sequence[str],
    field_map: str | None,
    only: Sequence[str] | None,
    *,
    full: bool = False,
    apply: bool = False,
) -> RebaseRequest:
    return RebaseRequest(
        records=tuple(records),
        onto=(onto,) if isinstance(onto, str) else tuple(onto),
        field_map=field_map,
        only=None if only is None else tuple(only),
        full=full,
        apply=apply,
    )
