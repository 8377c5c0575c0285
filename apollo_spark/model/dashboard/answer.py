"""What answers a tile: counts and aggregates, never more of them than a chart can show."""

from pydantic import computed_field

from apollo_spark.model.base import Record
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.suppressed import Count, Suppressed


class ValueCount(Record):
    """How often a value was found.

    Attributes:
        value: The stored value as text: a code, where there is a coding; None is all others.
        label: The meaning of the code.
        count: How many; of a code in a tree, with all codes below it.
        share: Its part of all that have any value; of several values in a cell they add up to
            more than one.
        depth: How deep it is in a tree or below the value of a first field.
        parent: The code or the value that it is below.
        field: Whose value it is, where a tile has several fields.
    """

    value: str | None
    label: str | None = None
    count: Count
    share: float | None = None
    depth: int = 0
    parent: str | None = None
    field: str | None = None


class Others(Record):
    """The values that are not shown one by one: how many there are, and how often."""

    values: Count
    count: Count


class PairCount(Record):
    """How often two values were found together; None is every value that is not shown."""

    first: str | None
    first_label: str | None = None
    second: str | None
    second_label: str | None = None
    count: Count


class Bin(Record):
    """Values from a bound to the next one, which belongs to the next bin."""

    start: float | str
    end: float | str
    count: Count


class Box(Record):
    """Numbers in short; quartiles are interpolated between two values, as numpy does it."""

    n: Count
    min: float | None = None
    q1: float | None = None
    median: float | None = None
    q3: float | None = None
    max: float | None = None
    mean: float | None = None


class GroupBox(Record):
    """Numbers of one group."""

    value: str
    label: str | None = None
    box: Box


class Point(Record):
    """A pair of numbers, and how often it was found."""

    x: float
    y: float
    count: Count


class GridCell(Record):
    """Pairs of numbers of one bin each way."""

    x_start: float
    x_end: float
    y_start: float
    y_end: float
    count: Count


class Step(Record):
    """A curve from one time on.

    Attributes:
        time: When it is.
        at_risk: Who was there just before.
        events: How many events there were.
        censored: Who left without one.
        survival: The share without event from then on.
        lower: The lower bound of its confidence interval.
        upper: The upper one; both are None where nothing is left to tell it.
    """

    time: float
    at_risk: Count
    events: Count
    censored: Count
    survival: float
    lower: float | None
    upper: float | None


class AtRisk(Record):
    """How many people are there just before a time."""

    time: float
    count: Count


class Curve(Record):
    """The survival of one group; `value` is None where there is one group alone.

    Attributes:
        value: The group.
        label: What it means.
        n: How many people.
        events: How many events.
        median: The first time at which at most half of them are without event.
        median_lower: The first time at which the lower bound is there.
        median_upper: The first time at which the upper bound is there.
        steps: The curve, thinned where it has very many steps; the first one is at time 0.
        at_risk: The numbers at risk at round times.
    """

    value: str | None = None
    label: str | None = None
    n: Count
    events: Count
    median: float | None = None
    median_lower: float | None = None
    median_upper: float | None = None
    steps: tuple[Step, ...] = ()
    at_risk: tuple[AtRisk, ...] = ()


class LogRank(Record):
    """Whether curves differ: the log-rank test."""

    chi_squared: float
    degrees: int
    p: float


class TileData(Record):
    """The answer for some people.

    Attributes:
        cohort: The cohort, as `name@version`; None where there is none.
        filter: Who is meant, as the canonical text of a filter; None is everybody.
        people: How many people they are.
        rows: Rows of theirs that are counted, with a value or without.
        missing: Rows without a value.
        sparse: Sparse codes, which are never drawn as numbers.
        not_drawn: Rows that no chart shows, by why.
        others: Values that are not shown one by one.
        values: Of bars and lists.
        pairs: Of stacked bars.
        bins: Of a histogram.
        box: Of a box plot.
        boxes: Of grouped box plots and of expression.
        points: Of a scatter plot with few rows.
        cells: Of one with more.
        curves: Of survival.
        log_rank: Between the groups of survival.
        table: The rows of a table, as texts.
    """

    cohort: str | None = None
    filter: str | None = None
    people: Count | None = None
    rows: Count = 0
    missing: Count = 0
    sparse: tuple[ValueCount, ...] = ()
    not_drawn: tuple[tuple[str, Count], ...] = ()
    others: Others | None = None
    values: tuple[ValueCount, ...] = ()
    pairs: tuple[PairCount, ...] = ()
    bins: tuple[Bin, ...] = ()
    box: Box | None = None
    boxes: tuple[GroupBox, ...] = ()
    points: tuple[Point, ...] = ()
    cells: tuple[GridCell, ...] = ()
    curves: tuple[Curve, ...] = ()
    log_rank: LogRank | None = None
    table: tuple[tuple[str | None, ...], ...] = ()


class TileAnswer(Record):
    """The answer to one tile.

    Attributes:
        tile: What was asked for.
        dataset: The version of the dataset, as `name@version`.
        unit: What is counted: `people`, `rows of visit`, `samples of rna`.
        titles: What its fields are called, with their units.
        data: The answer; None where there is none.
        compared: The same of the people that these are compared with.
        log_rank: Between the two, of survival.
        problem: Why the tile cannot be answered.
        notes: What a reader should know.
    """

    tile: Tile
    dataset: str
    unit: str | None = None
    titles: tuple[str, ...] = ()
    data: TileData | None = None
    compared: TileData | None = None
    log_rank: LogRank | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()

    @computed_field  # type: ignore[prop-decorator] # as pydantic says to
    @property
    def filter(self) -> str | None:
        """Who is meant, as the canonical text of a filter; None is everybody."""
        return None if self.data is None else self.data.filter

    @computed_field  # type: ignore[prop-decorator] # as pydantic says to
    @property
    def suppressed(self) -> bool:
        """Whether some count of it is not shown."""
        return any(map(_holds_suppressed, (self.data, self.compared)))

    @property
    def title(self) -> str:
        """What the tile is called."""
        return (
            self.tile.title
            or " by ".join(self.titles or self.tile.fields)
            or str(self.tile.options.feature or self.tile.chart)
        )

    @property
    def all_data(self) -> tuple[TileData, ...]:
        """The answers for one or two cohorts."""
        return tuple(each for each in (self.data, self.compared) if each is not None)


def _holds_suppressed(value: object) -> bool:
    if isinstance(value, Suppressed):
        return True
    if isinstance(value, Record):
        return any(_holds_suppressed(getattr(value, name)) for name in type(value).model_fields)
    return isinstance(value, tuple) and any(map(_holds_suppressed, value))
