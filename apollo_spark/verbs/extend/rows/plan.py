"""Plan new, changed and deleted rows of an entity: files, headers, blocks, before Spark starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apollo_spark.errors import ConflictError, NotFoundError, UsageError
from apollo_spark.ingest.plan import (
    ClinicalPlan,
    PlannedEntity,
    PlannedRows,
    delimiter_parameter,
    read_headers,
    scan_data,
    under_policy,
)
from apollo_spark.model.base import canonical_json
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.records.content import Content, fingerprint_of
from apollo_spark.sources.delimited import Header
from apollo_spark.sources.header_check import check_header
from apollo_spark.sources.inputs import DataFile, resolve_data
from apollo_spark.sources.policy_yaml import read_policy
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.tables.layout import entity_spec
from apollo_spark.workers.values.spec import Block, FileSpec

OPERATION = "extend rows"

PartOf = Callable[[frozenset[str]], Entity]


@dataclass(frozen=True)
class RowPlan:
    """An extension by rows that may start: nothing found so far refuses it.

    Attributes:
        base: The version that is extended.
        content: What it says.
        entity: The entity whose rows come, change and go.
        reading: The files of rows as a load of them; it has no entity where none are given.
        deleting: The files of keys to delete, None where none are given.
        inputs: All files that are read.
        fingerprint: The same for the same extension by the same inputs.
        block_bytes: Bytes of an input file that one task reads.
    """

    base: DatasetRecord
    content: Content
    entity: Entity
    reading: ClinicalPlan
    deleting: PlannedEntity | None
    inputs: tuple[InputFile, ...]
    fingerprint: str
    block_bytes: int

    @property
    def coded_cells(self) -> tuple[DataDictionary, str | None]:
        """The dictionary of the cells that are read, and the entity they are of."""
        return self.content.dictionary, self.entity.name

    @property
    def data(self) -> PlannedEntity | None:
        """The files of rows, None where none are given."""
        return next(iter(self.reading.entities), None)

    @property
    def policy(self) -> Policy:
        """What each rule does."""
        return self.reading.policy

    @property
    def parents(self) -> tuple[str, ...]:
        """The version that is extended."""
        return (str(self.base),)

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """What else decides the result."""
        return self.reading.parameters


def plan_rows(
    request: ClinicalExtension, base: DatasetRecord, content: Content, *, block_bytes: int
) -> PlannedRows[RowPlan]:
    """Read and check the headers, hash and cut the files.

    Args:
        request: What is asked for.
        base: The version that is extended.
        content: What it says.
        block_bytes: Bytes of an input file that one task reads.

    Raises:
        UsageError: The options do not go together.
        NotFoundError: The dataset has no such entity.
        ConflictError: The rows would go to tables of another dataset.
        DictionaryError: The policy file breaks its rules.
    """
    entity = _find_entity(request, base, content.dictionary)
    policy = read_policy(Path(request.policy)) if request.policy else Policy()
    reader = _FileReader(request, policy, block_bytes)
    data = reader.read(request.data, entity.name, lambda names: _given_part(entity, names))
    gone = reader.read(
        request.delete, f"delete {entity.name}", lambda names: _key_part(entity, names)
    )
    findings = (*data.findings, *gone.findings)
    dictionary = content.dictionary
    inputs = (*data.inputs, *gone.inputs)
    parameters = _parameters(request, policy)
    fingerprint = fingerprint_of(OPERATION, inputs, parameters)
    planned = data.planned(dictionary, request.missing)
    reading = ClinicalPlan(
        dictionary=dictionary,
        policy=policy,
        entities=() if planned is None else (planned,),
        inputs=inputs,
        parameters=parameters,
        fingerprint=fingerprint,
    )
    plan = RowPlan(
        base=base,
        content=content,
        entity=entity,
        reading=reading,
        deleting=gone.planned(dictionary, request.missing),
        inputs=inputs,
        fingerprint=fingerprint,
        block_bytes=block_bytes,
    )
    if not refusing(findings):
        return PlannedRows(plan, policy, findings)
    readable = None if data.entity is None else _alone(reading, data.entity)
    return PlannedRows(None, policy, findings, readable=readable)


def _alone(reading: ClinicalPlan, entity: Entity) -> ClinicalPlan:
    """Return rows as a load of them alone: what they refer to is in the dataset."""
    alone = DataDictionary(
        main_entity=entity.name,
        entities=(entity,),
        relations=(),
        codings=reading.dictionary.codings,
    )
    return replace(reading, dictionary=alone)


def _find_entity(
    request: ClinicalExtension, base: DatasetRecord, dictionary: DataDictionary
) -> Entity:
    """Return the one entity that is extended."""
    if request.as_name not in (None, base.name):
        raise ConflictError(
            f"Rows of {base.name!r} cannot be published as {request.as_name!r}.",
            why="They would go to tables of another dataset.",
            fix="Leave --as out.",
        )
    if request.dictionary or request.codings:
        raise UsageError(
            "A dictionary says nothing about rows of an entity that is there.",
            fix="Leave --dictionary and --codings out.",
        )
    names = [name for name, _ in (*request.data, *request.delete)]
    if len({each.lower() for each in names}) != 1:
        raise UsageError(
            "Rows are added, changed and deleted in one entity at a time.",
            why=f"Files are given for {', '.join(dict.fromkeys(names)) or 'none'}.",
            fix="Run the command once for each, parents first.",
        )
    spelled = {each.name.lower(): each for each in dictionary.entities}
    entity = spelled.get(names[0].lower())
    if entity is None:
        hint = did_you_mean(names[0], (each.name for each in dictionary.entities))
        raise NotFoundError(f"{base} has no entity {names[0]!r}{hint}.")
    if request.delete and entity.primary_key is None:
        raise UsageError(
            f"Rows of {entity.name!r} cannot be deleted by key: it has no primary key.",
            fix="Load the dataset anew without them.",
        )
    return entity


def _given_part(entity: Entity, names: frozenset[str]) -> Entity:
    """Return an entity with the fields that files have, and with its primary key.

    A column is called as in the file that the entity was loaded from, or else as the field.
    """
    headers = names & {each.header for each in entity.fields}
    fields = (
        each if each.header in names or each.name not in names - headers else _by_name(each)
        for each in entity.fields
    )
    kept = tuple(each for each in fields if each.header in names or each.name == entity.primary_key)
    return entity.model_copy(update={"fields": kept or entity.fields})


def _key_part(entity: Entity, names: frozenset[str]) -> Entity:
    """Return an entity of its key alone, under the field's own name or that in its first file."""
    key = entity.find_field(entity.primary_key or "")
    assert isinstance(key, FieldSpec), "rows are deleted by key"
    return entity.model_copy(update={"fields": (key if key.header in names else _by_name(key),)})


