"""The record that follows another: what grew is replaced, everything else stays."""

from collections.abc import Iterable
from uuid import uuid4

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import InputFile, Lineage
from apollo_spark.records.content import MakeRecord


def record_after(
    base: DatasetRecord,
    *,
    pins: Iterable[TablePin],
    assays: Iterable[AssayRecord] = (),
    change: Extension,
) -> MakeRecord:
    """Return what makes a record like the one before, with a new id.

    Args:
        base: The version before.
        pins: Pins that take the place of those of the same tables.
        assays: Assays that take the place of those of the same names.
        change: What was done.
    """
    new_pins = {each.table: each for each in pins}
    new_assays = {each.name: each for each in assays}

    def make(name: str, version: int, lineage: Lineage, receipt: str) -> DatasetRecord:
        return base.model_copy(
            update={
                "name": name,
                "version": version,
                "id": str(uuid4()),
                "pins": tuple(new_pins.get(each.table, each) for each in base.pins),
                "assays": tuple(new_assays.get(each.name, each) for each in base.assays),
                "change": change,
                "lineage": lineage,
                "receipt": receipt,
            }
        )

    return make


def growth_fingerprint(
    operation: str, inputs: Iterable[InputFile], parameters: Iterable[tuple[str, str]]
) -> str:
    """Return a SHA-256 that is the same for the same extension by the same inputs."""
    shown = {
        "operation": operation,
        "inputs": sorted((each.role, each.sha256) for each in inputs),
        "parameters": sorted(parameters),
    }
    return sha256_text(canonical_json(shown))


def leaves_alone(record: DatasetRecord, member: str) -> bool:
    """Return whether a version has the same content of an entity or assay as the one before."""
    change = record.change
    return isinstance(change, Extension) and (change.mode == "compact" or change.member != member)
