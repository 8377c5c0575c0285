"""The names of the original's Python library over a lake, without Java."""

from pathlib import Path

import pytest

from apollo_spark import dxdata
from apollo_spark.errors import NotFoundError, UsageError
from tests.support.study import Study

EMBEDDED = dxdata.connect("duckdb")
WOMEN = 'patient.sex = "F" and patient.weight > 60'


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    made = Study(tmp_path_factory.mktemp("study"))
    assert made.load().code == 0
    assert made.ask("cohort", "create", "women", "--from", "study", "--filter", WOMEN).code == 0
    view = made.ask("view", "study", "--as", "part", "--rows", "patient.weight > 60")
    assert view.code == 0
    over = made.ask("cohort", "create", "seen", "--from", "part", "--filter", "patient.weight > 1")
    assert over.code == 0
    return made


@pytest.fixture(autouse=True)
def _lake(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APOLLO_LAKE", str(study.lake))


def test_a_dataset_has_what_notebooks_look_at() -> None:
    found = dxdata.load_dataset("project-x:/folder/study")

    assert (repr(found), repr(found.primary_entity)) == ("<Dataset study@1>", '<Entity "patient">')
    assert list(found.entities_by_name) == [each.name for each in found.entities]
    assert "visit:patient_id -> patient:patient_id" in map(str, found.edges)
    assert found.edges[0].relationship == "many_to_one"
    assert dict(found.assays) == {} == found.dashboards
    known = {"annotations", "dashboards", "edges", "entities", "primary_dashboard"}
    assert known <= set(vars(found))
    entity = found["patient"]
    assert (entity.primary_key, entity.entity_label_plural) == ("patient_id", "Patients")
    assert entity.longitudinal_axis is None
    with pytest.raises(NotFoundError, match="no entity 'nobody'"):
        found["nobody"]


def test_versions_are_loaded_by_path_and_by_id(study: Study, tmp_path: Path) -> None:
    record = study.ask("show", "study", "--json").json

    assert repr(dxdata.load_dataset(id=f"project-x:{record['id']}")) == "<Dataset study@1>"
    assert repr(dxdata.load_dataset("study@1")) == "<Dataset study@1>"
    assert repr(dxdata.load_cohort(folder="/x", name="women")) == "<Cohort women@1>"
    with pytest.raises(NotFoundError, match="There is no version of that id"):
        dxdata.load_dataset(id="record-x")
    with pytest.raises(UsageError, match="loaded by a path or by an id"):
        dxdata.load_dataset()
    dxdata.use_lake(str(tmp_path / "none"))
    try:
        with pytest.raises(NotFoundError):
            dxdata.load_dataset("study")
    finally:
        dxdata.use_lake(None)


def test_without_a_lake_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APOLLO_LAKE")

    with pytest.raises(UsageError, match="Set APOLLO_LAKE to its folder, or call dxdata"):
        dxdata.load_dataset("study")


def test_fields_are_found_by_name_title_pattern_and_function() -> None:
    patient = dxdata.load_dataset("study")["patient"]

    weight = patient.find_field("weight")
    assert (repr(weight), weight.type, weight.units) == ('<Field "weight">', "float", "kg")
    assert patient.find_field(title="Weight").name == patient["weight"].name == "weight"
    assert (weight.entity, weight.coding, weight.table_name) == (patient, None, "patient")
    assert patient["sex"].coding is not None
    assert patient["sex"].coding.codes["F"] == "Female"
    assert patient["sex"].coding.hierarchy == list(patient["sex"].coding.codes)
    assert [each.name for each in patient.find_fields(name_regex="^s")] == [
        "sex",
        "smokes",
        "site_id",
    ]
    assert [each.name for each in patient.find_fields(lambda each: each.type == "date")] == ["born"]
    assert [each.name for each in patient.find_fields(title_regex="Wei")] == ["weight"]
    assert [each.name for each in patient.find_fields(names=["sex"])] == ["sex"]
    with pytest.raises(NotFoundError, match="0 fields of 'patient' have the name 'agee'"):
        patient.find_field("agee")


def test_fields_are_retrieved_without_spark() -> None:
    patient = dxdata.load_dataset("study")["patient"]

    frame = patient.retrieve_fields(
        EMBEDDED, ["sex"], names=["weight"], titles=["Date of birth"], limit=2,
        coding_values="replace", column_aliases={"weight": "kg"},
    )  # fmt: skip

    assert list(frame.columns) == ["sex", "kg", "born", "patient_id"]
    assert list(frame["sex"]) == ["Female", "Male"]
    everything = patient.retrieve_fields(engine=EMBEDDED)
    assert list(everything.columns) == [each.name for each in patient.fields]
    visits = dxdata.load_dataset("study")["visit"]
    texts = visits.retrieve_fields(engine=EMBEDDED, names=["symptoms"], array_as_string=True)
    assert {type(each) for each in texts["symptoms"]} <= {str, type(None)}
    assert any(each and each.startswith('["') for each in texts["symptoms"])
    with pytest.raises(NotFoundError, match=r"cannot be found: patient\.agee, patient\.x"):
        patient.retrieve_fields(engine=EMBEDDED, names=["agee", "sex", "x"])


def test_a_cohort_filters_its_people(study: Study) -> None:
    data, women = dxdata.load_dataset("study"), dxdata.load_cohort("women")

    rows = data["patient"].retrieve_fields(
        engine=EMBEDDED, names=["patient_id"], filter_sql=women.sql
    )
    visits = data["visit"].retrieve_fields(engine=EMBEDDED, filter_sql=women.sql)

    assert list(rows["patient_id"]) == ["P1", "P3"]
    assert set(visits["patient_id"]) <= {"P1", "P3"}
    assert "VERSION AS OF" in women.sql
    assert women.sql.startswith("SELECT")
    assert "patient_id" in women.sql
    with pytest.raises(UsageError, match="filters on Spark alone"):
        data["patient"].retrieve_fields(engine=EMBEDDED, filter_sql="SELECT 1")
    with pytest.raises(UsageError, match="Statements are asked of Spark alone"):
        EMBEDDED.execute(women.sql)
    with pytest.raises(UsageError, match="The dialect is 'hive"):
        dxdata.connect("oracle")
    with pytest.raises(NotFoundError, match="would show the rule of part@1"):
        _ = dxdata.load_cohort("seen").sql
