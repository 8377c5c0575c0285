"""What is told of columns that came without a dictionary."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.sources.infer import MOST_CODES, facts_of
from apollo_spark.sources.infer_fields import infer_entity, infer_fields, make_names

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
        (["1e3", ".5"], "float"),
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
    ("cells", "codes"),
    [
        (["b", "a", "b", "a", "NA"], ("a", "b")),
        (["b", "a", "b"], None),
        (["1", "2", " 1", "+2"], ("1", "2")),
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
    standing = BASE.model_copy(update={"codings": first.codings})

    again = infer_fields(
        PATIENT, standing, facts | {"mood": facts_of(as_texts(["a", "a"]), MISSING)}
    )
    other = infer_fields(
        PATIENT, standing, facts | {"mood": facts_of(as_texts(["b", "b"]), MISSING)}
    )

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
