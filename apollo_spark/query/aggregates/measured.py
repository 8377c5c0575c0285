"""What assays measured, as a tile asks for it."""

from apollo_spark.model.dashboard.tile import ExpressionScale, Tile
from apollo_spark.model.filter import AssayValue, Operator
from apollo_spark.query.filters.measured import MeasuredValues, UnusableAssay
from apollo_spark.query.scope import QueryScope


def find_measured_fault(scope: QueryScope, tile: Tile) -> UnusableAssay | None:
    """Return why what a tile asks of an assay cannot be asked, None where it can."""
    measured = scope.measured
    if measured is None:
        return UnusableAssay("there is no assay here", is_unknown=True)
    names = measured.names()
    if tile.options.assay is None and len(names) > 1:
        return UnusableAssay(
            f"there are several assays; option assay names one: {', '.join(names)}"
        )
    return measured.find_problem(measured_value(measured, tile))


def measured_value(measured: MeasuredValues, tile: Tile) -> AssayValue:
    """Return the value of an assay that a tile asks for."""
    options = tile.options
    assay = options.assay or next(iter(measured.names()), "")
    return AssayValue(
        # The chart is called as filters call the measure.
        measure=str(tile.chart),
        assay=assay,
        feature=options.feature or "",
        unit=options.unit,
        operator=Operator.IS_NOT_MISSING,
    )


LOGARITHMIC = frozenset({"count", "expected_count", "tpm", "fpkm", "fpkm_uq", "rpkm"})
"""Units whose values are drawn as the logarithm of the value and 1."""


def scale_of(measured: MeasuredValues, tile: Tile) -> ExpressionScale:
    """Return on which scale the values are drawn: as the tile says it, or as their unit does."""
    if tile.options.scale is not None:
        return tile.options.scale
    asked = measured_value(measured, tile)
    unit = asked.unit or next(iter(measured.units_of(asked.assay)), "")
    return ExpressionScale.LOG2 if unit in LOGARITHMIC else ExpressionScale.LINEAR


def place_of_assay(scope: QueryScope, tile: Tile) -> tuple[str, str] | None:
    """Return the entity and field that the samples of a tile's assay belong to."""
    measured = scope.measured
    return None if measured is None else measured.place_of(measured_value(measured, tile).assay)
