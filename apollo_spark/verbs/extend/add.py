"""Add fields or an entity to a dataset: recognise, plan anew, act."""

from dataclasses import replace
from pathlib import Path

from apollo_spark.errors import NotFoundError
from apollo_spark.ingest.refused import with_row_faults
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.receipt import ExtensionReceipt
from apollo_spark.operations.context import Context
from apollo_spark.operations.file_operation import FileOperation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.operations.work import Draft, Work
from apollo_spark.verbs.extend.added import AddedTables
from apollo_spark.verbs.extend.files import OPERATION
from apollo_spark.verbs.extend.plan import ExtensionPlan, PlannedExtension
from apollo_spark.verbs.extend.repeated import find_repeated_data


class AddData(FileOperation[ClinicalExtension, ExtensionPlan, ExtensionReceipt]):
    """Publish the next version of a dataset with fields or an entity that files bring.

    Args:
        context: Who acts, on which lake, with what.
        request: The options.
        planned: The plan, on the version that was there.
        kind: What is added.
    """

    verb = OPERATION

    def __init__(
        self,
        context: Context,
        request: ClinicalExtension,
        planned: PlannedExtension,
        kind: type[AddedTables],
    ) -> None:
        super().__init__(context, request)
        self._planned = planned
        self._kind = kind

    def plan(self, scratch: Path) -> PlannedExtension:  # noqa: ARG002 nothing is unpacked
        """Return what was planned when it was chosen, with all that is wrong in rows."""
        return with_row_faults(self._planned, self.request.published_name, self.context.step)

    def find_repeat(
        self, plan: ExtensionPlan, base: DatasetRecord | None
    ) -> Outcome[ExtensionReceipt] | None:
        """Recognise the same extension: nothing came to the entity after it."""
        is_as_planned = base is not None and base.id == plan.base.id
        if is_as_planned and not self.request.is_copy:
            return None
        return find_repeated_data(
            self.context.lake,
            self.request,
            plan.entity.name,
            lambda: plan.fingerprint,
            known=base or plan.base,
        )

    def renew(self, work: Work[ExtensionPlan]) -> Work[ExtensionPlan]:
        """Return the work on the version that is there now; a copy stays that of the one meant."""
        if work.is_dry_run or self.request.is_copy:
            return work
        base = work.publication.base
        if base is None:
            raise NotFoundError(f"All versions of {self.request.name!r} were retired meanwhile.")
        if base.id == work.plan.base.id:
            return work
        assert isinstance(work.planned, PlannedExtension), "what is added is planned so"
        planned = work.planned.again(base)
        work.require_acceptable(planned.findings)
        assert planned.plan is not None, "what refuses was refused"
        return replace(work, planned=planned, plan=planned.plan)

    def coded_cells(self, plan: ExtensionPlan) -> tuple[DataDictionary, str | None]:
        """Return the dictionary of the cells that are read."""
        return plan.coded_cells

    def act(self, work: Work[ExtensionPlan]) -> Draft[ExtensionReceipt]:
        """Write and check what is added."""
        return self._kind(self.request, work).draft()
