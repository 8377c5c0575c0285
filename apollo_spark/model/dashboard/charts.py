"""The charts: how many fields each takes, of what kind, and which options it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from apollo_spark.model.dashboard.tile import ChartKind, Tile
from apollo_spark.model.field import FieldSpec, FieldType

NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})
MOST_BARS = 20
MOST_LISTED = 200
MOST_BINS = 100
MOST_CELLS = 60
MOST_BOXES = 15
MOST_CURVES = 10
MOST_ROWS = 200
MOST_STEPS = 400
"""Steps that are kept of a curve."""
MOST_POINTS = 300
"""Points that are drawn one by one; more are drawn as density."""


class FieldNeed(Enum):
    """What a field of a chart must be."""

    VALUES = "values to count"
    SINGLE = "values to count, one in a cell"
    NUMBER = "numbers"
    SCALE = "numbers or dates"
    ANY = "anything"

    def fits(self, spec: FieldSpec) -> bool:
        """Return whether a field is what is wanted."""
        is_measured = not spec.is_multi_select and not spec.must_be_coded
        if self is FieldNeed.NUMBER:
            return is_measured and spec.type in NUMBERS
        if self is FieldNeed.SCALE:
            return is_measured and spec.type is not FieldType.STRING
        return self is not FieldNeed.SINGLE or not spec.is_multi_select


@dataclass(frozen=True)
class ChartRule:
    """What a chart takes.

    Attributes:
        fields: What each field must be, in order.
        needed: How many of them must be there.
        options: The options that it knows.
        limit: What is shown where no limit is said, and at most.
        more: Whether there may be more fields like the last one.
    """

    fields: tuple[FieldNeed, ...]
    needed: int
    options: tuple[str, ...] = ()
    limit: tuple[int, int] | None = None
    more: bool = False


CHARTS: Mapping[ChartKind, ChartRule] = {
    ChartKind.BAR: ChartRule((FieldNeed.VALUES,), 1, ("count", "limit"), (MOST_BARS, MOST_BARS)),
    ChartKind.LIST: ChartRule(
        (FieldNeed.VALUES, FieldNeed.VALUES),
        1,
        ("count", "limit", "under"),
        (MOST_LISTED, MOST_LISTED),
    ),
    ChartKind.STACKED: ChartRule(
        (FieldNeed.SINGLE, FieldNeed.SINGLE), 2, ("count", "limit"), (MOST_BARS, MOST_BARS)
    ),
    ChartKind.HISTOGRAM: ChartRule((FieldNeed.SCALE,), 1, ("bins",)),
    ChartKind.BOX: ChartRule((FieldNeed.NUMBER,), 1),
    ChartKind.GROUPED_BOX: ChartRule(
        (FieldNeed.VALUES, FieldNeed.NUMBER), 2, ("limit",), (MOST_BOXES, MOST_BOXES)
    ),
    ChartKind.SCATTER: ChartRule((FieldNeed.NUMBER, FieldNeed.NUMBER), 2, ("bins",)),
    ChartKind.SURVIVAL: ChartRule(
        (FieldNeed.NUMBER, FieldNeed.SINGLE, FieldNeed.SINGLE), 2, ("living", "dead", "limit"),
        (MOST_CURVES, MOST_CURVES),
    ),
    ChartKind.TABLE: ChartRule((FieldNeed.ANY,), 1, ("limit",), (20, MOST_ROWS), more=True),
    ChartKind.EXPRESSION: ChartRule(
        (FieldNeed.SINGLE,), 0, ("assay", "feature", "unit", "scale", "limit"),
        (MOST_BOXES, MOST_BOXES),
    ),
}  # fmt: skip

LIVING_WORDS = frozenset({"living", "alive", "diseasefree", "disease-free"})
"""Values, or meanings of codes, that say that somebody lives, whatever their case is."""


def status_field(tile: Tile) -> str | None:
    """Return the field of a survival that says what happened; other charts have none."""
    has_status = tile.chart is ChartKind.SURVIVAL and len(tile.fields) > 1
    return tile.fields[1] if has_status else None
