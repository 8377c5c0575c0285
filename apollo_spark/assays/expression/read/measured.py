"""The values of one feature in one unit, as filters ask for them."""

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from apollo_spark.assays.base import ReadAssay
from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord
from apollo_spark.assays.expression.query import (
    ALL_FEATURES,
    FeatureChoice,
    PairChoice,
    expression_tree,
)
from apollo_spark.assays.expression.read.select import OpenAssay, find_annotation, open_assay
from apollo_spark.query.assay_scope import shown_samples
from apollo_spark.query.filters.measured import MeasuredFeature, UnusableAssay
from apollo_spark.query.scope import QueryScope
from apollo_spark.sources.filters.literals import write_literal
from apollo_spark.sources.filters.marks import FEATURE, UNIT
from apollo_spark.sources.suggest import find_near

IDS_SHOWN = 10
"""Ids of features with one symbol that a message shows; all are counted."""


def find_measured(
    assay: ReadAssay, feature: str, unit: str | None
) -> MeasuredFeature | UnusableAssay:
    """Return which feature and unit are meant, or why none are.

    Args:
        assay: The assay.
        feature: The id of a feature, or a symbol that one feature has alone.
        unit: The unit; it may be left out where there is one.
    """
    own = ExpressionAssay.of(assay.record)
    layer = _find_layer(own, unit)
    if isinstance(layer, UnusableAssay):
        return layer
    opened = open_assay(assay.files, assay.opened, own)
    # Samples that are withdrawn take no meaning from a name: a cohort that asks for a feature
    # which they alone have is of nobody. What a view hides is not there.
    known = opened if assay.opened.record.hides else replace(opened, shown=None)
    ids = _ids_of(known, FeatureChoice(ids=(feature,)))
    ids = ids or _ids_of(known, FeatureChoice(symbols=(feature,)))
    if len(ids) != 1:
        return _not_one(opened, feature, ids, suggests=assay.opened.scope.suggests)
    return MeasuredFeature(ids[0], layer.unit)


def measured_values(
    assay: ExpressionAssay, meant: MeasuredFeature, scope: QueryScope
) -> exp.Select:
    """Return the question for `sample_id` and `value` of a feature in the samples shown.

    Args:
        assay: The assay.
        meant: The feature and the unit.
        scope: What may be read: tables go by its label.
    """
    labelled = assay.under_label(scope.label)
    layer = labelled.find_layer(meant.unit or "")
    assert layer is not None, "the unit was looked up"
    shown = shown_samples(scope, assay.as_record())
    choice = PairChoice(features=FeatureChoice(ids=(meant.feature,)), shown=shown)
    return expression_tree(labelled, layer, choice)


def _find_layer(assay: ExpressionAssay, unit: str | None) -> LayerRecord | UnusableAssay:
    units = [each.unit for each in assay.layers]
    known = ", ".join(units)
    if unit is None:
        if len(units) == 1:
            return assay.layers[0]
        text = f"the assay {assay.name!r} has several units; name one: {known}"
        return UnusableAssay(text, suggestions=tuple(units), part=UNIT)
    found = assay.find_layer(unit)
    if found is not None:
        return found
    near = find_near(unit, units)
    text = f"the assay {assay.name!r} has no unit {unit!r}; it has {known}"
    meant = () if near is None else (near,)
    return UnusableAssay(text, is_unknown=True, suggestions=meant, part=UNIT)


def _ids_of(assay: OpenAssay, choice: FeatureChoice) -> list[str]:
    return [str(each) for each in find_annotation(assay, choice).column("feature_id").to_pylist()]


def _not_one(
    assay: OpenAssay, feature: str, ids: Sequence[str], *, suggests: bool
) -> UnusableAssay:
    name = assay.files.assay.name
    if ids:
        shown = ", ".join(ids[:IDS_SHOWN]) + (" ..." if len(ids) > IDS_SHOWN else "")
        return UnusableAssay(
            f"{len(ids):,} features of the assay {name!r} have the symbol {feature!r}; name one by "
            f"its id: {shown}",
            suggestions=tuple(map(write_literal, ids[:IDS_SHOWN])),
            part=FEATURE,
        )
    near = _find_near_feature(assay, feature) if suggests else None
    hint = "" if near is None else f" (did you mean {near!r}?)"
    text = f"the assay {name!r} has no feature {feature!r}{hint}"
    meant = () if near is None else (write_literal(near),)
    return UnusableAssay(text, is_unknown=True, suggestions=meant, part=FEATURE)


def _find_near_feature(assay: OpenAssay, feature: str) -> str | None:
    known = find_annotation(assay, ALL_FEATURES)
    for names in ("symbol", "feature_id"):
        found = find_near(feature, (each for each in known.column(names).to_pylist() if each))
        if found is not None:
            return found
    return None
