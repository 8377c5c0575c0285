"""Plan a clinical load: everything that can be decided, and refused, before Spark starts."""

from dataclasses import dataclass, replace
from pathlib import Path

from apollo_spark.model.base import canonical_json
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.guess import Guess
from apollo_spark.model.names import require_dataset_name
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.model.request import NamedRequest
from apollo_spark.operations.report import ReportedInput
from apollo_spark.operations.requests.files import FileRequest
from apollo_spark.operations.work import Planned, PlanType
from apollo_spark.records.content import fingerprint_of
from apollo_spark.sources.delimited import Header, read_header
from apollo_spark.sources.dictionary.read import DictionaryReading, read_dictionary
from apollo_spark.sources.header_check import check_header
from apollo_spark.sources.inputs import (
    DataFile,
    DataFiles,
    check_entities,
    find_copies,
    resolve_data,
)
from apollo_spark.sources.policy_yaml import read_policy
from apollo_spark.sources.text_options import Delimiter, Encoding
from apollo_spark.tables.layout import MAX_COLUMNS, entity_spec
from apollo_spark.workers.scan import blocks_of, scan_file
from apollo_spark.workers.source import is_splittable
from apollo_spark.workers.values.spec import Block, EntitySpec, FileSpec

OPERATION = "load clinical"


class ClinicalLoad(FileRequest, NamedRequest):
    """What a person asks for: the options of `apollo load clinical`.

    Without a dictionary one is drafted from the files.
    """

    verb = "load clinical"

    dictionary: str | None = None
    codings: str | None = None
    entities: str | None = None
    data: tuple[tuple[str, str], ...]
    schema_tag: str | None = None
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = None


