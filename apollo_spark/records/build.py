"""Build the record of a version from what was loaded."""

from collections.abc import Callable, Iterable
from uuid import uuid4

from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.change import Change
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.record import InputFile, Lineage
from apollo_spark.records.content import Content, coding_entries, entity_entries


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


def change_fingerprint(
    change: Change, parents: Iterable[DatasetRecord], parameters: Iterable[tuple[str, str]] = ()
) -> str:
    """Return a SHA-256 that is the same when the same change is made to the same versions."""
    return sha256_text(
        canonical_json(
            {
                "change": change.model_dump(mode="json"),
                "parents": [each.id for each in parents],
                "parameters": sorted(parameters),
            }
        )
    )


def build_dataset_record(
    *,
    name: str,
    version: int,
    content: Content,
    lineage: Lineage,
    receipt: str,
    schema_tag: str | None,
    change: Change | None = None,
) -> DatasetRecord:
    """Return the record of a version, with a new id; its parts are stored by the caller."""
    return DatasetRecord(
        name=name,
        version=version,
        id=str(uuid4()),
        schema_tag=schema_tag,
        main_entity=content.dictionary.main_entity,
        entities=entity_entries(content.dictionary, content.slices),
        codings=coding_entries(content.dictionary),
        relations=content.dictionary.relations,
        assays=content.assays,
        pins=content.pins,
        rules=content.rules,
        hides=content.hides,
        change=change,
        lineage=lineage,
        receipt=receipt,
    )


MakeRecord = Callable[[str, int, Lineage, str], DatasetRecord]
"""Returns a record from its name, number, lineage, and the part of its receipt."""


def record_of(
    content: Content, *, schema_tag: str | None, change: Change | None = None
) -> MakeRecord:
    """Return what makes the record of some content once its version is known."""

    def make(name: str, version: int, lineage: Lineage, receipt: str) -> DatasetRecord:
        return build_dataset_record(
            name=name,
            version=version,
            content=content,
            lineage=lineage,
            receipt=receipt,
            schema_tag=schema_tag,
            change=change,
        )

    return make
