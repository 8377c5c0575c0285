"""Clinical merges through the command line: what they read, count, write and refuse."""

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import apollo_spark as ap
from apollo_spark.cli.job import run_job
from apollo_spark.query.values import ValueMode
from tests.support.merging import files_of
from tests.support.study import CommandResult, Study
from tests.support.tables import join_outward

REGISTRY = {
    "data_dictionary.csv": """\
entity,name,type,primary_key_type,coding_name,referenced_entity_field,relationship
person,person_id,integer,global,,,
person,study_id,string,,,,
person,sex,string,,sex,,
stay,stay_id,integer,local,,,
stay,person_id,integer,,,person:person_id,many_to_one
stay,days,integer,,,,
visit,visit_id,integer,local,,,
visit,person_id,integer,,,person:person_id,one_to_one
""",
    "codings.csv": "coding_name,code,meaning\nsex,F,1\nsex,M,2\n",
    "person.csv": "person_id,study_id,sex\n1,P1,F\n2,P1,M\n3,P3,F\n4,P7,M\n5,,F\n",
    "stay.csv": "stay_id,person_id,days\n1,1,3\n2,3,5\n3,3,8\n4,4,1\n",
    "visit.csv": "visit_id,person_id\n10,1\n11,3\n",
}
LINK = ("--link", "person.study_id=patient.patient_id")
PREFIX = ("--on-clash", "prefix:reg_")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a study, and with a registry that has some of its people."""
    folder = tmp_path_factory.mktemp("merges")
    study = Study(folder / "study")
    study.lake = folder / "lake"
    assert study.load().code == 0
    registry = Study.reopen(
        folder / "registry", lake=study.lake, data=[f"{x}={x}.csv" for x in ("person", "stay")]
    )
    registry.data.append("visit=visit.csv")
    registry.write("entity_dictionary.csv", "entity,entity_title\nperson,People\n")
    for name, text in REGISTRY.items():
        registry.write(name, text)
    assert registry.load(name="registry").code == 0
    return folder


@pytest.fixture
def study(loaded: Path, tmp_path: Path) -> Study:
    """The study, in a copy of the lake."""
    shutil.copytree(loaded / "lake", tmp_path / "lake")
    return Study.reopen(tmp_path, lake=tmp_path / "lake", data=[])


def merge(study: Study, *words: object, name: str = "both") -> CommandResult:
    return study.ask("merge", "clinical", "registry", "study", "--as", name, *words)


def rows_of(study: Study, name: str) -> dict[str, list[dict[str, Any]]]:
    dataset = ap.open_lake(str(study.lake)).dataset(name)
    return {
        each.name: sorted(each.retrieve_fields().to_pylist(), key=repr) for each in dataset.entities
    }


def extract(study: Study, name: str, fields: list[str]) -> list[tuple[Any, ...]]:
    dataset = ap.open_lake(str(study.lake)).dataset(name)
    rows = dataset.retrieve_fields(fields).to_pylist()
    return sorted((tuple(row.values()) for row in rows), key=repr)


def test_a_merge_reads_as_the_join_of_both_and_writes_no_data(study: Study) -> None:
    before = files_of(study.lake)
    own = rows_of(study, "study")
    registry = {f"reg_{k}" if k == "visit" else k: v for k, v in rows_of(study, "registry").items()}

    result = merge(study, *LINK, *PREFIX, "--json")

    assert result.code == 0, result.err
    assert result.json == {
        "published": ["both@1"],
        "receipt": {
            "source_rows": 5, "source_matched": 3, "source_unmatched": 2, "target_rows": 4,
            "target_matched": 2, "target_unmatched": 2, "duplicate_keys": 0, "fan_out_max": 2,
        },
    }  # fmt: skip
    assert files_of(study.lake) == before
    assert (study.lake / "tables" / "both").exists() is False
    dataset = ap.open_lake(str(study.lake)).dataset("both")
    assert rows_of(study, "both") == {**own, **registry}
    fields = ["patient.patient_id", "patient.sex", "person.sex", "stay.days", "reg_visit.visit_id"]
    expected = join_outward(dataset.dictionary, {**own, **registry}, fields, ValueMode.RAW)
    assert extract(study, "both", fields) == sorted(expected, key=repr)
    assert study.ask("verify", "--deep").code == 0


def test_each_coding_decodes_its_own_fields(study: Study) -> None:
    assert merge(study, *LINK, *PREFIX).code == 0
    fields = "patient.patient_id,patient.sex,person.sex"
    result = study.ask("extract", "fields", "both", "--fields", fields, "--values", "decoded")

    assert list(csv.reader(io.StringIO(result.out)))[1:] == [
        ["P1", "Female", "1"], ["P1", "Female", "2"], ["P2", "Male", ""], ["P3", "Female", "1"],
        ["P4", "", ""],
    ]  # fmt: skip


def test_joined_entities_are_read_as_one(study: Study) -> None:
    words = ("--link", "patient.patient_id=patient.patient_id", "--on-clash", "join,prefix:old_")
    older = Study(study.folder / "older")
    older.lake = study.lake
    older.replace("patient.csv", "P4,", "P9,")
    assert older.load(name="older").code == 0

    result = study.ask("merge", "clinical", "older", "study", "--as", "both", *words)

    assert result.code == 0, result.err
    fields = ["patient.patient_id", "patient.weight", "patient.old_weight", "old_visit.visit_id"]
    assert extract(study, "both", fields) == [
        ("P1", 61.5, 61.5, 1), ("P1", 61.5, 61.5, 2), ("P2", None, None, 3), ("P3", 72.0, 72.0, 4),
        ("P4", 58.25, None, None),
    ]  # fmt: skip
    shown = study.ask("show", "both", "--json").json
    assert "old_patient_id" not in shown["entities"]["patient"]["fields"]


def test_the_same_merge_again_publishes_nothing_and_newer_data_a_version(study: Study) -> None:
    assert merge(study, *LINK, *PREFIX).last_line == "both@1"
    again = merge(study, *LINK, *PREFIX, "--json")
    assert (again.json["published"], again.json["current"]) == ([], ["both@1"])

    other = merge(study, *LINK, "--on-clash", "prefix:r_")

    assert other.last_line == "both@2"
    assert study.ask("show", "both", "--json").json["parents"] == ["registry@1", "study@1"]


def test_a_dry_run_prints_the_receipt_and_writes_nothing(study: Study) -> None:
    result = merge(study, *LINK, *PREFIX, "--dry-run", "--json")

    assert result.json["published"] == []
    assert result.json["receipt"]["source_unmatched"] == 2
    assert "source_unmatched 2" in merge(study, *LINK, *PREFIX, "--dry-run").err
    assert study.ask("show", "both").code == 13
    assert [each["name"] for each in study.ask("list", "--json").json["records"]] == [
        "registry", "study",
    ]  # fmt: skip


def test_data_that_break_the_relationship_are_refused_and_reported(study: Study) -> None:
    report = study.folder / "report"
    words = (*LINK, *PREFIX, "--relationship", "one_to_one", "--report", report)

    result = merge(study, *words)

    assert (result.code, result.out) == (12, "")
    assert "is one_to_one, and 1 keys occur more often than that allows" in result.err
    assert "duplicate_keys 1" in result.err
    assert "P1" not in result.err
    assert {each.name: each.read_text() for each in report.iterdir()} == {
        "source_unmatched.csv": "person.person_id,person.study_id\n4,P7\n5,\n",
        "target_unmatched.csv": "patient.patient_id\nP2\nP4\n",
        "source_duplicates.csv": "key\nP1\n",
        "target_duplicates.csv": "key\n",
    }
    assert study.ask("show", "both").code == 13


def test_a_policy_refuses_rows_that_match_nothing(study: Study) -> None:
    policy = study.write("policy.yaml", "rules: {merge_unmatched_target: refuse}\n")

    result = merge(study, *LINK, *PREFIX, "--policy", policy)

    assert (result.code, result.out) == (12, "")
    assert "merge_unmatched_target" in result.err
    assert "target_unmatched 2" in result.err
    assert study.ask("show", "both").code == 13
    wrong = study.write("policy.yaml", "rules: {merge_zzz: refuse}\n")
    assert merge(study, *LINK, *PREFIX, "--policy", wrong).code == 11


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 14),
        (LINK, 14),
        ((*LINK, "--on-clash", "join"), 14),
        (("--link", "person.zzz=patient.patient_id"), 13),
        (("--link", "person.study_id"), 2),
        ((*LINK, "--on-clash", "guess"), 2),
        ((*LINK, "--relationship", "many_to_many"), 2),
    ],
)
def test_what_has_no_meaning_is_refused(study: Study, words: tuple[str, ...], code: int) -> None:
    result = merge(study, *words)

    assert (result.code, result.out) == (code, ""), result.err


def test_names_that_are_not_legal_or_not_there_are_refused(study: Study) -> None:
    assert merge(study, *LINK, *PREFIX, name="both set").code == 2
    assert study.ask("merge", "clinical", "nobody", "study", "--as", "x").code == 13
    assert study.ask("retire", "registry@1").code == 0
    assert merge(study, *LINK, *PREFIX).code == 13


def test_rows_that_a_view_hides_stay_hidden_in_a_merge(study: Study) -> None:
    view = ("view", "registry", "--as", "women", "--rows", 'person.sex = "F"')
    assert study.ask(*view).code == 0
    words = ("merge", "clinical", "women", "study", "--as", "both", *LINK, *PREFIX)
    assert (
        study.ask("view", "study", "--as", "old", "--rows", "patient.born < 1965-01-01").code == 0
    )

    result = study.ask(*words, "--json")

    assert (result.json["receipt"]["source_rows"], result.json["receipt"]["fan_out_max"]) == (3, 1)
    fields = ["patient.patient_id", "person.person_id", "stay.stay_id"]
    assert extract(study, "both", fields) == [
        ("P1", 1, 1), ("P2", None, None), ("P3", 3, 2), ("P3", 3, 3), ("P4", None, None),
    ]  # fmt: skip
    assert [row["person_id"] for row in rows_of(study, "both")["reg_visit"]] == [1, 3]
    assert study.ask("merge", "clinical", "women", "old", "--as", "few", *LINK, *PREFIX).code == 0
    assert extract(study, "few", fields) == [
        ("P1", 1, 1), ("P2", None, None), ("P4", None, None),
    ]  # fmt: skip
    shown = study.ask("show", "few", "--json").json
    assert {each["rows"] for each in shown["pins"]} == {None}


def test_fields_of_hidden_rows_stay_hidden_when_they_lie_in_a_further_table(study: Study) -> None:
    extra = study.write("extra.csv", "patient_id,height\nP1,161\nP2,172\nP3,183\nP4,194\n")
    assert study.ask("extend", "study", "--data", f"patient={extra}").code == 0
    words = ("view", "study", "--as", "old", "--rows", "patient.born < 1960-01-01")
    assert study.ask(*words, "--entities", "patient").code == 0
    words = ("merge", "clinical", "old", "study@1", "--as", "both", "--on-clash", "join,prefix:o_")

    result = study.ask(*words)

    assert result.code == 0, result.err
    assert len(study.ask("show", "both", "--pins", "--json").json["pins"]) == 5
    assert extract(study, "both", ["patient.patient_id", "patient.height"]) == [
        ("P1", None), ("P2", 172), ("P3", None), ("P4", 194),
    ]  # fmt: skip
    assert extract(study, "both", ["patient.patient_id", "patient.o_weight"]) == [
        ("P1", None), ("P2", None), ("P3", None), ("P4", 58.25),
    ]  # fmt: skip


def test_a_merge_from_python_logs_what_the_command_says(
    study: Study, caplog: pytest.LogCaptureFixture
) -> None:
    lake = ap.open_lake(str(study.lake))
    words = ("merge", "clinical", "registry", "study", "--as", "both", *LINK, *PREFIX)
    said = study.ask(*words, "--dry-run").err

    outcome = lake.merge_clinical("registry", "study", "both", link=LINK[1], on_clash="prefix:r_")
    merged = outcome.dataset

    assert (str(merged.record), merged.primary_entity.name) == ("both@1", "patient")
    assert [each.name for each in merged.entities][-3:] == ["person", "stay", "r_visit"]
    warned = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert len(warned) == 1
    assert "warning" in warned[0]
    assert all(line in said for line in warned[0].splitlines())


def test_a_merge_needs_no_spark(study: Study) -> None:
    words = ["--lake", str(study.lake), "merge", "clinical", "registry", "study", "--as", "both"]
    code = (
        "import sys; from apollo_spark.cli.main import run; "
        f"code = run({[*words, *LINK, *PREFIX]!r}); "
        "print(code, [each for each in ('pyspark', 'py4j', 'delta') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["both@1", "0 []"]


def test_a_job_merges_as_the_command_does(study: Study) -> None:
    config = study.write(
        "merge.yaml",
        f"lake: {study.lake}\nsource: registry\ntarget: study@1\nas: both\n"
        f"link: {LINK[1]}\non_clash: 'prefix:reg_'\n",
    )

    assert run_job("merge clinical", ["--config", str(config)]) == 0
    assert study.ask("show", "both", "--json").json["parents"] == ["registry@1", "study@1"]
    study.write("merge.yaml", "name: x\n")
    assert run_job("merge clinical", ["--config", str(config)]) == 2
