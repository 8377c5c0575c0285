"""What a tile of a dashboard asks for: a kind of chart, fields, and options."""

from enum import Enum

from pydantic import Field

from apollo_spark.model.base import Record


class ChartKind(str, Enum):
    """The kinds of charts, in the words of a dashboard file."""

    BAR = "bar"
    LIST = "list"
    STACKED = "stacked"
    HISTOGRAM = "histogram"
    BOX = "box"
    GROUPED_BOX = "grouped-box"
    SCATTER = "scatter"
    SURVIVAL = "survival"
    TABLE = "table"
    EXPRESSION = "expression"

    def __str__(self) -> str:
        """Return the word of a dashboard file."""
        return self.value


class CountUnit(str, Enum):
    """What charts of values count."""

    ROWS = "rows"
    PEOPLE = "people"

    def __str__(self) -> str:
        """Return the word of a dashboard file."""
        return self.value


class ExpressionScale(str, Enum):
    """On which scale measured values are drawn."""

    LOG2 = "log2"
    LINEAR = "linear"

    def __str__(self) -> str:
        """Return the word of a dashboard file."""
        return self.value


class TileOptions(Record):
    """What a tile may say beside its fields; which chart takes which is in `charts.py`.

    Attributes:
        count: Whether values are counted in rows of their entity or in people.
        limit: How many values, groups or rows are shown at most.
        under: Of a tree, the code below which it is listed.
        bins: How many bins, or cells along each axis, there are at most.
        living: Of survival, the values that mean that somebody lives; every other one is an event.
        dead: Of survival, the values that mean an event; every other one is none.
        assay: The assay; it may be left out where there is one.
        feature: Its feature, by id or by a symbol that one feature has alone.
        unit: The unit of its values; it may be left out where there is one.
        scale: Of measured values, `log2` is that of the value and 1.
    """

    count: CountUnit = CountUnit.ROWS
    limit: int | None = Field(default=None, ge=1)
    under: str | None = None
    bins: int | None = Field(default=None, ge=1)
    living: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    assay: str | None = None
    feature: str | None = None
    unit: str | None = None
    scale: ExpressionScale | None = None


class TileLayout(Record):
    """Where a tile is on a grid of twelve columns; what is not said is found for it."""

    x: int | None = Field(default=None, ge=0, le=11)
    y: int | None = Field(default=None, ge=0)
    width: int | None = Field(default=None, ge=1, le=12)
    height: int | None = Field(default=None, ge=1, le=24)


NO_OPTIONS = TileOptions()
NO_LAYOUT = TileLayout()


class Tile(Record):
    """One tile: a chart of some fields.

    Attributes:
        chart: The kind of chart.
        fields: Fields as `entity.field`, in the order that the chart gives a meaning to.
        title: What it is called; by default its fields say it.
        options: What else decides the chart.
        layout: Where it is.
    """

    chart: ChartKind
    fields: tuple[str, ...] = ()
    title: str | None = None
    options: TileOptions = NO_OPTIONS
    layout: TileLayout = NO_LAYOUT
