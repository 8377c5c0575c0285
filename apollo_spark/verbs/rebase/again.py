"""Make the change of a record again, of other versions of its parents."""

from pathlib import Path

from apollo_spark.errors import CheckFailedError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import AssayMerge, Change, ClinicalMerge, Extension, ViewChange
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.rebase import RebaseReceipt
from apollo_spark.operations.cohorts.row_rule import rows_again
from apollo_spark.operations.deriving import Derivation
from apollo_spark.records.content import Derived
from apollo_spark.verbs.merge.plan import MergePlan, plan_assay_merge, plan_clinical_merge
from apollo_spark.verbs.view import derive_view


def derive_again(lake: Lake, change: Change, *, before: DatasetRecord) -> Derivation:
    """Return what a change makes, as the next version of a record.

    Args:
        lake: The lake.
        change: The change, with its new parents.
        before: The record that it made of older ones.

    Raises:
        NotFoundError: A parent or something in it is not there.
        ConflictError: Names clash that did not before.
        CheckFailedError: The data break the relationship of a merge.
    """
    if isinstance(change, ViewChange):
        opened = lake.open(parse_reference(change.base))
        rule = rows_again(opened, change, before)
        return derive_view(lake, opened, change, rule=rule, name=before.name)
    if isinstance(change, ClinicalMerge):
        return _sound(plan_clinical_merge(lake, change, name=before.name))
    if isinstance(change, AssayMerge):
        link = _link_of(change, before)
        plan = plan_assay_merge(lake, change, name=before.name, link=link, scratch=Path())
        return _sound(plan)
    return _copy(lake, change, before.name)


def _copy(lake: Lake, change: Extension, name: str) -> Derivation:
    """Return all of a dataset under another name, without what was added to it there."""
    base = lake.load_record(parse_reference(change.base))
    return Derivation(
        name=name,
        change=change,
        made_of=(base,),
        derived=Derived(lake.load_content(base)),
        receipt=RebaseReceipt(moves=()),
        schema_tag=base.schema_tag,
    )


def _link_of(change: AssayMerge, record: DatasetRecord) -> TablePin | None:
    """Return the linking table that was made of the file: the file itself is not asked for."""
    if not change.is_linked_by_file:
        return None
    name = change.name or change.assay
    assay = next(each for each in record.assays if each.name == name)
    assert assay.link is not None, "the samples are linked by a table"
    return record.pin_of(assay.link.table)


def _sound(plan: MergePlan) -> Derivation:
    repeated = plan.link.receipt_counts["duplicate_keys"]
    if repeated:
        raise CheckFailedError(
            f"{plan.relationship}, and {repeated:,} keys occur more often than that allows."
        )
    return plan.derivation
