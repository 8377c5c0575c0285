"""New fields of an entity that is there, through the command line."""

from pathlib import Path

import pytest

from apollo_spark.api.lake import open_lake
from apollo_spark.cli.job import run_job
from apollo_spark.errors import UsageError
from apollo_spark.runtime.settings import LakeSettings
from tests.support.extending import (
    NEW_FIELDS,
    describe,
    everything,
    extend,
    published,
    record_of,
    rows,
    tables_of,
)
from tests.support.study import LOCAL_SETTINGS, Study, loaded, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def test_fields_of_a_file_without_dictionary_are_described_and_read_beside_the_others(
    study: Study,
) -> None:
    before = everything(study.lake)

    result = extend(study, NEW_FIELDS)

    assert (result.code, result.last_line) == (0, "study@2"), result.err
    assert "mode fields: columns 2, 3, 4 and 5 are not fields of entity 'patient'" in result.err
    assert "patient,seen_first,date,,,,,,,,,,,,,seen first,seen first," in result.err
    assert rows(
        study,
        "patient.patient_id,patient.sex,patient.smoker,patient.bmi,patient.seen_first,patient.code",
    ) == [
        "P1,F,yes,21.5,2020-01-01,007",
        "P2,M,no,,2020-02-01,008",
        "P3,F,yes,30.0,,",
        "P4,,no,12.0,2021-01-01,1",
    ]
    assert {key: each for key, each in everything(study.lake).items() if key in before} == before
    record = record_of(study)
    assert record.lineage.operation == "extend"
    assert record.lineage.parents == ("study@1",)
    assert record.change is not None
    assert record.change.model_dump() == {
        "kind": "extend", "base": "study@1", "mode": "fields", "member": "patient",
    }  # fmt: skip
    assert tables_of(study) == ["patient", "patient.fields.2"]
    assert study.ask("verify", "--deep").code == 0


def test_what_is_inferred_can_be_given_instead(study: Study, tmp_path: Path) -> None:
    shown = extend(study, NEW_FIELDS, "--dry-run").err
    dictionary, _, rest = shown.partition("inferred dictionary:\n")[2].partition(
        "\ninferred codings:\n"
    )
    lines = rest.splitlines(keepends=True)
    codings = "".join(each for each in lines if each.count(",") == lines[0].count(","))
    given = study.write("inferred.csv", dictionary), study.write("inferred_codings.csv", codings)
    other = Study(tmp_path / "other")
    assert other.load().code == 0

    inferred = extend(study, NEW_FIELDS)
    stated = extend(other, NEW_FIELDS, "--dictionary", given[0], "--codings", given[1])

    assert (inferred.code, stated.code) == (0, 0), stated.err
    assert "patient_smoker,yes,yes" in codings
    assert record_of(study).codings == record_of(other).codings
    # A coding that was found in the values is open, and what is shown says so.
    found, told = (
        open_lake(str(each.lake)).dataset("study")["patient"].fields for each in (study, other)
    )
    assert found == told
    assert [each.name for each in found if each.is_open_coding] == ["smoker"]


@pytest.mark.parametrize("entity", ["patient", "pet"])
def test_nothing_is_inferred_of_no_columns_whatever_a_policy_says(
    study: Study, entity: str
) -> None:
    policy = study.write("policy.yaml", "rules: {file_empty: warn}")
    empty = study.write("empty.csv", "")

    refused = study.ask("extend", "study", "--data", f"{entity}={empty}", "--policy", policy)

    assert (refused.code, "file_empty" in refused.err) == (10, True), refused.err


def test_the_receipt_counts_what_matched_and_what_the_file_lacks(study: Study) -> None:
    found = published(extend(study, "patient_id,height\nP1,1.7\nP3,\n", "--json"))

    receipt = found["receipt"]
    counts = {key: receipt[key] for key in receipt if key.startswith("rows_")}
    assert counts == {"rows_read": 2, "rows_matched": 2, "rows_unmatched": 0, "rows_missing": 2}
    assert receipt["fields_added"] == ["height"]
    assert receipt["is_inferred"] is True
    assert rows(study, "patient.height") == ["1.7", '""', '""', '""']


