"""Profiles that a version names: as counted when asked, for as long as they hold."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.api.lake import ApolloLake, open_lake
from apollo_spark.operations.profiles import asking, storing
from tests.support.study import CommandResult, Study
from tests.support.withdrawing import withdraw


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("study"))
    assert study.load().code == 0
    return study


@pytest.fixture(scope="module")
def lake(loaded: Study) -> ApolloLake:
    return open_lake(str(loaded.lake))


@pytest.fixture
def study(loaded: Study, tmp_path: Path) -> Study:
    """Return the study with a copy of its files and its lake."""
    shutil.copytree(loaded.folder, tmp_path / "study")
    return Study.reopen(tmp_path / "study", lake=tmp_path / "study" / "lake", data=loaded.data)


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


def asked(study: Study, name: str, *words: object) -> dict[str, Any]:
    """Return the profiles of a name, by field, with when they were counted."""
    found = json.loads(done(study, "profile", name, *words, "--json").out)
    return {"counted": found["counted"], "people": found["people"], **{
        each["field"]: each for each in found["profiles"]
    }}  # fmt: skip


def entries(study: Study, name: str) -> dict[str, Any]:
    """Return the parts of profiles that a version names, by entity."""
    record = open_lake(str(study.lake)).dataset(name).record
    return {each.entity: each.parts for each in record.profiles}


def counted_anew(study: Study, name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the profiles of a name as they are counted when nothing is stored."""
    with monkeypatch.context() as blind:
        blind.setattr("apollo_spark.verbs.profile.StoredProfiles.find", lambda *_: None)
        return asked(study, name)


