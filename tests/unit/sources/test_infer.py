"""What is said of columns that came without a dictionary."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pytest

from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.sources.inference.fields import infer_entity, infer_fields, make_names
from apollo_spark.sources.inference.infer import MOST_CODES, facts_of
from apollo_spark.sources.inference.spelling import spellings_of

MISSING = ("", "NA")
PATIENT = Entity(
    name="patient",
    primary_key="patient_id",
    fields=(
        FieldSpec(name="patient_id", type=FieldType.STRING, source_column="Patient ID"),
        FieldSpec(name="sex", type=FieldType.STRING),
    ),
)
VISIT = Entity(
    name="visit",
    primary_key="visit_id",
    fields=(FieldSpec(name="visit_id", type=FieldType.INTEGER),),
)
BASE = DataDictionary(main_entity="patient", entities=(VISIT, PATIENT), relations=(), codings=())


def type_of(*cells: str) -> str:
    return str(facts_of(as_texts(cells), MISSING).type)


def codes_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    return facts_of(as_texts(cells), MISSING).codes


def as_texts(cells: Sequence[str]) -> pa.Array:
    return pa.array([None if each in MISSING else each for each in cells], pa.string())


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", " 3 ", "NA"], "integer"),
        (["9223372036854775807"], "integer"),
        (["9223372036854775808"], "string"),
        (["1", "2.5"], "float"),
        (["1e+3", ".5"], "float"),
        (["2310009E13", "1110017D14"], "string"),
        (["2310009E13"], "string"),
        (["1E05"], "string"),
        (["1e-05", "1e+16", "2.5", "-0.0"], "float"),
        (["250.00", "250.0"], "string"),
        (["250.00", "401.90"], "float"),
        (["1.10", "1.2"], "string"),
        (["1.10", "1"], "string"),
        (["1.0", "1.2", "1.25"], "float"),
        (["5.0", "5", "-0", "0.0"], "float"),
        (["1.0", "2.0"], "float"),
        (["0.5", "0"], "float"),
        (["1234567890123456789", "0.5"], "string"),
        (["007", "8"], "string"),
        (["00.5"], "string"),
        (["nan"], "string"),
        (["0x1F"], "string"),
        (["2020-01-31", "1999-2-3"], "date"),
        (["2020-01-31", "2020-01"], "string"),
        (["2020"], "integer"),
        (["2020-01-31", "2020-01-31 10:30"], "datetime"),
        (["2020-01-31T10:30:00Z"], "datetime"),
        (["2020-02-30"], "string"),
        (["1", "2020-01-01"], "string"),
        (["yes", "1"], "string"),
        (["", "NA", " "], "string"),
        ([], "string"),
    ],
)
def test_the_narrowest_type_that_fits_every_cell_is_taken(cells: list[str], kind: str) -> None:
    assert type_of(*cells) == kind


@pytest.mark.parametrize(
    ("cells", "is_one_to_one"),
    [
        (["+5", "5"], False),
        (["+5", "3"], True),
        ([".5", "0.5"], False),
        ([".5", "0.25"], True),
        (["5.", "5"], False),
        (["1e+3", "1000"], False),
        (["1e-05", "0.00001"], False),
        (["0.1", "0.10000000000000001"], False),
        (["0.10000000000000001", "0.29999999999999999"], True),
        (["1e-400", "0"], False),
        (["-0.0", "0", "+0"], True),
    ],
)
def test_numbers_that_are_spelt_in_several_ways_are_compared_with_their_texts(
    cells: list[str], is_one_to_one: bool
) -> None:
    facts = facts_of(as_texts(cells), MISSING)

    assert facts.is_doubtful or is_one_to_one
    found = spellings_of(as_texts(cells), str(facts.type))
    assert found.is_one_to_one is is_one_to_one
    spelled = replace(facts, spellings=found)
    assert spelled.type is (facts.type if is_one_to_one else FieldType.STRING)


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["b", "a", "b", "a", "NA"], ("a", "b")),
        (["b", "a", "b"], None),
        (["1", "2", " 1", "2"], ("1", "2")),
        (["0", "1", "2"] * 2, ("0", "1", "2")),
        (["0", "7", "14", "28"] * 2, None),
        (["1", "8", "15"] * 2, None),
        (["1", "2", "9"] * 2, None),
        ([str(each) for each in range(12)] * 2, None),
        (["-9", "1", "1", "-9"], ("-9", "1")),
        (["1000", "1000"], None),
        (["1.5", "1.5"], None),
        (["2020-01-01"] * 2, None),
        ([" a", " a"], None),
        (["a\nb", "a\nb"], None),
        (["x" * 65] * 2, None),
        ([], None),
    ],
)
def test_a_few_short_values_that_repeat_are_categories(
    cells: list[str], codes: tuple[str, ...] | None
) -> None:
    assert codes_of(cells) == codes


def test_more_values_than_a_few_are_no_categories() -> None:
    several = [f"c{each:02}" for each in range(MOST_CODES)]

    assert codes_of(several * 2) == tuple(several)
    assert codes_of([*several, "another"] * 2) is None


def test_columns_that_are_no_legal_names_get_one_that_nothing_else_has() -> None:
    columns = (
        "age",
        "Blood pressure (mmHg)",
        "blood_pressure_mmhg",
        "2nd visit",
        "Größe",
        "select",
        "%",
    )

    assert make_names(columns, ["column_2nd_visit"]) == {
        "age": "age",
        "Blood pressure (mmHg)": "Blood_pressure_mmHg_2",
        "blood_pressure_mmhg": "blood_pressure_mmhg",
        "2nd visit": "column_2nd_visit_2",
        "Größe": "Groe",
        "select": "select_2",
        "%": "column_7",
    }


def test_new_fields_stand_behind_the_key_under_the_header_of_either_file() -> None:
    for header in ("patient_id", "Patient ID"):
        facts = {
            header: facts_of(as_texts(["P1"]), MISSING),
            "a b": facts_of(as_texts(["1"]), MISSING),
        }

        found = infer_fields(PATIENT, BASE, facts)

        assert found.entity.fields == (
            FieldSpec(
                name="patient_id",
                type=FieldType.STRING,
                source_column=None if header == "patient_id" else header,
            ),
            FieldSpec(name="a_b", type=FieldType.INTEGER, source_column="a b", title="a b"),
        )


def test_a_coding_takes_a_name_that_is_free() -> None:
    facts = {"patient_id": facts_of(as_texts(["P1"]), MISSING)}
    first = infer_fields(PATIENT, BASE, facts | {"mood": facts_of(as_texts(["a", "a"]), MISSING)})
    base = BASE.model_copy(update={"codings": first.codings})

    again = infer_fields(PATIENT, base, facts | {"mood": facts_of(as_texts(["a", "a"]), MISSING)})
    other = infer_fields(PATIENT, base, facts | {"mood": facts_of(as_texts(["b", "b"]), MISSING)})

    assert [each.name for each in first.codings] == ["patient_mood"]
    assert (again.codings, again.fields[0].coding_name) == ((), "patient_mood")
    assert [each.name for each in other.codings] == ["patient_mood_2"]


def test_a_new_entity_refers_to_the_main_one_before_others() -> None:
    texts = facts_of(as_texts(["1"]), MISSING)

    found = infer_entity("dose", BASE, dict.fromkeys(["visit_id", "patient_id", "dose_id"], texts))

    assert found.entity.primary_key == "dose_id"
    assert [(each.name, str(each.type)) for each in found.entity.fields] == [
        ("visit_id", "integer"), ("patient_id", "string"), ("dose_id", "integer"),
    ]  # fmt: skip
    assert [(each.from_field, each.to_entity) for each in found.relations] == [
        ("patient_id", "patient")
    ]
    assert infer_entity("dose", BASE, {"mg": texts}).relations == ()