def test_a_dry_run_shows_the_dictionary_runs_the_checks_and_writes_nothing(study: Study) -> None:
    before = sorted(study.lake.rglob("*"))

    good = extend(study, NEW_FIELDS, "--dry-run", "--json")
    bad = extend(study, "patient_id,height\nP1,1\nP1,2\nP9,1\n", "--dry-run")

    assert published(good)["published"] == []
    assert published(good)["receipt"]["rows_missing"] == 0
    assert "patient,smoker,string" in good.err
    assert bad.code == 12
    assert "key_unique" in bad.err
    assert "key_unmatched" in bad.err
    assert sorted(study.lake.rglob("*")) == before


def test_the_same_extension_again_publishes_nothing(study: Study) -> None:
    assert extend(study, NEW_FIELDS).last_line == "study@2"
    for words in ((), ("--mode", "fields")):
        again = extend(study, NEW_FIELDS, *words)
        assert (again.code, again.last_line) == (0, "study@2"), again.err
        assert "already study@2" in again.err

    # What came to another entity does not count, what came to this one does.
    assert extend(study, "visit_id,room\n1,9\n", of="visit").last_line == "study@3"
    assert extend(study, NEW_FIELDS).last_line == "study@3"
    assert extend(study, "patient_id,height\nP1,1.7\n").last_line == "study@4"
    assert extend(study, NEW_FIELDS, "--mode", "fields").code == 14


@pytest.mark.parametrize("severity", ["quarantine", "warn"])
def test_a_policy_leaves_out_rows_that_the_entity_lacks(study: Study, severity: str) -> None:
    policy = study.write("policy.yaml", f"rules: {{key_unmatched: {severity}}}\n")
    text = "patient_id,height\nP9,3\nP1,1.5\nP8,\n"

    found = published(extend(study, text, "--policy", policy, "--json", "--report", study.report))

    receipt = found["receipt"]
    counts = [receipt[f"rows_{each}"] for each in ("read", "matched", "unmatched", "missing")]
    assert counts == [3, 1, 2, 3]
    assert record_of(study).pin_of("patient.fields.2").rows == 1
    left_out = (study.report / "quarantine.patient.csv").read_text().splitlines()
    assert [each.split(",")[1:] for each in left_out[1:]] == [
        ["2", "key_unmatched", "P9", "3"],
        ["4", "key_unmatched", "P8", ""],
    ]
    # A row of that key that comes later has no value here.
    assert rows(study, "patient.height") == ["1.5", '""', '""', '""']


def test_fields_with_a_dictionary_and_codings_of_their_own(study: Study) -> None:
    dictionary = study.write(
        "dictionary.csv",
        "entity,name,type,primary_key_type,coding_name,is_multi_select,title,source_column\n"
        "visit,visit_id,integer,local,,,,Visit No\n"
        "visit,mood,string,,mood,,Mood,\n"
        "visit,signs,string,,symptom,yes,Signs,\n",
    )
    codings = study.write("moods.csv", "coding_name,code,meaning\nmood,1,good\nmood,2,bad\n")
    text = "Visit No,signs,mood\n4,R1|R2,2\n1,,1\n"

    result = extend(study, text, "--dictionary", dictionary, "--codings", codings, of="visit")

    assert (result.code, result.last_line) == (0, "study@2"), result.err
    assert rows(study, "visit.visit_id,visit.mood,visit.signs") == [
        "1,1,", "2,,", "3,,", '4,2,"[""R1"",""R2""]"', ",,",
    ]  # fmt: skip
    decoded = study.ask(
        "extract", "fields", "study", "--fields", "visit.mood", "--values", "decoded"
    )
    assert "bad" in decoded.out
    wrong = extend(
        study, text.replace(",2\n", ",7\n"), "--dictionary", dictionary, "--codings", codings,
        "--as", "other", of="visit", name="study@1",
    )  # fmt: skip
    assert (wrong.code, "cell_code" in wrong.err) == (12, True)