def same_but_counted(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one | {"counted": ""} == other | {"counted": ""}


def test_what_a_load_counts_is_what_is_counted_when_asked(
    loaded: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = asked(loaded, "study")

    assert stored["counted"] == "load"
    assert list(entries(loaded, "study")) == ["patient", "visit", "site", "passport"]
    now = counted_anew(loaded, "study", monkeypatch)
    assert now["counted"] == "now"
    assert same_but_counted(stored, now)
    assert stored["patient.smokes"] == {
        "field": "patient.smokes", "title": "Cigarettes a day", "type": "integer",
        "coding": "answer", "kind": "number",
        "rows": 4, "present": 2, "missing": 1, "sparse": 1, "people": 2, "distinct": 2,
        "sparse_codes": [{"value": "-1", "label": "Did not answer", "rows": 1, "people": 1}],
        "min": 0, "q1": 5.0, "median": 10.0, "q3": 15.0, "max": 20, "mean": 10.0,
        "sd": pytest.approx(200**0.5), "histogram": stored["patient.smokes"]["histogram"],
    }  # fmt: skip
    assert stored["visit.symptoms"]["values"] == [
        {"value": "R", "label": "Respiratory", "rows": 1, "people": 1, "people_below": 2},
        {"value": "R1", "label": "Cough", "rows": 2, "people": 1, "people_below": 1},
        {"value": "R2", "label": "Wheeze", "rows": 1, "people": 1, "people_below": 1},
    ]
    assert (stored["visit.seen"]["rows"], stored["visit.seen"]["people"]) == (4, 3)
    assert (stored["site.city"]["people"], stored["site.site_id"]["people"]) == (3, 3)
    assert "values" not in stored["patient.patient_id"]


def test_stored_profiles_are_read_without_a_row(
    loaded: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking.ProfileQuestion, "read", _never)
    monkeypatch.setattr("apollo_spark.lake.tables.pinned.PinnedTables.open", _never)

    assert asked(loaded, "study", "patient.born")["patient.born"]["max"] == "1970-01-01"


def _never(*_: object) -> Any:
    raise AssertionError("nothing is read")


def test_a_part_holds_few_fields_so_that_one_is_read_without_all(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "FIELDS_PER_PART", 2)
    whole = asked(study, "study")
    assert study.load(name="small").code == 0

    small = asked(study, "small")

    assert len(entries(study, "small")["patient"]) == 3
    assert {**small, "counted": ""} == {**whole, "counted": ""}


def test_a_wide_entity_and_new_fields_are_joined_by_the_key(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = study.write("narrow.yaml", "max_columns: 20\nrunner: local\n")
    patients = "patient_id,bmi,grade\nP3,20.5,a\nP1,31,a\nP9,1,b\n".replace("P9,1,b\n", "")
    done(study, "extend", "study", "--data", f"patient={study.write('bmi.csv', patients)}",
         "--conf", settings)  # fmt: skip

    found = asked(study, "study", "patient.bmi")["patient.bmi"]

    assert (found["rows"], found["missing"], found["min"], found["max"]) == (4, 2, 20.5, 31.0)
    assert same_but_counted(asked(study, "study"), counted_anew(study, "study", monkeypatch))


def test_an_extension_counts_the_entities_that_it_touched(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries(study, "study")
    counted: list[str] = []
    count = storing._entry

    def watch(lake: Any, entity: Any, results: Any) -> Any:
        counted.append(entity.name)
        return count(lake, entity, results)

    monkeypatch.setattr(storing, "_entry", watch)
    file = study.write("more.csv", "patient_id,sex,weight\nP5,M,90\nP1,F,62\n")

    done(study, "extend", "study", "--data", f"patient={file}", "--mode", "rows")

    # Patients refer to sites, so that whose the sites are has changed; of visits nothing has.
    assert counted == ["patient", "site"]
    after = entries(study, "study@2")
    assert after["visit"] == before["visit"]
    assert after["patient"] != before["patient"]
    assert entries(study, "study@1") == before
    assert same_but_counted(asked(study, "study"), counted_anew(study, "study", monkeypatch))
    assert asked(study, "study@1")["people"] == 4


def test_views_and_merges_use_what_their_parents_counted_where_it_holds(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(study, "view", "study", "--as", "part", "--fields", "patient.weight,visit.note,visit.seen")
    done(study, "view", "study", "--as", "women", "--rows", 'patient.sex = "F"')
    other = Study(study.folder / "other")
    other.replace("data_dictionary.csv", "site,city", "site,town")
    other.replace("site.csv", "city", "town")
    assert other.reopen(other.folder, lake=study.lake, data=other.data).load(name="two").code == 0
    done(study, "merge", "clinical", "two", "study", "--as", "both", "--on-clash", "prefix:o_")

    for name, counted in (("part", "load"), ("women", "now"), ("both", "both")):
        assert entries(study, name) == {}, name
        found = asked(study, name)
        assert found["counted"] == counted, name
        assert same_but_counted(found, counted_anew(study, name, monkeypatch)), name
    assert "patient.sex" not in asked(study, "part")
    assert study.ask("profile", "part", "patient.sex").code == 13
    assert asked(study, "women")["people"] == 2


def test_whoever_was_withdrawn_is_counted_nowhere(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(study, "view", "study", "--as", "part", "--fields", "patient.weight,patient.born")
    withdraw(study, "P3")

    for name in ("study", "part"):
        found = asked(study, name)
        assert (found["counted"], found["people"]) == ("now", 3)
        assert found["patient.born"]["max"] == "1961-05-04"
        assert found["patient.weight"]["max"] == 61.5
    more = study.write("more.csv", "patient_id,weight\nP1,63\n")
    done(study, "extend", "study", "--data", f"patient={more}", "--mode", "rows")
    assert asked(study, "study")["patient.weight"]["max"] == 63.0
    tree = open_lake(str(study.lake)).dataset("study").find_fields("weight")
    assert [(each.field, each.people) for each in tree.fields] == [("patient.weight", None)]


def test_a_sealed_copy_is_counted_anew(study: Study, tmp_path: Path) -> None:
    withdraw(study, "P3")
    done(study, "extract", "sealed", "study", "-o", tmp_path / "sealed")
    sealed = Study.reopen(study.folder, lake=tmp_path / "sealed", data=study.data)

    found = asked(sealed, "study")

    assert found["counted"] == "load"
    assert same_but_counted(found, asked(study, "study"))
    done(sealed, "verify", "--deep")


def test_damaged_profiles_are_told_and_swept_with_their_version(study: Study) -> None:
    digest = entries(study, "study")["patient"][0]
    (place,) = (study.lake / "registry" / "parts").glob(f"*/{digest}.gz")
    kept = place.read_bytes()
    place.write_bytes(kept[:-20])

    result = study.ask("verify", "study")

    assert result.code == 16
    assert "profiles of patient" in result.out + result.err
    assert study.ask("profile", "study").code == 16
    place.write_bytes(kept)
    done(study, "gc", "--grace", "0", "--apply")
    assert place.exists()
    done(study, "retire", "study@1")
    done(study, "gc", "--grace", "0", "--apply")
    assert not place.exists()


def test_verify_deep_counts_again(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "apollo_spark.workers.profiles.task.count_field",
        lambda values, *_: {"rows": len(values), "present": 0, "people": 0},
    )
    assert study.load(name="wrong").code == 0
    monkeypatch.undo()

    assert study.ask("verify", "wrong").code == 0
    deep = study.ask("verify", "wrong", "--deep")

    assert deep.code == 16
    assert "the profile of patient.patient_id is not that of its rows" in deep.out + deep.err


def test_fields_are_found_by_all_that_is_said_of_them(lake: ApolloLake) -> None:
    dataset = lake.dataset("study")

    def found(text: str) -> list[str]:
        return [each.field for each in dataset.find_fields(text).fields]

    assert found("KG") == ["patient.weight"]
    assert found("wheeze") == ["visit.symptoms"]
    assert found("symptom") == ["visit.symptoms"]
    assert found("date of") == ["patient.born"]
    (weight,) = dataset.find_fields("weight").fields
    assert (weight.people, weight.share) == (3, 0.75)
    (symptoms,) = dataset.find_fields("cough").fields
    assert symptoms.codes == (("R1", "Cough"),)
    assert dataset.find_fields().tree.count == 15


def test_cohorts_filters_and_python_count_some_people(loaded: Study, lake: ApolloLake) -> None:
    done(loaded, "cohort", "create", "women", "--from", "study", "--filter", 'patient.sex = "F"')
    by_filter = asked(loaded, "study", "weight", "--filter", 'patient.sex = "F"')
    by_name = asked(loaded, "women", "weight")
    by_cohort = asked(loaded, "study", "weight", "--cohort", "women")

    assert by_filter["patient.weight"] == by_name["patient.weight"] == by_cohort["patient.weight"]
    assert (by_name["people"], by_name["patient.weight"]["rows"]) == (2, 2)
    in_python = lake.dataset("study").profile("weight", cohort="women")
    assert in_python.profiles[0].as_json() == by_name["patient.weight"]
    text = done(loaded, "profile", "women", "weight", "sex").out
    assert "study@1 of women" in text
    assert "Female" in text
