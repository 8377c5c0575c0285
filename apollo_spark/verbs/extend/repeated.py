"""Recognise an extension that was made before."""

from collections.abc import Callable

from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.receipt import ExtensionReceipt
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import find_repeated_extension
from apollo_spark.operations.requests.extend import ClinicalExtension


def find_repeated_data(
    lake: Lake,
    request: ClinicalExtension,
    entity: str,
    fingerprint: Callable[[], str],
    *,
    known: DatasetRecord,
) -> Outcome[ExtensionReceipt] | None:
    """Return the outcome of an extension that was made: nothing came to the entity after it.

    The fingerprint is asked for only where there is an extension to compare with; `known` is a
    record that was read before.
    """
    entry = lake.registry.snapshot().newest_of(request.published_name)
    is_known = entry is not None and entry.id == known.id
    newest = known if is_known else lake.newest(request.published_name, DatasetRecord)
    if newest is None:
        return None

    def is_same(record: DatasetRecord) -> bool:
        is_meant = _is_meant(request, record, entity)
        return is_meant and record.lineage.fingerprint == fingerprint()

    return find_repeated_extension(
        lake,
        newest,
        entity,
        is_same,
        ExtensionReceipt,
        left_out=lambda receipt: receipt.rows_unmatched,
    )


def _is_meant(request: ClinicalExtension, record: DatasetRecord, entity: str) -> bool:
    """Whether a version was made by adding to an entity in the way that is asked for now."""
    change = record.change
    if not isinstance(change, Extension) or change.mode not in ("fields", "entity"):
        return False
    return change.member == entity and request.mode in (None, change.mode)
