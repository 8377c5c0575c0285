"""What an id map and an annotation did not name is always told."""

from apollo_spark.assays.expression.sources.annotation.annotate import Annotated
from apollo_spark.assays.expression.sources.ids.features import FeatureIds
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of


def find_unmapped(features: FeatureIds) -> tuple[Finding, ...]:
    """Return that an id map names no id of the sources, which would load nothing."""
    if features.mapped or not features.unmapped + features.ambiguous:
        return ()
    text = f"the id map names none of the {_total(features):,} ids{_advice(features)}"
    return (finding_of("id_map_nothing", text),)


def describe_mapping(features: FeatureIds) -> str:
    """Return how many ids an id map names, and what becomes of the others."""
    lost = features.unmapped + features.ambiguous
    told = f"the id map names {features.mapped:,} of {_total(features):,} ids"
    if not lost:
        return told
    parts = {"are not in it": features.unmapped, "have several names in it": features.ambiguous}
    listed = " and ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    return f"{told}; {listed}, and are left out (--id-map){_advice(features)}"


def find_unannotated(annotated: Annotated) -> tuple[Finding, ...]:
    """Return that an annotation describes no feature: it is another's, or of other ids."""
    if annotated.annotated or not len(annotated.table):
        return ()
    text = (
        f"the annotation describes none of the {len(annotated.table):,} features: "
        "is it that of another organism, or of ids of another kind?"
    )
    return (finding_of("annotation_nothing", text),)


def describe_annotation(annotated: Annotated) -> str:
    """Return how many features an annotation describes."""
    total = len(annotated.table)
    told = f"the annotation describes {annotated.annotated:,} of {total:,} features"
    older = f", {annotated.retired:,} of them older than it" if annotated.retired else ""
    lost = total - annotated.annotated
    return f"{told}; {lost:,} have no symbol and no place{older} (--annotation)" if lost else told


def _total(features: FeatureIds) -> int:
    return features.mapped + features.unmapped + features.ambiguous


def _advice(features: FeatureIds) -> str:
    if not features.hints:
        return ""
    how, count = max(features.hints, key=lambda each: each[1])
    return f"; {how} it would name {count:,} of these"