@dataclass(frozen=True)
class PlannedEntity:
    """One entity with the columns to read and the blocks of its files."""

    spec: EntitySpec
    files: tuple[FileSpec, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class ClinicalPlan:
    """A load that may start: nothing found so far refuses it.

    An entity with more columns than `max_columns` has several tables. `guesses` are those of a
    dictionary that was drafted from the files.
    """

    dictionary: DataDictionary
    policy: Policy
    entities: tuple[PlannedEntity, ...]
    inputs: tuple[InputFile, ...]
    parameters: tuple[tuple[str, str], ...]
    fingerprint: str
    max_columns: int = MAX_COLUMNS
    guesses: tuple[Guess, ...] = ()

    @property
    def parents(self) -> tuple[str, ...]:
        """A load is based on files alone."""
        return ()

    @property
    def reported(self) -> ReportedInput:
        """What a report says of the files that are read."""
        return ReportedInput(
            fields={each.name: len(each.fields) for each in self.dictionary.entities},
            inputs=self.inputs,
            policy=self.policy,
            headers={file.label: file.header for each in self.entities for file in each.files},
        )


@dataclass(frozen=True)
class PlannedRows(Planned[PlanType]):
    """A plan for files of rows; `readable` is what can be read of them, whatever refuses them.

    Without a sound dictionary nothing is readable.
    """

    readable: ClinicalPlan | None = None


@dataclass(frozen=True)
class Drafted:
    """A dictionary that was drafted from the files of a load.

    Attributes:
        dictionary: It.
        missing: The texts that mean missing in the files.
        guesses: What the files do not say themselves.
    """

    dictionary: DataDictionary
    missing: tuple[str, ...]
    guesses: tuple[Guess, ...]


def plan_clinical_load(
    request: ClinicalLoad,
    *,
    block_bytes: int,
    max_columns: int = MAX_COLUMNS,
    drafted: Drafted | None = None,
) -> PlannedRows[ClinicalPlan]:
    """Read dictionary, policy and headers, check them together, hash and cut the files.

    Args:
        request: What is asked for.
        block_bytes: Bytes that a task reads.
        max_columns: Columns of a table.
        drafted: The dictionary of a request without one; None where the files refuse it.

    Raises:
        UsageError: An illegal name.
        DictionaryError: The policy file breaks its rules.
    """
    require_dataset_name(request.name)
    policy = read_policy(Path(request.policy)) if request.policy else Policy()
    reading = _read_dictionary(request, policy, drafted)
    data = resolve_data(request.data)
    headers, found = read_headers(data, request.encoding, request.delimiter)
    findings = (*reading.findings, *data.findings, *found)
    if reading.dictionary is not None:
        findings += _check_headers(reading.dictionary, data, headers)
    # A policy may soften what is found in data files; without a sound dictionary there is no load.
    findings = tuple(
        each if each in reading.findings else under_policy(policy, each) for each in findings
    )
    if reading.dictionary is None:
        return PlannedRows(plan=None, policy=policy, findings=findings)
    if drafted is not None:
        request = request.model_copy(update={"missing": drafted.missing})
    plan = _cut(request, reading.dictionary, policy, headers, block_bytes=block_bytes)
    guesses = () if drafted is None else drafted.guesses
    plan = replace(plan, max_columns=max_columns, guesses=guesses)
    return PlannedRows(None if refusing(findings) else plan, policy, findings, readable=plan)


def _read_dictionary(
    request: ClinicalLoad, policy: Policy, drafted: Drafted | None
) -> DictionaryReading:
    if request.dictionary is None:
        found = None if drafted is None else drafted.dictionary
        return DictionaryReading(dictionary=found, findings=())
    return read_dictionary(
        Path(request.dictionary),
        Path(request.codings) if request.codings else None,
        Path(request.entities) if request.entities else None,
        policy=policy,
    )


def under_policy(policy: Policy, finding: Finding) -> Finding:
    """Return a finding with the severity that a policy gives it."""
    return finding.model_copy(update={"severity": policy.severity_of(finding.rule)})


def read_headers(
    data: DataFiles, encoding: str, delimiter: str | None = None
) -> tuple[dict[DataFile, Header], tuple[Finding, ...]]:
    """Read the headers of files, and say what is wrong with those that have none."""
    headers: dict[DataFile, Header] = {}
    findings: list[Finding] = []
    for file in data.files:
        reading = read_header(file, encoding=encoding, delimiter=delimiter)
        findings.extend(reading.findings)
        if reading.header is not None:
            headers[file] = reading.header
    findings.extend(find_copies(headers))
    return headers, tuple(findings)


def _check_headers(
    dictionary: DataDictionary, data: DataFiles, headers: dict[DataFile, Header]
) -> tuple[Finding, ...]:
    findings = list(check_entities(data, tuple(each.name for each in dictionary.entities)))
    for file, header in headers.items():
        entity = dictionary.find_entity(file.entity)
        if entity is not None:
            findings.extend(check_header(file, header, entity))
    return tuple(findings)


def _cut(
    request: ClinicalLoad,
    dictionary: DataDictionary,
    policy: Policy,
    headers: dict[DataFile, Header],
    *,
    block_bytes: int,
) -> ClinicalPlan:
    entities = []
    inputs = []
    for entity in dictionary.entities:
        spec = entity_spec(dictionary, entity, missing=request.missing)
        files: list[FileSpec] = []
        blocks: list[Block] = []
        for file, header in headers.items():
            if file.entity == entity.name:
                scanned, found, size = scan_data(file, header, request.encoding, block_bytes)
                files.append(scanned)
                blocks.extend(found)
                inputs.append(
                    InputFile(role=entity.name, name=file.label, size=size, sha256=scanned.sha256)
                )
        entities.append(PlannedEntity(spec=spec, files=tuple(files), blocks=tuple(blocks)))
    parameters = _parameters(request, policy)
    return ClinicalPlan(
        dictionary=dictionary,
        policy=policy,
        entities=tuple(entities),
        inputs=tuple(inputs),
        parameters=parameters,
        fingerprint=fingerprint_of(
            OPERATION, dictionary=dictionary, inputs=inputs, parameters=parameters
        ),
    )


def scan_data(
    file: DataFile, header: Header, encoding: str, block_bytes: int
) -> tuple[FileSpec, tuple[Block, ...], int]:
    """Hash a file and cut it into blocks of whole rows; return its size in bytes too."""
    scan = scan_file(
        file.path,
        data_start=header.data_start,
        data_line=header.data_line,
        splittable=is_splittable(encoding, header.compression),
        block_bytes=block_bytes,
    )
    spec = FileSpec(
        path=file.path,
        label=file.label,
        sha256=scan.sha256,
        delimiter=header.delimiter,
        header=header.names,
        data_start=header.data_start,
        data_line=header.data_line,
        encoding=encoding,
        compression=header.compression,
    )
    return spec, blocks_of(spec, scan), scan.size


def _parameters(request: ClinicalLoad, policy: Policy) -> tuple[tuple[str, str], ...]:
    """Return what else decides the result, as pairs of text."""
    return (
        *delimiter_parameter(request.delimiter),
        ("encoding", request.encoding),
        ("missing", canonical_json(request.missing)),
        ("policy", policy.to_json()),
        ("schema", request.schema_tag or ""),
    )


def delimiter_parameter(delimiter: str | None) -> tuple[tuple[str, str], ...]:
    """Return the delimiter as a parameter, where it was given: requests without it stay equal."""
    return () if delimiter is None else (("delimiter", delimiter),)
