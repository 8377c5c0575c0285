"""What changed between two dictionaries."""
# ruff: noqa: E501 tables are read by their columns

from apollo_spark.model.receipt import FieldChange, SchemaDiff
from apollo_spark.records.diff import describe_lost, diff_dictionaries
from tests.support.dictionaries import dictionary

BEFORE = """
    entity   name        type     primary_key_type  referenced_entity_field  relationship  source_column
    patient  patient_id  string   global            -                        -             -
    patient  weight      float    -                 -                        -             -
    patient  bmi         float    -                 -                        -             body mass
    visit    visit_id    integer  local             -                        -             -
    visit    patient_id  string   -                 patient:patient_id       many_to_one   -
"""


def test_equal_dictionaries_have_no_diff() -> None:
    assert diff_dictionaries(dictionary(BEFORE), dictionary(BEFORE)).is_empty


def test_every_kind_of_change_is_told() -> None:
    after = """
        entity   name        type     primary_key_type  referenced_entity_field  relationship  source_column
        patient  patient_id  string   global            -                        -             -
        patient  weight      string   -                 -                        -             -
        patient  body_mass   float    -                 -                        -             body mass
        patient  height      float    -                 -                        -             -
        test     test_id     integer  local             -                        -             -
        test     patient_id  string   -                 patient:patient_id       many_to_one   -
    """

    assert diff_dictionaries(dictionary(BEFORE), dictionary(after)) == SchemaDiff(
        entities_added=("test",),
        entities_removed=("visit",),
        fields_added=("patient.height", "test.test_id", "test.patient_id"),
        fields_removed=("visit.visit_id", "visit.patient_id"),
        fields_renamed=(
            FieldChange(entity="patient", before="patient.bmi", after="patient.body_mass"),
        ),
        fields_retyped=(
            FieldChange(
                entity="patient", before="patient.weight float", after="patient.weight string"
            ),
        ),
    )


def test_a_coding_with_other_codes_is_told() -> None:
    fields = """
        entity   name        type    primary_key_type  coding_name
        patient  patient_id  string  global            -
        patient  sex         string  -                 sex
    """
    codes = "coding_name  code  meaning\nsex  F  Female\n"
    before = dictionary(fields, codings=codes)
    after = dictionary(fields, codings=codes + "sex  M  Male\n")

    assert diff_dictionaries(before, after) == SchemaDiff(codings_changed=("sex",))


def test_what_a_load_leaves_behind_is_named_once_and_not_at_length() -> None:
    diff = SchemaDiff(
        entities_removed=("visit",),
        fields_removed=("visit.visit_id", *(f"patient.f{number}" for number in range(5))),
    )

    assert describe_lost("study@1", SchemaDiff(), ()) is None
    assert describe_lost("study@1", diff, ("rna",)) == (
        "left behind in study@1: entity visit, field patient.f0, field patient.f1, "
        "field patient.f2, field patient.f3 and 2 more"
    )
