"""Questions about an expression assay: its features, and its measured values, as SQL trees.

A table of tiles holds one feature over one block of samples in a row; `expression` is the relation
(feature_id, sample_id, value) that it stands for. A missing value is not a row of it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord, normal_chromosome
from apollo_spark.assays.expression.request_filter import ExpressionFilter, Location
from apollo_spark.model.base import Record
from apollo_spark.model.field import FieldType
from apollo_spark.query.dialects import ListItem
from apollo_spark.query.sql import (
    TypedValue,
    ascending,
    cast,
    column,
    derived,
    labelled,
    literal,
    table,
)

ANNOTATION = ("feature_id", "symbol", "chrom", "start", "end", "strand", "biotype")
"""Columns of the table of features that say what a feature is."""
ADDITIONAL_FIELDS = {
    "feature_name": "symbol",
    "chrom": "chrom",
    "start": "start",
    "end": "end",
    "strand": "strand",
}
"""Columns that a long extract may add, in their order, with the columns of the annotation."""
STATISTICS = ("measured", "detected", "total", "mean", "variance")
"""What is stored for each feature and each sample of a layer."""

_TILES, _SAMPLES, _FEATURES, _VALUES = "tile", "sample", "feature", "expression"


class FeatureChoice(Record):
    """Which features are meant; every part that is given holds. None leaves a part out."""

    ids: tuple[str, ...] | None = None
    symbols: tuple[str, ...] | None = None
    locations: tuple[Location, ...] | None = None


ALL_FEATURES = FeatureChoice()


@dataclass(frozen=True)
class PairChoice:
    """Which measured values are meant; every part that is given holds.

    Attributes:
        features: The features by what they are.
        feature_indexes: The same by their numbers in the tiles, which lets readers skip tiles.
        samples: The samples.
        blocks: The blocks in which these lie, which lets readers skip tiles.
        minimum: The least value.
        maximum: The largest value.
        shown: The ids of the samples that are shown at all; None shows all of them.
    """

    features: FeatureChoice = ALL_FEATURES
    feature_indexes: tuple[int, ...] | None = None
    samples: tuple[str, ...] | None = None
    blocks: tuple[int, ...] | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    shown: exp.Select | None = None


EVERYTHING = PairChoice()


def chosen_features(filter_: ExpressionFilter) -> FeatureChoice:
    """Return the features that a filter means."""
    return FeatureChoice(
        ids=filter_.feature_ids, symbols=filter_.feature_names, locations=filter_.locations
    )


def statistic_column(statistic: str, unit: str) -> str:
    """Return the column of a stored statistic of a layer: `mean_tpm`, `mean_other_zscore`."""
    return f"{statistic}_{unit.replace(':', '_')}"


def features_tree(
    assay: ExpressionAssay, choice: FeatureChoice, columns: Sequence[str] = ANNOTATION
) -> exp.Select:
    """Return the question for some features, in the order of their numbers."""
    tree = exp.select(*(column(_FEATURES, each) for each in columns))
    tree = tree.from_(table(assay.features_table, _FEATURES))
    return _where(tree, _feature_conditions(choice)).order_by(
        ascending(column(_FEATURES, "feature"))
    )


def expression_tree(
    assay: ExpressionAssay, layer: LayerRecord, choice: PairChoice = EVERYTHING
) -> exp.Select:
    """Return the relation `expression(feature_id, sample_id, value)`, in no order.

    `value` is a bigint where the layer holds whole numbers, else a double.
    """
    item = ListItem(this=column(_TILES, "values"), place=column(_SAMPLES, "position"))
    value = _value(layer, item)
    same_block = exp.EQ(this=column(_TILES, "block"), expression=column(_SAMPLES, "block"))
    tree = (
        exp.select(
            column(_TILES, "feature_id"),
            column(_SAMPLES, "sample_id"),
            labelled(value, "value"),
        )
        .from_(table(layer.table, _TILES))
        .join(table(assay.samples_table, _SAMPLES), on=same_block)
        .where(exp.Not(this=exp.Is(this=item.copy(), expression=exp.Null())))
    )
    return _where(tree, _pair_conditions(assay, layer, choice, value))


def extract_tree(
    assay: ExpressionAssay,
    layer: LayerRecord,
    choice: PairChoice = EVERYTHING,
    additional: Iterable[str] = (),
) -> exp.Select:
    """Return the question of a long extract, by feature and then sample.

    The columns are feature_id, sample_id, expression, and then the additional fields.
    """
    added = tuple(additional)
    tree = exp.select(
        column(_VALUES, "feature_id"),
        column(_VALUES, "sample_id"),
        labelled(column(_VALUES, "value"), "expression"),
        *(labelled(column(_FEATURES, ADDITIONAL_FIELDS[each]), each) for each in added),
    ).from_(derived(expression_tree(assay, layer, choice), _VALUES))
    if added:
        same = exp.EQ(
            this=column(_VALUES, "feature_id"), expression=column(_FEATURES, "feature_id")
        )
        tree = tree.join(table(assay.features_table, _FEATURES), on=same, join_type="left")
    return tree.order_by(
        ascending(column(_VALUES, "feature_id")), ascending(column(_VALUES, "sample_id"))
    )


def _value(layer: LayerRecord, item: exp.Expr) -> exp.Expr:
    if layer.storage == "integer":
        return cast(item.copy(), FieldType.INTEGER)
    value = cast(item.copy(), FieldType.FLOAT)
    if layer.storage == "double":
        return value
    # A double divided by a power of ten is the double nearest to the decimal; multiplying is not.
    return exp.Div(this=value, expression=literal(float(10**layer.scale)), typed=False, safe=False)


def whole_bound(bound: int | float, *, is_least: bool) -> int:
    """Return the whole number that bounds those of 64 bits as a number does, at most one beyond.

    Comparing whole numbers with a float makes floats of them, which may lose their last digits.

    >>> whole_bound(2.5, is_least=True), whole_bound(2.5, is_least=False)
    (3, 2)
    """
    if is_least:
        return max(-(2**63), min(2**63, math.ceil(bound)))
    return max(-(2**63) - 1, min(2**63 - 1, math.floor(bound)))


def _bound(layer: LayerRecord, bound: int | float, *, is_least: bool) -> exp.Expr:
    if layer.storage == "integer":
        return literal(whole_bound(bound, is_least=is_least))
    return literal(float(bound))


def _pair_conditions(
    assay: ExpressionAssay, layer: LayerRecord, choice: PairChoice, value: exp.Expr
) -> Iterable[exp.Expr]:
    if choice.feature_indexes is not None:
        yield _one_of(column(_TILES, "feature"), choice.feature_indexes)
    elif choice.features != ALL_FEATURES:
        chosen = features_tree(assay, choice.features, ["feature"])
        chosen.set("order", None)
        yield exp.In(this=column(_TILES, "feature"), query=exp.Subquery(this=chosen))
    if choice.shown is not None:
        shown = exp.Subquery(this=choice.shown.copy())
        yield exp.In(this=column(_SAMPLES, "sample_id"), query=shown)
    if choice.samples is not None:
        yield _one_of(column(_SAMPLES, "sample_id"), choice.samples)
    if choice.blocks is not None:
        yield _one_of(column(_TILES, "block"), choice.blocks)
    if choice.minimum is not None:
        bound = _bound(layer, choice.minimum, is_least=True)
        yield exp.GTE(this=value.copy(), expression=bound)
    if choice.maximum is not None:
        bound = _bound(layer, choice.maximum, is_least=False)
        yield exp.LTE(this=value.copy(), expression=bound)


def _feature_conditions(choice: FeatureChoice) -> Iterable[exp.Expr]:
    if choice.ids is not None:
        yield _one_of(column(_FEATURES, "feature_id"), choice.ids)
    if choice.symbols is not None:
        yield _one_of(column(_FEATURES, "symbol"), choice.symbols)
    if choice.locations is not None:
        overlaps = [_overlap(each) for each in choice.locations]
        yield exp.paren(exp.or_(*overlaps)) if overlaps else exp.false()


def _overlap(location: Location) -> exp.Expr:
    """Return whether a feature and a stretch have a position in common."""
    return exp.and_(
        exp.EQ(
            this=column(_FEATURES, "chrom"),
            expression=literal(normal_chromosome(location.chromosome)),
        ),
        exp.LTE(this=column(_FEATURES, "start"), expression=literal(location.end)),
        exp.GTE(this=column(_FEATURES, "end"), expression=literal(location.start)),
    )


def _one_of(value: exp.Expr, choices: Iterable[TypedValue]) -> exp.Expr:
    listed = [literal(each) for each in choices]
    return exp.In(this=value, expressions=listed) if listed else exp.false()


def _where(tree: exp.Select, conditions: Iterable[exp.Expr]) -> exp.Select:
    for each in conditions:
        tree = tree.where(each)
    return tree