def test_python_and_a_job_do_what_the_command_does(study: Study) -> None:
    path = study.write("added.csv", NEW_FIELDS)
    lake = open_lake(str(study.lake), settings=LakeSettings(runner="local"))

    planned = lake.extend("study", data={"patient": str(path)}, dry_run=True)
    done = lake.extend("study", data={"patient": str(path)})
    again = lake.extend("study", data={"patient": [str(path)]})

    assert planned.plan is not None
    assert (planned.version, planned.plan.does) == (None, "publish study@2")
    assert planned.receipt == done.receipt
    assert (done.version, done.is_new, again.version, again.is_new) == (
        "study@2", True, "study@2", False,
    )  # fmt: skip
    assert str(done.dataset.record) == "study@2"
    with pytest.raises(UsageError, match="dry run"):
        planned.dataset  # noqa: B018
    visits = study.write("rooms.csv", "visit_id,room\n1,9\n")
    job = study.write(
        "extend.yaml",
        f"lake: {study.lake}\nname: study\nsettings: {LOCAL_SETTINGS}\n"
        f"data: {{visit: [{visits}]}}\nmode: fields\n",
    )
    assert run_job("extend", ["--config", str(job)]) == 0
    assert rows(study, "visit.room", "study@3")[0] == "9"


def test_python_and_a_job_say_which_columns_have_codings(study: Study) -> None:
    moods = study.write("moods.csv", "patient_id,mood,step\nP1,up,4\nP2,up,9\n")
    lake = open_lake(str(study.lake), settings=LakeSettings(runner="local"))

    bare = lake.extend("study", data={"patient": str(moods)}, no_codings=True, as_name="bare")
    named = lake.extend("study", data={"patient": str(moods)}, codings_of=["step"], as_name="named")
    job = study.write(
        "job.yaml",
        f"lake: {study.lake}\nsettings: {LOCAL_SETTINGS}\nname: study\nas: coded\n"
        f"codings_of: [mood, step]\ndata: {{patient: {moods}}}\n",
    )

    assert run_job("extend", ["--config", str(job)]) == 0
    coded = lake.dataset("coded")
    found = [
        [each["patient"][name].coding_name for name in ("mood", "step")]
        for each in (bare.dataset, named.dataset, coded)
    ]
    assert found == [[None, None], [None, "patient_step"], ["patient_mood", "patient_step"]]


def test_an_older_version_is_extended_under_another_name_only(study: Study) -> None:
    extend(study, NEW_FIELDS)

    assert extend(study, "patient_id,a\nP1,1\n", name="study@1").code == 2
    result = extend(study, "patient_id,a\nP1,1\n", "--as", "other", name="study@1")

    assert (result.code, result.last_line) == (0, "other@1"), result.err
    assert describe(study, "other")["parents"] == ["study@1"]
    assert "smoker" not in describe(study, "other")["entities"]["patient"]["fields"]
    locations = [each.location for each in record_of(study, "other").pins]
    assert [each for each in locations if not each.startswith("tables/study/")] == [
        "tables/other/patient.fields.1"
    ]
    again = extend(study, "patient_id,a\nP1,1\n", "--as", "other", name="study@1")
    assert again.last_line == "other@1"
    newer = extend(study, "patient_id,a\nP1,1\n", "--as", "other")
    assert newer.last_line == "other@2"
    assert describe(study, "other")["parents"] == ["study@2"]


def test_a_view_is_extended_in_tables_of_its_own_and_keeps_hiding(study: Study) -> None:
    view = study.ask(
        "view", "study", "--as", "part", "--fields", "patient.patient_id,patient.sex",
        "--rows", 'patient.sex = "F"',
    )  # fmt: skip
    assert view.code == 0, view.err

    hidden = extend(study, "patient_id,height\nP1,1\nP2,2\n", name="part")
    result = extend(study, "patient_id,weight\nP3,5\n", name="part")

    assert (hidden.code, "key_unmatched" in hidden.err) == (12, True)
    assert (result.code, result.last_line) == (0, "part@2"), result.err
    assert rows(study, "patient.patient_id,patient.weight", "part") == ["P1,", "P3,5"]
    assert rows(study, "patient.weight", "study") == ["61.5", '""', "72.0", "58.25"]
    assert tables_of(study, name="part")[1] == "patient.fields.2"
    assert record_of(study, "part").pin_of("patient.fields.2").location.startswith("tables/part/")
