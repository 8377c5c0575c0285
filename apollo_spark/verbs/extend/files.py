"""The files of an extension: their headers, and, when it is needed, their bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from apollo_spark.ingest.plan import delimiter_parameter, read_headers, scan_data
from apollo_spark.model.base import canonical_json
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.findings import Finding
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.records.content import fingerprint_of
from apollo_spark.sources.delimited import Header
from apollo_spark.sources.inputs import DataFile, DataFiles, resolve_data
from apollo_spark.sources.policy_yaml import read_policy
from apollo_spark.workers.chunks import iterate_chunks
from apollo_spark.workers.parse import parse_columns
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.values.spec import Block, FileSpec

OPERATION = "extend"
LOOKED_AT = 1 << 20
"""Bytes of a file that are looked at before it is read."""
DESCRIBING = ("dictionary", "codings")
"""The files that say what an extension adds."""


@dataclass(frozen=True)
class AddedFiles:
    """The files of one entity, and the small files that describe them.

    Attributes:
        request: The options.
        entity: The entity, as the dataset spells it where it has it.
        base: The version that is extended.
        policy: What each rule does.
        headers: The header of each file that has one.
        findings: What was wrong with the files so far.
        block_bytes: Bytes of a file that one task reads.
    """

    request: ClinicalExtension
    entity: str
    base: str
    policy: Policy
    headers: Mapping[DataFile, Header]
    findings: tuple[Finding, ...]
    block_bytes: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all files, in the order in which they appear."""
        names = (name for header in self.headers.values() for name in header.names)
        return tuple(dict.fromkeys(names))

    def has_key_of(self, entity: Entity) -> bool:
        """Whether there is a column of the key of an entity, by its name or by its header."""
        key = entity.find_field(entity.primary_key or "")
        return key is not None and not {key.name, key.header}.isdisjoint(self.columns)

    @cached_property
    def scanned(self) -> tuple[tuple[FileSpec, tuple[Block, ...], int], ...]:
        """Each file with its hash, its blocks and its size."""
        return tuple(
            scan_data(file, header, self.request.encoding, self.block_bytes)
            for file, header in self.headers.items()
        )

    @property
    def files(self) -> tuple[FileSpec, ...]:
        """The files as tasks take them."""
        return tuple(file for file, _, _ in self.scanned)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of all files."""
        return tuple(block for _, blocks, _ in self.scanned for block in blocks)

    @cached_property
    def fits_its_rows(self) -> bool:
        """Whether the first rows of each file are as long as its header.

        Where they are not, or none is there, the header may be a row, or have swallowed one.
        """
        return all(_fits_first_rows(blocks) for _, blocks, _ in self.scanned)

    @property
    def has_rows(self) -> bool:
        """Whether any file has a row."""
        return bool(self.blocks)

    @cached_property
    def inputs(self) -> tuple[InputFile, ...]:
        """What is read, with sizes and hashes."""
        data = (
            InputFile(role=self.entity, name=file.label, size=size, sha256=file.sha256)
            for file, _, size in self.scanned
        )
        described = {"dictionary": self.request.dictionary, "codings": self.request.codings}
        return (
            *data,
            *(
                _small_file(describing_role(kind, self.entity), path)
                for kind, path in described.items()
                if path
            ),
        )

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """What else decides the result; the mode follows from the files.

        Under another name the same files may be added to any version.
        """
        return (
            ("base", self.base if self.request.is_copy else ""),
            *delimiter_parameter(self.request.delimiter),
            *self._categories,
            ("encoding", self.request.encoding),
            ("missing", canonical_json(self.request.missing)),
            ("policy", self.policy.to_json()),
        )

    @property
    def _categories(self) -> tuple[tuple[str, str], ...]:
        """What is said about codings, where something is: else the same files make the same."""
        asked = self.request.categories.asked
        return () if asked is None else (("codings_of", canonical_json(asked)),)

    @property
    def fingerprint(self) -> str:
        """The same for the same extension by the same inputs."""
        return fingerprint_of(OPERATION, self.inputs, self.parameters)


def read_files(
    request: ClinicalExtension, entity: str, base: str, *, block_bytes: int
) -> AddedFiles:
    """Read the headers of the files of an extension.

    Raises:
        DictionaryError: The policy file breaks its rules.
    """
    policy = read_policy(Path(request.policy)) if request.policy else Policy()
    data: DataFiles = resolve_data((entity, path) for _, path in request.data)
    headers, found = read_headers(data, request.encoding, request.delimiter)
    return AddedFiles(
        request=request,
        entity=entity,
        base=base,
        policy=policy,
        headers=headers,
        findings=(*data.findings, *found),
        block_bytes=block_bytes,
    )


def _fits_first_rows(blocks: tuple[Block, ...]) -> bool:
    try:
        chunk = next(iterate_chunks(blocks[0], LOOKED_AT)) if blocks else None
    except InputProblemError:
        return False
    if chunk is None:
        return False
    rows = parse_columns(chunk, blocks[0].file, [0], ())
    return len(rows.lines) > 0 and not rows.wrong_length


def describing_role(kind: str, entity: str) -> str:
    """Return the role of a dictionary or codings among the inputs of an extension.

    It is another one beside an entity of that name, whose files have its name as their role.
    """
    return kind if entity not in DESCRIBING else f"{kind} of {entity}"


def _small_file(role: str, path: str) -> InputFile:
    # One that is not there is reported by whoever reads it.
    content = Path(path).read_bytes() if Path(path).is_file() else b""
    return InputFile(
        role=role, name=path, size=len(content), sha256=hashlib.sha256(content).hexdigest()
    )
