"""Two dictionaries side by side."""

from apollo_spark.model.diff import CodingDiff
from apollo_spark.records.pairs import diff_codings, pair_entities, relation_texts
from tests.support.dictionaries import dictionary

BEFORE = dictionary(
    """
entity   name        type     primary_key_type  coding_name  source_column  is_multi_select  referenced_entity_field  relationship
patient  patient_id  string   global            -            -              -                -                        -
patient  sex         string   -                 sex          -              -                -                        -
patient  weight      float    -                 -            -              -                -                        -
patient  years       integer  -                 old          AGE            -                -                        -
visit    visit_id    integer  local             -            -              -                -                        -
visit    of          string   -                 -            -              -                patient:patient_id       many_to_one
gone     of          string   -                 -            -              -                patient:patient_id       many_to_one
""",  # noqa: E501
    codings="""
coding_name  code  meaning
sex          F     Female
sex          M     Male
old          1     One
""",
)
AFTER = dictionary(
    """
entity   name        type     primary_key_type  coding_name  source_column  is_multi_select  referenced_entity_field  relationship
patient  patient_id  string   global            -            -              -                -                        -
patient  sex         string   -                 sex          -              yes              -                        -
patient  weight      float    -                 -            -              -                -                        -
patient  age         integer  -                 new          AGE            -                -                        -
patient  height      float    -                 -            -              -                -                        -
visit    visit_id    string   local             -            -              -                -                        -
visit    of          string   -                 -            -              -                patient:patient_id       one_to_one
""",  # noqa: E501
    codings="""
coding_name  code  meaning
sex          F     Woman
sex          X     Other
new          1     One
""",
)


def test_fields_meet_by_name_or_as_they_were_renamed() -> None:
    patient, visit = pair_entities(BEFORE, AFTER)

    assert patient.key == ("patient_id", "patient_id")
    assert patient.fields == (("weight", "weight"), ("years", "age"))
    assert patient.not_compared == ("sex",)
    assert (visit.key, visit.fields, visit.not_compared) == (None, (("of", "of"),), ("visit_id",))


def test_codings_are_compared_code_by_code() -> None:
    assert diff_codings(BEFORE, AFTER) == (
        CodingDiff(name="sex", added=1, removed=1, changed=1),
        CodingDiff(name="old", removed=1),
        CodingDiff(name="new", added=1),
    )
    assert diff_codings(BEFORE, BEFORE) == ()


def test_relations_are_told_as_text() -> None:
    assert relation_texts(AFTER) == ["visit.of -> patient.patient_id one_to_one"]
