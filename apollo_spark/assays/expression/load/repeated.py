"""Recognise an expression load that was done before, also beneath other units loaded since."""

from apollo_spark.assays.expression.assay import expression_assays
from apollo_spark.assays.expression.plan.plan import ExpressionPlan
from apollo_spark.assays.expression.plan.sample_table import SAMPLE
from apollo_spark.assays.expression.receipt import AssayReceipt
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import read_receipt


def find_repeated_load(
    lake: Lake, base: DatasetRecord | None, request: ExpressionLoad, plan: ExpressionPlan
) -> Outcome[AssayReceipt] | None:
    """Return the outcome of a load whose layer is in the newest version as it would write it.

    Args:
        lake: Where it is published.
        base: The newest version.
        request: The options.
        plan: The load.
    """
    if base is None:
        return None
    for entry in reversed(lake.history(base.name)):
        # A retired one made the layer too, where the newest version still has it.
        record = lake.registry.read_record(entry, DatasetRecord)
        if not _has_same_layer(record, base, request.assay, plan.unit):
            return None
        if record.lineage.fingerprint == plan.fingerprint:
            receipt = read_receipt(lake, record, AssayReceipt)
            return None if receipt is None else Outcome(receipt=receipt, current=(str(base),))
    return None


def _has_same_layer(record: DatasetRecord, base: DatasetRecord, assay: str, unit: str) -> bool:
    """Return whether values, annotation and samples of a version are those of the newest."""
    facts = _facts(record, assay, unit)
    return facts is not None and facts == _facts(base, assay, unit)


def _facts(record: DatasetRecord, name: str, unit: str) -> tuple[object, ...] | None:
    own = expression_assays(record.assays)
    assay = next((each for each in own if each.name == name), None)
    layer = assay.find_layer(unit) if assay else None
    entity = record.find_entity(SAMPLE)
    if assay is None or layer is None or entity is None:
        return None
    tables = (layer.table, entity.slices[0].table)
    # Contents, not files: a compaction in between changes nothing.
    return (*(record.pin_of(each).content_hash for each in tables), assay.reference)
