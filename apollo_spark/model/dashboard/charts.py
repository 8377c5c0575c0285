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


class Wanted(Enum):
    """What a field of a chart must be."""

    VALUES = "values to count"
    SINGLE = "values to count, one in a cell"
    NUMBER = "numbers"
    SCALE = "numbers or dates"
    ANY = "anything"

    def fits(self, spec: FieldSpec) -> bool:
        """Return whether a field is what is wanted."""
        is_measured = not spec.is_multi_select and not spec.must_be_coded
        if self is Wanted.NUMBER:
            return is_measured and spec.type in NUMBERS
        if self is Wanted.SCALE:
            return is_measured and spec.type is not FieldType.STRING
        return self is not Wanted.SINGLE or not spec.is_multi_select


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

    fields: tuple[Wanted, ...]
    needed: int
    options: tuple[str, ...] = ()
    limit: tuple[int, int] | None = None
    more: bool = False


CHARTS: Mapping[ChartKind, ChartRule] = {
    ChartKind.BAR: ChartRule((Wanted.VALUES,), 1, ("count", "limit"), (MOST_BARS, MOST_BARS)),
    ChartKind.LIST: ChartRule(
        (Wanted.VALUES, Wanted.VALUES), 1, ("count", "limit", "under"), (MOST_LISTED, MOST_LISTED)
    ),
    ChartKind.STACKED: ChartRule(
        (Wanted.SINGLE, Wanted.SINGLE), 2, ("count", "limit"), (MOST_BARS, MOST_BARS)
    ),
    ChartKind.HISTOGRAM: ChartRule((Wanted.SCALE,), 1, ("bins",)),
    ChartKind.BOX: ChartRule((Wanted.NUMBER,), 1),
    ChartKind.GROUPED_BOX: ChartRule(
        (Wanted.VALUES, Wanted.NUMBER), 2, ("limit",), (MOST_BOXES, MOST_BOXES)
    ),
    ChartKind.SCATTER: ChartRule((Wanted.NUMBER, Wanted.NUMBER), 2, ("bins",)),
    ChartKind.SURVIVAL: ChartRule(
        (Wanted.NUMBER, Wanted.SINGLE, Wanted.SINGLE), 2, ("living", "dead", "limit"),
        (MOST_CURVES, MOST_CURVES),
    ),
    ChartKind.TABLE: ChartRule((Wanted.ANY,), 1, ("limit",), (20, MOST_ROWS), more=True),
    ChartKind.EXPRESSION: ChartRule(
        (Wanted.SINGLE,), 0, ("assay", "feature", "unit", "scale", "limit"),
        (MOST_BOXES, MOST_BOXES),
    ),
}  # fmt: skip

LIVING_WORDS = frozenset({"living", "alive", "diseasefree", "disease-free"})
"""Values, or meanings of codes, that say that somebody lives, whatever their case is."""


def status_field(tile: Tile) -> str | None:
    """Return the field of a survival that says what happened; other charts have none."""
    has_status = tile.chart is ChartKind.SURVIVAL and len(tile.fields) > 1
    return tile.fields[1] if has_status else None
