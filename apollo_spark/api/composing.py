"""What a lake makes of the datasets that it has: nothing of it copies rows."""

from collections.abc import Sequence

from apollo_spark.api.dataset import Dataset
from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.telling import tell
from apollo_spark.model.rebase import RebasePlan
from apollo_spark.verbs.rebase.rebase import RebaseRequest, rebase, undo_rebase
from apollo_spark.verbs.seal import SealJob, extract_sealed
from apollo_spark.verbs.view import ViewRequest
from apollo_spark.verbs.withdraw.withdraw import WithdrawReceipt, WithdrawRequest, withdraw


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
        rows: str | None = None,
        wait: float | None = None,
    ) -> Dataset:
        """Publish a part of a dataset under its own name.

        Args:
            name: The dataset: `NAME`, `NAME@3` or `NAME@2026-03-01`.
            as_name: The name of the view.
            fields: Fields to keep, as `entity.field`; None keeps all.
            entities: Entities to keep; None keeps all, or those of the fields.
            assays: Assays to keep; None keeps those whose entity is kept.
            rows: A filter that rows of the main entity fulfil.
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
            rows=rows,
        )
        return self._perform(request, wait=wait)

    def plan_rebase(
        self,
        *records: str,
        onto: str | Sequence[str],
        field_map: str | None = None,
        full: bool = False,
    ) -> tuple[RebasePlan, ...]:
        """Say what moving records to newer versions of their parents changes.

        Args:
            records: The records.
            onto: The parents to move to, as `NAME@V`.
            field_map: Path of a csv file with old and new names of fields.
            full: Whether to tell what views keep to themselves.

        Raises:
            UsageError: A record does not stand on what it is to be moved to.
        """
        request = _request(records, onto, field_map).model_copy(update={"full": full})
        return rebase(self._context(None), request).plans

    def rebase(
        self,
        *records: str,
        onto: str | Sequence[str],
        field_map: str | None = None,
        wait: float | None = None,
    ) -> tuple[Dataset, ...]:
        """Publish records over newer versions of their parents; each is its name's next version.

        Args:
            records: The records.
            onto: The parents to move to, as `NAME@V`; others stay.
            field_map: Path of a csv file with old and new names of fields.
            wait: Seconds to wait for other writers; by default those of the lake.

        Raises:
            NotFoundError: A record cannot be moved; none is.
            UsageError: A record does not stand on what it is to be moved to.
        """
        request = _request(records, onto, field_map).model_copy(update={"apply": True})
        found = rebase(self._context(wait), request)
        return tuple(self.dataset(tell(each)) for each in found.outcomes)

    def undo_rebase(self, version: str, *, wait: float | None = None) -> Dataset:
        """Publish the version before a rebase again, as the next version.

        Args:
            version: The version that the rebase made.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            UsageError: The version was not made by a rebase.
        """
        return self.dataset(tell(undo_rebase(self._context(wait), version)))

    def withdraw(
        self,
        file: str,
        *,
        of: str,
        only: Sequence[str] | None = None,
        apply: bool = False,
        wait: float | None = None,
    ) -> WithdrawReceipt:
        """Count whom a withdrawal takes out and, with `apply`, hide them from every reader.

        Rows of other datasets that a link in any version says to be theirs go too.

        Args:
            file: Path of a csv file with the key column by its field name.
            of: `DATASET.ENTITY`.
            only: Of the plan, withdraw from these `DATASET.ENTITY` alone.
            apply: Whether to do it.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            NotFoundError: Keys that no version has.
        """
        chosen = None if only is None else tuple(only)
        request = WithdrawRequest(file=file, of=of, only=chosen, apply=apply)
        return withdraw(self._context(wait), request)

    def seal(self, name: str, folder: str) -> None:
        """Write what a dataset shows, and no more, as a lake of its own.

        Raises:
            UsageError: The folder is not empty.
        """
        extract_sealed(self._context(None), SealJob(name=name, output=folder))


def _request(
    records: Sequence[str], onto: str | Sequence[str], field_map: str | None
) -> RebaseRequest:
    targets = (onto,) if isinstance(onto, str) else tuple(onto)
    return RebaseRequest(records=tuple(records), onto=targets, field_map=field_map)
