"""Ask again for what made a version: the request that its lineage and its dictionary say."""

from apollo_spark.assays.types import find_loader, find_type
from apollo_spark.export.dictionary_csv import CODINGS, DATA_DICTIONARY, ENTITY_DICTIONARY
from apollo_spark.ingest import plan as clinical_plan
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.model.change import Extension
from apollo_spark.model.request import PublishRequest
from apollo_spark.operations.past_request import PastRequest
from apollo_spark.operations.requests.extend import ClinicalExtension, ClinicalMode
from apollo_spark.verbs.extend.files import describing_role

DELETE = "delete "


def request_of(past: PastRequest) -> PublishRequest | None:
    """Return what was asked for when a version was made, or None where it read no files.

    Raises:
        KeyError: The record does not say what is needed, which is named.
        BrokenPinError: Something of it cannot be read.
    """
    record = past.record
    operation = record.lineage.operation
    if operation == clinical_plan.OPERATION:
        return _clinical_load(past)
    if (loader := find_loader(operation)) is not None:
        return loader.load_again(past)
    change = record.change
    if change is None and record.lineage.inputs:
        raise KeyError(f"how {operation!r} is done again")
    if not isinstance(change, Extension) or change.mode == "compact":
        return None
    if not record.lineage.inputs:
        # It was moved by a rebase, or moved back.
        return None
    if change.mode == "assay":
        return find_type(record.assays, str(change.member)).extend_again(past)
    return _clinical_extension(past, change.base, change.mode, str(change.member))


def _clinical_load(past: PastRequest) -> ClinicalLoad:
    files, found = past.described(past.dictionary), past.parameters
    return ClinicalLoad(
        name=past.record.name,
        dictionary=files[DATA_DICTIONARY],
        codings=files.get(CODINGS),
        entities=files.get(ENTITY_DICTIONARY),
        data=tuple((each.role, each.name) for each in past.record.lineage.inputs),
        schema_tag=found["schema"] or None,
        missing=past.missing,
        encoding=found["encoding"],
        delimiter=found.get("delimiter"),
        policy=past.policy,
    )


def _clinical_extension(
    past: PastRequest, base: str, mode: ClinicalMode, entity: str
) -> ClinicalExtension:
    inputs, found = past.record.lineage.inputs, past.parameters
    gone = tuple(
        (each.role.removeprefix(DELETE), each.name)
        for each in inputs
        if each.role.startswith(DELETE)
    )
    return ClinicalExtension(
        name=base.partition("@")[0],
        data=tuple((each.role, each.name) for each in inputs if each.role == entity),
        delete=gone,
        dictionary=past.file(describing_role("dictionary", entity)),
        codings=past.file(describing_role("codings", entity)),
        mode=mode,
        as_name=past.record.name,
        policy=past.policy,
        missing=past.missing,
        encoding=found["encoding"],
        delimiter=found.get("delimiter"),
    )
