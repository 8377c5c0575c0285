"""Which raw file of GiBleed belongs to which entity."""

EMPTY_NAMES = (
    "care_site cohort cohort_attribute concept_class cost death device_exposure dose_era "
    "drug_strength fact_relationship location metadata note note_nlp payer_plan_period provider "
    "source_to_concept_map specimen visit_detail"
)
PACKED_NAMES = (
    "concept concept_ancestor concept_synonym condition_era condition_occurrence drug_era "
    "drug_exposure measurement observation observation_period person procedure_occurrence "
    "relationship visit_occurrence"
)
EMPTY = frozenset(EMPTY_NAMES.split())
PACKED = frozenset(PACKED_NAMES.split())
PLAIN = frozenset({"concept_relationship", "domain", "vocabulary"})
FILES = {
    entity: f"{entity.upper()}.csv{'.gz' if entity in PACKED else ''}"
    for entity in sorted(EMPTY | PACKED | PLAIN)
}
