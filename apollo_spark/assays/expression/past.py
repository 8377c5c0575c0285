"""Ask again for a load of expression, or for samples that were added, by what a record keeps."""

from collections.abc import Iterator
from typing import Any

from apollo_spark.assays.expression.parameters import SAMPLE_COLUMNS, digest_names
from apollo_spark.assays.expression.plan.sample_files import MANIFEST_OF
from apollo_spark.assays.expression.plan.sample_table import SAMPLE
from apollo_spark.assays.expression.read.sample_order import list_samples
from apollo_spark.assays.expression.request import AssayExtension, ExpressionLoad
from apollo_spark.export.dictionary_csv import CODINGS, DATA_DICTIONARY
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.operations.past_request import PastRequest

_BESIDE = ("annotation", "id map", SAMPLE, SAMPLE_COLUMNS)


def load_again(past: PastRequest) -> ExpressionLoad:
    """Return the load that made a version.

    Raises:
        KeyError: The record does not say what is needed, which is named.
    """
    found = past.parameters
    samples = past.files(SAMPLE)
    files = past.described(_samples_alone(past.dictionary)) if samples else {}
    return ExpressionLoad(
        **_reading(past),
        name=past.record.name,
        assay=found["assay"],
        unit=found["unit"],
        sources=tuple(path for _, path in _sources(past)),
        annotation=past.file("annotation"),
        release=found["release"] or None,
        feature_ids=found["feature_ids"],
        dictionary=files.get(DATA_DICTIONARY),
        codings=files.get(CODINGS),
        data=tuple((SAMPLE, each) for each in samples),
        replace=found.get("replace") == "true",
    )


def extend_again(past: PastRequest) -> AssayExtension:
    """Return the extension that made a version.

    Raises:
        KeyError: The record does not say what is needed, which is named.
    """
    found = past.parameters
    return AssayExtension(
        **_reading(past),
        name=past.record.name,
        assay=found["assay"],
        sources=tuple(f"{unit}={path}" for unit, path in _sources(past)),
    )


def _reading(past: PastRequest) -> dict[str, Any]:
    """Return how files were read, but for the files: what loads and extensions share."""
    found = past.parameters
    return {
        "format": found.get("format", "auto"),
        "id_map": past.file("id map"),
        "features": found["features"],
        "on_duplicate": found["on_duplicate"],
        "sample_pattern": found["sample_pattern"] or None,
        "sample_columns": found.get("sample_columns"),
        "delimiter": found.get("delimiter"),
        "no_header": "no_header" in found,
        "samples": _samples(past),
        "strand": found["strand"],
        "missing": past.missing,
        "policy": past.policy,
    }


def _sources(past: PastRequest) -> Iterator[tuple[str, str]]:
    """Yield unit and path of each source; a manifest stands for the files that it names."""
    inputs = [each for each in past.record.lineage.inputs if each.role not in _BESIDE]
    manifests = {
        each.role.removeprefix(MANIFEST_OF): each.name
        for each in inputs
        if each.role.startswith(MANIFEST_OF)
    }
    yield from manifests.items()
    for each in inputs:
        if each.role not in manifests and not each.role.startswith(MANIFEST_OF):
            yield each.role, each.name


def _samples(past: PastRequest) -> tuple[str, ...]:
    """Return the samples that a list named: of them the record has a digest alone."""
    told = past.parameters.get("samples")
    if told is None:
        return ()
    known = list_samples(past.lake, past.record, past.parameters["assay"])
    names = tuple(known)[-int(told.partition(" ")[0]) :]
    if digest_names(names) != told:
        raise KeyError("samples")
    return names


def _samples_alone(dictionary: DataDictionary) -> DataDictionary:
    """Return the part of a dictionary that a sample table was loaded with."""
    entities = tuple(each for each in dictionary.entities if each.name == SAMPLE)
    used = {spec.coding_name for each in entities for spec in each.fields}
    return DataDictionary(
        main_entity=SAMPLE,
        entities=entities,
        relations=(),
        codings=tuple(each for each in dictionary.codings if each.name in used),
    )