def _by_name(spec: FieldSpec) -> FieldSpec:
    """Return a field whose column is called as it is."""
    return spec.model_copy(update={"source_column": None})


@dataclass(frozen=True)
class _Read:
    """Files of one option: what they hold, and where their blocks are."""

    entity: Entity | None
    files: tuple[FileSpec, ...]
    blocks: tuple[Block, ...]
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]

    def planned(self, dictionary: DataDictionary, missing: tuple[str, ...]) -> PlannedEntity | None:
        """Return the files as tasks read them."""
        if self.entity is None:
            return None
        spec = entity_spec(dictionary, self.entity, missing=missing)
        return PlannedEntity(spec=spec, files=self.files, blocks=self.blocks)


@dataclass(frozen=True)
class _FileReader:
    """Reads the tops of files, and cuts them."""

    request: ClinicalExtension
    policy: Policy
    block_bytes: int

    def read(self, given: Sequence[tuple[str, str]], role: str, part_of: PartOf) -> _Read:
        """Read the files of one option.

        Args:
            given: Entity and file or folder of each.
            role: What the files are, for the lineage.
            part_of: Returns the entity that the files hold, given the names of their columns.
        """
        if not given:
            return _Read(None, (), (), (), ())
        found = resolve_data(given)
        headers, wrong = read_headers(found, self.request.encoding, self.request.delimiter)
        entity = part_of(frozenset(name for each in headers.values() for name in each.names))
        findings = tuple(
            under_policy(self.policy, each)
            for each in (*found.findings, *wrong, *_check(headers, entity, role))
        )
        return self._cut(headers, entity, role, findings)

    def _cut(
        self,
        headers: Mapping[DataFile, Header],
        entity: Entity,
        role: str,
        findings: tuple[Finding, ...],
    ) -> _Read:
        files: list[FileSpec] = []
        blocks: list[Block] = []
        inputs: list[InputFile] = []
        for file, header in headers.items():
            spec, cut, size = scan_data(file, header, self.request.encoding, self.block_bytes)
            files.append(spec)
            blocks.extend(cut)
            inputs.append(InputFile(role=role, name=file.label, size=size, sha256=spec.sha256))
        return _Read(entity, tuple(files), tuple(blocks), tuple(inputs), findings)


def _check(headers: Mapping[DataFile, Header], entity: Entity, role: str) -> list[Finding]:
    found = [
        each for file, header in headers.items() for each in check_header(file, header, entity)
    ]
    # A file of keys may say more of its rows than the key.
    return [each for each in found if role == entity.name or each.rule != "header_unknown_column"]


def _parameters(request: ClinicalExtension, policy: Policy) -> tuple[tuple[str, str], ...]:
    return (
        *delimiter_parameter(request.delimiter),
        ("encoding", request.encoding),
        ("missing", canonical_json(request.missing)),
        ("mode", "rows"),
        ("policy", policy.to_json()),
    )
