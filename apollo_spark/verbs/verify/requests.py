"""Ask again for what made a version: the request that its lineage and its dictionary tell."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from apollo_spark.assays.expression.extend.plan import AssayExtension
from apollo_spark.assays.expression.parameters import SAMPLE_COLUMNS, digest_names
from apollo_spark.assays.expression.plan import plan as expression_plan
from apollo_spark.assays.expression.plan.sample_files import MANIFEST_OF
from apollo_spark.assays.expression.plan.sample_table import SAMPLE
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.export.dictionary_csv import (
    CODINGS,
    DATA_DICTIONARY,
    ENTITY_DICTIONARY,
    write_dictionary,
)
from apollo_spark.ingest import plan as clinical_plan
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.policy import Policy
from apollo_spark.operations.requests.extend import ClinicalExtension, ClinicalMode
from apollo_spark.verbs.extend.files import describing_role

FileRequest = ClinicalLoad | ExpressionLoad | AssayExtension | ClinicalExtension

DELETE = "delete "
_BESIDE = ("annotation", "id map", SAMPLE, SAMPLE_COLUMNS)


def request_of(
    record: DatasetRecord,
    dictionary: DataDictionary,
    scratch: Path,
    sample_ids: Callable[[str], Sequence[str]],
) -> FileRequest | None:
    """Return what was asked for when a version was made, or None where it read no files.

    Args:
        record: The version.
        dictionary: Its data dictionary.
        scratch: An empty folder, where what the lake holds of the request is written as files.
        sample_ids: Gives the samples of an assay in the order in which they came.

    Raises:
        KeyError: The record does not say what is needed, which is named.
    """
    operation = record.lineage.operation
    asked = _Asked(record, scratch, sample_ids)
    if operation == clinical_plan.OPERATION:
        return asked.clinical_load(dictionary)
    if operation == expression_plan.OPERATION:
        return asked.expression_load(dictionary)
    change = record.change
    if not isinstance(change, Extension) or change.mode == "compact":
        return None
    if not record.lineage.inputs:
        # It was moved by a rebase, or moved back.
        return None
    if change.mode == "assay":
        return asked.assay_extension()
    return asked.clinical_extension(change.base, change.mode, str(change.member))


class _Asked:
    def __init__(
        self, record: DatasetRecord, scratch: Path, sample_ids: Callable[[str], Sequence[str]]
    ) -> None:
        self._record = record
        self._sample_ids = sample_ids
        self._scratch = scratch
        # The requests validate what they are given.
        self._parameters: dict[str, Any] = dict(record.lineage.parameters)

    def clinical_load(self, dictionary: DataDictionary) -> ClinicalLoad:
        files = self._described(dictionary)
        return ClinicalLoad(
            name=self._record.name,
            dictionary=files[DATA_DICTIONARY],
            codings=files.get(CODINGS),
            entities=files.get(ENTITY_DICTIONARY),
            data=tuple((each.role, each.name) for each in self._record.lineage.inputs),
            schema_tag=self._parameters["schema"] or None,
            missing=self._missing,
            encoding=self._parameters["encoding"],
            delimiter=self._parameters.get("delimiter"),
            policy=self._policy,
        )

    def expression_load(self, dictionary: DataDictionary) -> ExpressionLoad:
        found = self._parameters
        samples = self._files(SAMPLE)
        files = self._described(_samples_alone(dictionary)) if samples else {}
        return ExpressionLoad(
            name=self._record.name,
            assay=found["assay"],
            unit=found["unit"],
            sources=tuple(path for _, path in self._sources()),
            format=found.get("format", "auto"),
            annotation=self._file("annotation"),
            release=found["release"] or None,
            id_map=self._file("id map"),
            feature_ids=found["feature_ids"],
            features=found["features"],
            on_duplicate=found["on_duplicate"],
            sample_pattern=found["sample_pattern"] or None,
            sample_columns=found.get("sample_columns"),
            delimiter=found.get("delimiter"),
            no_header="no_header" in found,
            samples=self._samples,
            missing=self._missing,
            policy=self._policy,
            strand=found["strand"],
            dictionary=files.get(DATA_DICTIONARY),
            codings=files.get(CODINGS),
            data=tuple((SAMPLE, each) for each in samples),
            replace=found.get("replace") == "true",
        )

    def assay_extension(self) -> AssayExtension:
        found = self._parameters
        return AssayExtension(
            name=self._record.name,
            assay=found["assay"],
            sources=tuple(f"{unit}={path}" for unit, path in self._sources()),
            format=found.get("format", "auto"),
            id_map=self._file("id map"),
            features=found["features"],
            on_duplicate=found["on_duplicate"],
            sample_pattern=found["sample_pattern"] or None,
            sample_columns=found.get("sample_columns"),
            delimiter=found.get("delimiter"),
            no_header="no_header" in found,
            samples=self._samples,
            strand=found["strand"],
            missing=self._missing,
            policy=self._policy,
        )

    def clinical_extension(self, base: str, mode: ClinicalMode, entity: str) -> ClinicalExtension:
        inputs = self._record.lineage.inputs
        gone = tuple(
            (each.role.removeprefix(DELETE), each.name)
            for each in inputs
            if each.role.startswith(DELETE)
        )
        rows = tuple((each.role, each.name) for each in inputs if each.role == entity)
        return ClinicalExtension(
            name=base.partition("@")[0],
            data=rows,
            delete=gone,
            dictionary=self._file(describing_role("dictionary", entity)),
            codings=self._file(describing_role("codings", entity)),
            mode=mode,
            as_name=self._record.name,
            policy=self._policy,
            missing=self._missing,
            encoding=self._parameters["encoding"],
            delimiter=self._parameters.get("delimiter"),
        )

    def _sources(self) -> Iterator[tuple[str, str]]:
        """Yield unit and path of each source; a manifest stands for the files that it names."""
        inputs = [each for each in self._record.lineage.inputs if each.role not in _BESIDE]
        manifests = {
            each.role.removeprefix(MANIFEST_OF): each.name
            for each in inputs
            if each.role.startswith(MANIFEST_OF)
        }
        yield from manifests.items()
        for each in inputs:
            if each.role not in manifests and not each.role.startswith(MANIFEST_OF):
                yield each.role, each.name

    @property
    def _samples(self) -> tuple[str, ...]:
        """The samples that a list named: of them the record has a digest alone."""
        told = self._parameters.get("samples")
        if told is None:
            return ()
        names = tuple(self._sample_ids(self._parameters["assay"]))[-int(told.partition(" ")[0]) :]
        if digest_names(names) != told:
            raise KeyError("samples")
        return names

    @property
    def _missing(self) -> tuple[str, ...]:
        return tuple(json.loads(self._parameters["missing"]))

    @property
    def _policy(self) -> str | None:
        policy = Policy.model_validate_json(self._parameters["policy"])
        if not policy.severities:
            return None
        path = self._scratch / "policy.yaml"
        rules = {name: str(severity) for name, severity in policy.severities}
        path.write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
        return str(path)

    def _file(self, role: str) -> str | None:
        return next(iter(self._files(role)), None)

    def _files(self, role: str) -> tuple[str, ...]:
        return tuple(each.name for each in self._record.lineage.inputs if each.role == role)

    def _described(self, dictionary: DataDictionary) -> Mapping[str, str]:
        """Write a dictionary as the files that a load reads; return their paths by kind."""
        paths = {}
        for name, text in write_dictionary(dictionary).items():
            path = self._scratch / f"{name}.csv"
            path.write_text(text, encoding="utf-8", newline="")
            paths[name] = str(path)
        return paths


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
