"""Fields: the typed, named columns of an entity."""

from enum import Enum
from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from apollo_spark.model.base import Record
from apollo_spark.workers.values.tidying import tidy_name


class FieldType(str, Enum):
    """The type of a field's values, in the words of the data dictionary."""

    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    DATE = "date"
    DATETIME = "datetime"

    def __str__(self) -> str:
        """Return the word of the data dictionary."""
        return self.value


class FieldSpec(Record):
    """One field of one entity.

    `integer` is 64 bit, `float` is double precision, `datetime` is stored as UTC. A sparse field
    holds ordinary values and, among them, codes with a meaning of their own. An open coding was
    found in the values: it takes new ones as codes, and says nothing of their order. A format says
    how files write dates or numbers.
    """

    name: str
    type: FieldType
    coding_name: str | None = None
    concept: str | None = None
    description: str | None = None
    folder_path: tuple[str, ...] = ()
    format: str | None = None
    is_multi_select: bool = False
    is_sparse: bool = False
    is_open_coding: bool = False
    linkout: str | None = None
    longitudinal_axis_type: str | None = None
    source_column: str | None = None
    title: str | None = None
    units: str | None = None

    @property
    def header(self) -> str:
        """The name of the field's column in the raw file, tidied as headers are."""
        return tidy_name(self.source_column or "") or self.name

    @property
    def label(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name

    @property
    def must_be_coded(self) -> bool:
        """Whether every value must be a code of the coding."""
        return self.coding_name is not None and not (self.is_sparse or self.is_open_coding)

    @property
    def has_open_coding(self) -> bool:
        """Whether every new value becomes a code of the coding."""
        return self.coding_name is not None and self.is_open_coding

    @model_serializer(mode="wrap")
    def _leave_out_closed(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write a field as version 0.1.0 did, where it has nothing that version did not know."""
        written: dict[str, Any] = write(self)
        if not self.is_open_coding:
            del written["is_open_coding"]
        if self.format is None:
            del written["format"]
        return written
