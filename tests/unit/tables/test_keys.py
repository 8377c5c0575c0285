"""Which checks between rows a dictionary asks for."""

from apollo_spark.tables.keys import entities_below, parent_references, plan_key_checks
from tests.support.dictionaries import dictionary

STUDY = dictionary(
    """
    entity    name         type     primary_key_type  referenced_entity_field  relationship
    patient   patient_id   string   global            -                        -
    patient   hospital_id  integer  -                 hospital:hospital_id     many_to_one
    hospital  hospital_id  integer  local             -                        -
    visit     visit_id     integer  local             -                        -
    visit     patient_id   string   -                 patient:patient_id       many_to_one
    passport  holder       string   -                 patient:patient_id       one_to_one
    test      visit_id     integer  -                 visit:visit_id           many_to_one
    """
)


def test_keys_are_unique_references_resolve_and_one_to_one_holds() -> None:
    found = [(check.rule, check.entity, check.column) for check in plan_key_checks(STUDY)]

    assert found == [
        ("key_unique", "patient", "patient_id"),
        ("key_unique", "hospital", "hospital_id"),
        ("key_unique", "visit", "visit_id"),
        ("reference_resolves", "patient", "hospital_id"),
        ("reference_resolves", "visit", "patient_id"),
        ("reference_resolves", "passport", "holder"),
        ("reference_cardinality", "passport", "holder"),
        ("reference_resolves", "test", "visit_id"),
    ]


def test_a_referenced_field_that_is_no_key_must_be_unique_too() -> None:
    study = dictionary(
        """
        entity   name        type     primary_key_type  referenced_entity_field  relationship
        patient  patient_id  string   global            -                        -
        patient  number      integer  -                 -                        -
        visit    number      integer  -                 patient:number           many_to_one
        """
    )

    cardinality = [
        (check.entity, check.column)
        for check in plan_key_checks(study)
        if check.rule == "reference_cardinality"
    ]

    assert cardinality == [("patient", "number")]


def test_what_is_below_an_entity_hangs_on_it() -> None:
    assert entities_below(STUDY, "visit") == {"test"}
    assert entities_below(STUDY, "hospital") == frozenset()
    assert entities_below(STUDY, "patient") == {"hospital", "visit", "passport", "test"}


def test_only_references_towards_the_main_entity_must_be_there() -> None:
    assert parent_references(STUDY) == {
        ("visit", "patient_id"), ("passport", "holder"), ("test", "visit_id"),
    }  # fmt: skip
