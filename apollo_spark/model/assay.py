"""The molecular expression assay: what a record says about its tables, layers and ids."""

import re
from typing import Literal

from pydantic import Field

from apollo_spark.errors import UsageError
from apollo_spark.model.base import Record
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.names import MemberName

ASSAY_TYPE = "molecular_expression"
ASSAY_MODEL_VERSION = "1"
BLOCK_SIZE = 256
"""Most samples of one block: a tile holds one feature over one block."""

UNITS = ("count", "expected_count", "tpm", "fpkm", "fpkm_uq", "rpkm")
OTHER_UNIT = re.compile(r"other:([A-Za-z][A-Za-z0-9_]{0,99})\Z")

FeatureIdKind = Literal["ENSG", "ENST", "any"]
Storage = Literal["integer", "scaled", "double"]

_MAIN_CHROMOSOME = re.compile(r"(?:chr)?([0-9]{1,2}|[XYMxym]|MT|mt)\Z", re.IGNORECASE)


class LayerRecord(Record):
    """One unit of an assay: its table of tiles, and how a value is stored there.

    A `scaled` value is an integer n that stands for n / 10**scale, which is exact; the scale of
    the other kinds of storage is 0.
    """

    unit: str
    table: str
    storage: Storage
    scale: int = Field(default=0, ge=0, le=9)
    is_default: bool = False


class SampleLink(Record):
    """The small table that says to which row of an entity each sample belongs.

    Its columns are `sample_id` and `key`, a value of the entity's field.
    """

    table: str


class AssayRecord(Record):
    """An expression assay: features x samples in one or more units.

    Its samples are joined to `field` of `entity`, by their ids or by the table of `link`. A block
    holds at most `block_size` samples. `origin` is the location of the table of the samples that
    the assay was loaded with, whose keys are the ids of the samples. `guards` are rules that hide
    samples, besides those that hide rows of the entity; their column is `sample_id`.
    """

    name: MemberName
    uuid: str
    type: str = ASSAY_TYPE
    model_version: str = ASSAY_MODEL_VERSION
    feature_id_kind: FeatureIdKind
    annotation_release: str | None = None
    annotation_sha256: str | None = None
    samples_table: str
    features_table: str
    layers: tuple[LayerRecord, ...]
    entity: str = "sample"
    field: str = "sample_id"
    link: SampleLink | None = None
    origin: str | None = None
    guards: tuple[RowGuard, ...] = ()
    sample_count: int = Field(ge=0)
    feature_count: int = Field(ge=0)
    block_count: int = Field(ge=0)
    block_size: int = Field(default=BLOCK_SIZE, ge=1)

    @property
    def default_layer(self) -> LayerRecord:
        """The layer that answers when no unit is named: the one so marked, or the first."""
        return next((each for each in self.layers if each.is_default), self.layers[0])

    def find_layer(self, unit: str) -> LayerRecord | None:
        """Return the layer of a unit, or None."""
        return next((each for each in self.layers if each.unit == unit), None)


def parse_unit(text: str) -> str:
    """Return the unit that a text names; `fpkm-uq` and capital letters are understood.

    Raises:
        UsageError: The text is no unit.
    """
    if OTHER_UNIT.match(text):
        return text
    unit = text.strip().lower().replace("-", "_")
    if unit in UNITS:
        return unit
    raise UsageError(
        f"{text!r} is not a unit of expression.",
        why=f"Units are {', '.join(UNITS)}, and other:NAME with a name of letters, digits and '_'.",
    )


def name_table(assay: str, part: str) -> str:
    """Return the name of one of an assay's tables: `rna_samples`, `rna_tiles_tpm`.

    >>> name_table("rna", "tiles_other:zscore")
    'rna_tiles_other_zscore'
    """
    return f"{assay}_{part.replace(':', '_')}"


def normal_chromosome(text: str) -> str:
    """Return the name of a chromosome as Ensembl writes it; other sequences keep their name.

    >>> normal_chromosome("chr7"), normal_chromosome("chrM"), normal_chromosome("KI270728.1")
    ('7', 'MT', 'KI270728.1')
    """
    found = _MAIN_CHROMOSOME.match(text.strip())
    if found is None:
        return text.strip()
    name = found.group(1).upper()
    return "MT" if name == "M" else name
