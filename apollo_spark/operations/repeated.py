"""Recognise what was done before: the versions that a version was extended from."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.rebase import MOVES
from apollo_spark.model.record import PublishedRecord
from apollo_spark.operations.outcome import Outcome
from apollo_spark.records.changes.extension import leaves_alone

Receipt = TypeVar("Receipt", bound=Record)


def find_repeated_extension(
    lake: Lake,
    newest: DatasetRecord,
    member: str,
    is_same: Callable[[DatasetRecord], bool],
    receipt_type: type[Receipt],
    *,
    left_out: Callable[[Receipt], int] = lambda _: 0,
) -> Outcome[Receipt] | None:
    """Return the outcome of an extension that was made: nothing came to its member after it.

    Args:
        lake: Where it is published.
        newest: The newest version.
        member: The entity or assay that is extended.
        is_same: Whether a version was made by the extension that is asked for.
        receipt_type: Its receipt.
        left_out: How many rows it left out: they may have a place since more rows came to an
            entity that they refer to.
    """
    referred = {each.to_entity for each in newest.relations if each.from_entity == member}
    has_more = False
    for record in extended_from(lake, newest):
        if is_same(record):
            receipt = read_receipt(lake, record, receipt_type)
            if receipt is None or (has_more and left_out(receipt)):
                return None
            return Outcome(receipt=receipt, current=(str(newest),))
        if not leaves_alone(record, member):
            return None
        has_more |= not all(leaves_alone(record, each) for each in referred)
    return None


def extended_from(lake: Lake, record: DatasetRecord) -> Iterator[DatasetRecord]:
    """Yield a version and those that it was extended from, newest first.

    Retired ones are among them, because what they brought is in it; what others brought, that
    were retired before, does not.
    """
    snapshot = lake.registry.snapshot()
    yield record
    while isinstance(record.change, Extension):
        base = parse_reference(record.change.base)
        entry = next(each for each in snapshot.versions_of(base.name) if str(each) == str(base))
        record = lake.registry.read_record(entry, DatasetRecord)
        yield record


def read_receipt(lake: Lake, record: DatasetRecord, receipt_type: type[Receipt]) -> Receipt | None:
    """Return the receipt of a version, or None where it was swept with one that is retired."""
    try:
        return receipt_type.model_validate_json(lake.parts.get(record.receipt))
    except BrokenPinError:
        return None


def repeat_of(lake: Lake, record: PublishedRecord, receipt_type: type[Receipt]) -> Outcome[Receipt]:
    """Return the outcome of a verb whose result is there already."""
    receipt = receipt_type.model_validate_json(lake.parts.get(record.receipt))
    return Outcome(receipt=receipt, current=(str(record),))


def repeat_of_plan(
    lake: Lake, base: OverDataset | None, fingerprint: str, counted: Receipt
) -> Outcome[Receipt] | None:
    """Return the outcome of a cohort or dashboard that is the newest of its name already.

    Args:
        lake: Where it is published.
        base: The newest version.
        fingerprint: What is the same for the same plan.
        counted: The receipt of the plan: that of a version which was moved is of the move.
    """
    if base is None or base.lineage.fingerprint != fingerprint:
        return None
    if base.lineage.operation in MOVES:
        return Outcome(counted, current=(str(base),))
    return repeat_of(lake, base, type(counted))
