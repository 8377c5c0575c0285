"""What a task is told: columns, files and blocks, as plain frozen values that can be pickled."""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["string", "integer", "float", "date", "datetime"]
Compression = Literal["none", "gzip"]


@dataclass(frozen=True)
class ColumnSpec:
    """One column to read, check and store.

    Attributes:
        header: Name in the header of the file.
        name: Name under which it is stored.
        type: Type of a value, or of one item of a multi-select.
        is_multi_select: A cell holds items joined by `|`, stored as a list.
        codes: Every value must be one of these, compared as typed values; None allows all.
        is_key: A cell without value is a key that is missing.
        is_reference: A cell without value is a row that refers to no parent.
        joins: Its values join rows: a text in which nobody sees anything is not a value.
        format: How dates or numbers are written, where that is not the usual way.
    """

    header: str
    name: str
    type: ColumnType
    is_multi_select: bool = False
    codes: tuple[str, ...] | None = None
    is_key: bool = False
    is_reference: bool = False
    joins: bool = False
    format: str | None = None


@dataclass(frozen=True)
class EntitySpec:
    """The columns of one entity, in stored order, and the cell texts that mean "no value"."""

    entity: str
    columns: tuple[ColumnSpec, ...]
    missing: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class FileSpec:
    """One input file, as the header reader found it.

    Attributes:
        path: Where a task opens it.
        label: The name shown to people.
        sha256: Of the raw bytes, hexadecimal.
        delimiter: One character.
        encoding: Any Python text encoding.
        compression: Of the raw bytes.
        header: Names in the order of the file.
        data_start: Bytes before the first data row: of the raw file, or of the decompressed
            stream; a byte order mark counts.
        data_line: 1-based physical line of the first data row.
    """

    path: str
    label: str
    sha256: str
    delimiter: str
    header: tuple[str, ...]
    data_start: int
    data_line: int
    encoding: str = "utf-8"
    compression: Compression = "none"


@dataclass(frozen=True)
class Block:
    """A part of a file that begins and ends at a row boundary; `end` None is the file's end."""

    file: FileSpec
    index: int
    start: int
    end: int | None
    line: int
