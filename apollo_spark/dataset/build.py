"""Build the record of a version from what was loaded."""

from collections.abc import Iterable
from uuid import uuid4

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.dataset import (
    CodingEntry,
    DatasetRecord,
    EntityEntry,
    InputFile,
    Lineage,
    TableSlice,
)
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.pin import TablePin


def entity_entry(entity: Entity, *, part: str) -> EntityEntry:
    """Return how a record names an entity whose one table has its name."""
    return EntityEntry(
        name=entity.name,
        primary_key=entity.primary_key,
        title=entity.title,
        field_count=len(entity.fields),
        part=part,
        slices=(TableSlice(table=entity.name),),
    )


def fingerprint(
    operation: str,
    *,
    dictionary: DataDictionary,
    inputs: Iterable[InputFile],
    parameters: Iterable[tuple[str, str]],
) -> str:
    """Return a SHA-256 that is the same when the same job is run on the same inputs.

    The names of the files do not count, their roles and contents do.
    """
    return sha256_text(
        canonical_json(
            {
                "operation": operation,
                "dictionary": sha256_text(dictionary.to_json()),
                "inputs": sorted((each.role, each.sha256) for each in inputs),
                "parameters": sorted(parameters),
            }
        )
    )


def build_dataset_record(
    *,
    name: str,
    version: int,
    dictionary: DataDictionary,
    entities: tuple[EntityEntry, ...],
    codings: tuple[CodingEntry, ...],
    pins: tuple[TablePin, ...],
    lineage: Lineage,
    receipt: str,
    schema_tag: str | None,
    assays: tuple[AssayRecord, ...] = (),
) -> DatasetRecord:
    """Return the record of a loaded version, with a new id."""
    return DatasetRecord(
        name=name,
        version=version,
        id=str(uuid4()),
        schema_tag=schema_tag,
        main_entity=dictionary.main_entity,
        entities=entities,
        codings=codings,
        relations=dictionary.relations,
        assays=assays,
        pins=pins,
        lineage=lineage,
        receipt=receipt,
    )
