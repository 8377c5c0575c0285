"""An assay of any type: what a record says of it, and what only its type understands."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

from apollo_spark.errors import BrokenPinError
from apollo_spark.model.base import Record, canonical_json
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.names import MemberName

SAMPLES = "samples"
"""The role of the table with a row per sample, which every assay has: its key is `sample_id`."""


def _as_json_text(value: Any) -> Any:
    return value if isinstance(value, str) else canonical_json(value)


JsonText = Annotated[
    str, BeforeValidator(_as_json_text), PlainSerializer(json.loads, return_type=dict[str, Any])
]
"""An object whose form only others know: its canonical JSON in memory, the object when stored."""


class SampleLink(Record):
    """The small table that says to which row of an entity each sample belongs.

    Its columns are `sample_id` and `key`, a value of the entity's field.
    """

    table: str


class AssayTable(Record):
    """A table of an assay: what it is for, and the name of its pin."""

    role: str
    table: str


class AssayReference(Record):
    """What the features of an assay were described by: a release, and the SHA-256 of its file."""

    release: str | None = None
    sha256: str | None = None


class AssayFacts(Record):
    """What is true of an assay whatever it measures.

    Its samples are joined to `field` of `entity`, by their ids or by the table of `link`. `origin`
    is the location of the table of the samples that the assay was loaded with, whose keys are the
    ids of the samples. `guards` are rules that hide samples, besides those that hide rows of the
    entity; their column is `sample_id`.
    """

    name: MemberName
    uuid: str
    type: str
    model_version: str
    entity: str = "sample"
    field: str = "sample_id"
    link: SampleLink | None = None
    origin: str | None = None
    guards: tuple[RowGuard, ...] = ()
    sample_count: int = Field(ge=0)


class AssayRecord(AssayFacts):
    """An assay as a dataset's record has it.

    Attributes:
        tables: Its tables by role; that of the samples is among them, a linking table is not.
        reference: What its features were described by.
        details: What its type says besides, as JSON that only the type reads.
    """

    tables: tuple[AssayTable, ...]
    reference: AssayReference | None = None
    details: JsonText = "{}"

    @property
    def samples_table(self) -> str:
        """The table with a row per sample."""
        return self.table_of(SAMPLES)

    def table_of(self, role: str) -> str:
        """Return the name of the table of a role.

        Raises:
            BrokenPinError: The assay has none.
        """
        found = next((each.table for each in self.tables if each.role == role), None)
        if found is None:
            raise BrokenPinError(f"The record of the assay {self.name} names no table of {role}.")
        return found

    @property
    def all_tables(self) -> tuple[str, ...]:
        """Every table, by the names of their pins."""
        link = () if self.link is None else (self.link.table,)
        return (*(each.table for each in self.tables), *link)


def name_table(assay: str, role: str) -> str:
    """Return the name of one of an assay's tables: `rna_samples`, `rna_tiles_tpm`.

    >>> name_table("rna", "tiles_other:zscore")
    'rna_tiles_other_zscore'
    """
    return f"{assay}_{role.replace(':', '_')}"
