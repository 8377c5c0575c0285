"""The molecular expression assay: its layers, units and ids, and how a record holds them."""

import re
from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from apollo_spark.errors import UsageError
from apollo_spark.model.assay import AssayFacts, AssayRecord, AssayReference, AssayTable
from apollo_spark.model.base import Record
from apollo_spark.records.showing import shown_assay

EXPRESSION = "molecular_expression"
MODEL_VERSION = "1"
LOAD = "load expression"
"""What the lineage of a load says."""
BLOCK_SIZE = 256
"""Most samples of one block: a tile holds one feature over one block."""

UNITS = ("count", "expected_count", "tpm", "fpkm", "fpkm_uq", "rpkm")
OTHER_UNIT = re.compile(r"other:([A-Za-z][A-Za-z0-9_]{0,99})\Z")

FeatureIdKind = Literal["ENSG", "ENST", "any"]
Storage = Literal["integer", "scaled", "double"]

_MAIN_CHROMOSOME = re.compile(r"(?:chr)?([0-9]{1,2}|[XYMxym]|MT|mt)\Z", re.IGNORECASE)
_FEATURES = "features"


class StoredLayer(Record):
    """One unit of an assay, and how its values are stored.

    A `scaled` value is an integer n that stands for n / 10**scale, which is exact; the scale of
    the other kinds of storage is 0.
    """

    unit: str
    storage: Storage
    scale: int = Field(default=0, ge=0, le=9)
    is_default: bool = False


class LayerRecord(StoredLayer):
    """One unit of an assay with the name of its table of tiles."""

    table: str


class ExpressionDetails(Record):
    """What a record says of an expression assay besides what it says of any.

    A block holds at most `block_size` samples.
    """

    feature_id_kind: FeatureIdKind
    layers: tuple[StoredLayer, ...]
    feature_count: int = Field(ge=0)
    block_count: int = Field(ge=0)
    block_size: int = Field(default=BLOCK_SIZE, ge=1)


class ExpressionAssay(AssayFacts):
    """An expression assay: features x samples in one or more units."""

    type: str = EXPRESSION
    model_version: str = MODEL_VERSION
    feature_id_kind: FeatureIdKind
    reference: AssayReference | None = None
    samples_table: str
    features_table: str
    layers: tuple[LayerRecord, ...]
    feature_count: int = Field(ge=0)
    block_count: int = Field(ge=0)
    block_size: int = Field(default=BLOCK_SIZE, ge=1)

    @classmethod
    def of(cls, record: AssayRecord) -> "ExpressionAssay":
        """Return what a record says of an expression assay."""
        details = ExpressionDetails.model_validate_json(record.details)
        layers = (
            LayerRecord(**dict(each), table=record.table_of(tiles_role(each.unit)))
            for each in details.layers
        )
        return cls(
            **{name: getattr(record, name) for name in AssayFacts.model_fields},
            reference=record.reference,
            samples_table=record.samples_table,
            features_table=record.table_of(_FEATURES),
            layers=tuple(layers),
            **{name: getattr(details, name) for name in _COUNTS},
        )

    def as_record(self) -> AssayRecord:
        """Return the assay as a dataset's record has it."""
        layers = tuple(StoredLayer(**each.model_dump(exclude={"table"})) for each in self.layers)
        tables = {
            "samples": self.samples_table,
            _FEATURES: self.features_table,
            **{tiles_role(each.unit): each.table for each in self.layers},
        }
        details = ExpressionDetails(
            layers=layers, **{name: getattr(self, name) for name in _COUNTS}
        )
        return AssayRecord(
            **{name: getattr(self, name) for name in AssayFacts.model_fields},
            reference=self.reference,
            tables=tuple(AssayTable(role=role, table=name) for role, name in tables.items()),
            details=details.to_json(),
        )

    @property
    def default_layer(self) -> LayerRecord:
        """The layer that answers when no unit is named: the one so marked, or the first."""
        return next((each for each in self.layers if each.is_default), self.layers[0])

    def find_layer(self, unit: str) -> LayerRecord | None:
        """Return the layer of a unit, or None."""
        return next((each for each in self.layers if each.unit == unit), None)

    def under_label(self, label: str) -> "ExpressionAssay":
        """Return the assay as a question reads it whose tables go by names with a label."""
        layers = (each.model_copy(update={"table": f"{label}{each.table}"}) for each in self.layers)
        return self.model_copy(
            update={
                "samples_table": f"{label}{self.samples_table}",
                "features_table": f"{label}{self.features_table}",
                "layers": tuple(layers),
            }
        )

    def shown(self, *, samples: int, features: int) -> "ExpressionAssay":
        """Return the assay for people, with the numbers of samples and features that are shown."""
        counts = {"sample_count": samples, "feature_count": features}
        blocks = -(-samples // self.block_size)
        shown = ExpressionAssay.of(shown_assay(self.as_record()))
        return shown.model_copy(update={**counts, "block_count": blocks})


_COUNTS = ("feature_id_kind", "feature_count", "block_count", "block_size")


def tiles_role(unit: str) -> str:
    """Return the role of the table of tiles of a unit."""
    return f"tiles_{unit}"


def expression_assays(assays: Iterable[AssayRecord]) -> tuple[ExpressionAssay, ...]:
    """Return the expression assays among others."""
    return tuple(ExpressionAssay.of(each) for each in assays if each.type == EXPRESSION)


def parse_unit(text: str) -> str:
    """Return the unit that a text names; `fpkm-uq` and capital letters are understood.

    Raises:
        UsageError: The text is not a unit.
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
