"""Recognise an extension that was made before."""

from collections.abc import Callable

from apollo_spark.dataset.growth import leaves_alone
from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.receipt import ExtensionReceipt
from apollo_spark.workflows.extension import ClinicalExtension
from apollo_spark.workflows.outcome import Outcome


def find_extension(
    lake: Lake,
    request: ClinicalExtension,
    entity: str,
    fingerprint: Callable[[], str],
    *,
    known: DatasetRecord,
) -> Outcome | None:
    """Return the outcome of an extension that stands: nothing came to the entity after it.

    The fingerprint is asked for only where there is an extension to compare with; `known` is a
    record that was read before.
    """
    snapshot = lake.registry.snapshot()
    newest = snapshot.newest_of(request.target)
    if newest is None or newest.kind != "dataset":
        return None
    for entry in reversed(snapshot.versions_of(newest.name)):
        if entry.version > newest.version or entry.retired is not None:
            continue
        record = known if entry.id == known.id else lake.registry.read_record(entry)
        if _is_meant(request, record, entity) and record.lineage.fingerprint == fingerprint():
            text = lake.parts.get(record.receipt)
            receipt = ExtensionReceipt.model_validate_json(text)
            return Outcome(receipt=receipt, current=(str(newest),))
        if not leaves_alone(record, entity):
            return None
    return None


def _is_meant(request: ClinicalExtension, record: DatasetRecord, entity: str) -> bool:
    """Whether a version was made by adding to an entity in the way that is asked for now."""
    change = record.change
    if not isinstance(change, Extension) or change.mode not in ("fields", "entity"):
        return False
    return change.member == entity and request.mode in (None, change.mode)
