"""What is stored equals the files it was made of: everything is made again from them."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.ingest import plan as clinical_plan
from apollo_spark.operations.past_request import PastRequest
from tests.support.growing import gene
from tests.support.study import PATIENTS, CommandResult, Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    found = Study(tmp_path)
    found.write("policy.yaml", "rules:\n  reference_resolves: quarantine\n")
    found.replace("visit.csv", "3,P2", "3,P9")
    found.load("--policy", tmp_path / "policy.yaml", "--missing", "plain")
    return found


def prove(study: Study, *words: str) -> dict[str, Any]:
    """Return what was proven, by version: files, tables and what is wrong."""
    shown = study.ask("verify", *words, "--sources", "--json")
    proofs: list[dict[str, Any]] = shown.json["sources"]
    return {
        each["record"]: (each["files"], each["tables"], [x["kind"] for x in each["problems"]])
        for each in proofs
    }


def do(study: Study, *words: object) -> CommandResult:
    done = study.ask(*words)
    assert done.code == 0, done.err
    return done


def extend(study: Study, what: str, text: str, *words: object, name: str = "study") -> None:
    file = study.write(f"added_{abs(hash((what, text)))}.csv", text)
    do(study, "extend", name, what, f"{words[0]}={file}", *words[1:])


def test_every_way_a_clinical_dataset_grows_is_made_again(study: Study) -> None:
    extend(study, "--data", "patient_id,bmi\nP1,22.5\nP2,30\n", "patient")
    extend(study, "--data", "visit_id,patient_id,note\n2,P1,new\n9,P3,more\n", "visit",
           "--mode", "rows")  # fmt: skip
    extend(study, "--delete", "visit_id\n1\n", "visit")
    extend(study, "--data", "pet_id,patient_id,kind\nA,P1,cat\n", "pet", "--mode", "entity")
    extend(study, "--data", "patient_id,height\nP1,170\n", "patient", "--as", "other")
    do(study, "view", "study", "--as", "part", "--rows", 'patient.sex = "F"')

    found = prove(study)

    assert found == {
        "other@1": (9, 9, []),
        "part@1": (None, None, []),
        "study@1": (4, 4, []),
        "study@2": (5, 5, []),
        "study@3": (6, 6, []),
        "study@4": (7, 7, []),
        "study@5": (8, 8, []),
    }


def test_a_copy_of_a_newer_version_is_not_compared_with_one_of_an_older(study: Study) -> None:
    for _ in range(2):
        study.load("--policy", study.folder / "policy.yaml", "--missing", "plain")
        extend(study, "--data", "patient_id,height\nP1,170\n", "patient")
        extend(study, "--data", "patient_id,bmi\nP1,22.5\n", "patient", "--as", "copy")

    shown = study.ask("verify", "copy", "--sources", "--json")

    first, second = shown.json["sources"]
    assert (first["record"], first["problems"], shown.code) == ("copy@1", [], 0)
    (problem,) = second["problems"]
    newest = study.ask("history", "study", "--json").json["versions"][-1]["version"]
    what = f"it is made from study@{newest}, which is not made again here"
    assert (second["record"], problem["kind"], problem["what"]) == ("copy@2", "unproven", what)


def load_rna(study: Study, unit: str, *rows: str, name: str = "rna") -> None:
    file = study.folder / f"{name}_{unit}.csv.gz"
    file.write_bytes(gzip.compress("\n".join(rows).encode()))
    more = (
        ("--annotation", study.write("genes.csv", f"feature_id,symbol\n{gene(1)},A\n"))
        if unit == "count"
        else ()
    )
    do(study, "load", "expression", name, "--assay", "rna", "--unit", unit, "--source", file, *more)


def test_an_assay_with_two_units_samples_and_fields_is_made_again(study: Study) -> None:
    head = "feature_id,S1,S2"
    load_rna(study, "count", head, f"{gene(1)},1,2", f"{gene(2)},,7")
    load_rna(study, "tpm", head, f"{gene(1)},0.5,2.25", f"{gene(2)},,7.125")
    added = {
        unit: study.write(f"new_{unit}.csv", f"sample,S3\n{gene(2)},{value}\n{gene(1)},0\n")
        for unit, value in (("count", 4), ("tpm", 1.5))
    }
    sources = [x for unit, file in added.items() for x in ("--source", f"{unit}={file}")]
    do(study, "extend", "rna", "--assay", "rna", *sources)
    do(study, "compact", "rna", "--apply")
    extend(study, "--data", "sample_id,tissue\nS1,lung\nS2,skin\nS3,lung\n", "sample", name="rna")
    link = study.write("link.csv", "sample,person\nS1,P1\nS2,P2\nS3,P3\n")
    do(study, "merge", "assay", "rna", "study", "--as", "both", "--assay", "rna",
       "--link-file", link)  # fmt: skip

    found = prove(study)

    assert {version: problems for version, (_, _, problems) in found.items()} == {
        each: [] for each in found
    }
    assert {"rna@1", "rna@2", "rna@3", "rna@4", "both@1", "study@1"} <= set(found)
    link.write_text("sample,person\nS1,P1\nS2,P3\nS3,P3\n")
    assert prove(study, "both@1")["both@1"][2] == ["file"]


def test_a_source_that_is_another_file_now_or_is_gone_is_named(study: Study) -> None:
    extend(study, "--data", "patient_id,bmi\nP1,22.5\n", "patient")
    study.replace("patient.csv", "61.5", "91.5")
    (study.folder / "site.csv").unlink()

    shown = study.ask("verify", "study@2", "--sources")

    assert shown.code == 10
    assert f"study@1: its source '{study.folder}/patient.csv' is another file now" in shown.err
    assert f"study@1: its source '{study.folder}/site.csv' is not there" in shown.err
    made = "it is made from study@1, which could not be made again"
    assert f"not proven: study@2: {made}" in shown.err
    assert "91.5" not in shown.err


def test_a_view_does_not_say_where_its_tables_come_from(study: Study) -> None:
    do(study, "view", "study", "--as", "part", "--rows", 'patient.sex = "F"')
    (study.folder / "site.csv").unlink()

    shown = study.ask("verify", "part", "--sources")

    assert shown.code == 10
    assert "part@1: a source of a table that it reads is not as it was" in shown.err
    assert "site.csv" not in shown.err + shown.out
    assert "study" not in shown.err.replace(str(study.folder), "") + shown.out


def test_a_view_does_not_say_how_much_it_stands_on(study: Study) -> None:
    do(study, "view", "study", "--as", "part", "--rows", 'patient.sex = "F"')

    shown = study.ask("verify", "part", "--sources")
    full = study.ask("verify", "part", "--sources", "--full")
    told = study.ask("verify", "part", "--sources", "--json").json["sources"]

    assert "part@1: what it shows equals its source files" in shown.err
    assert "tables equal their" in full.err
    assert (told[0]["files"], told[0]["tables"]) == (None, None)


def test_values_that_are_not_those_of_the_source_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study(tmp_path)
    wrong = study.write("wrong.csv", PATIENTS.replace("61.5", "91.5"))
    scan = clinical_plan.scan_data

    def read_another(file: Any, *words: Any) -> Any:
        spec, blocks, size = scan(file, *words)
        if file.entity == "patient":
            spec = replace(spec, path=str(wrong))
            blocks = tuple(replace(each, file=spec) for each in blocks)
        return spec, blocks, size

    monkeypatch.setattr(clinical_plan, "scan_data", read_another)
    study.load()
    monkeypatch.undo()

    shown = study.ask("verify", "--sources")

    assert shown.code == 16
    assert "different: study@1: table patient@0 is not what its files hold" in shown.err
    assert study.ask("verify", "--deep").code == 0


def test_a_tampered_file_of_a_table_is_found_too(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.load()
    (file,) = (study.lake / "tables/study/site").glob("*.parquet")
    rows = pq.read_table(file)
    pq.write_table(rows.set_column(1, "city", pa.array(["Uppsala", "Berne"])), file)

    assert study.ask("verify", "--sources").code == 16


def test_a_record_that_lacks_a_parameter_says_so(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(*_: object) -> None:
        raise KeyError("missing")

    monkeypatch.setattr(PastRequest, "missing", property(forgetful))
    shown = study.ask("verify", "--sources")

    assert shown.code == 0
    assert "not proven: study@1: its record does not say 'missing'" in shown.err


def test_an_entity_may_be_called_as_the_files_that_describe_it(study: Study) -> None:
    extend(study, "--data", "patient_id,val\nP1,5\n", "dictionary")
    described = study.write(
        "described.csv",
        "entity,name,type,primary_key_type,referenced_entity_field,relationship,coding_name\n"
        "codings,patient_id,string,,patient:patient_id,many_to_one,\n"
        "codings,level,integer,,,,level\n",
    )
    codes = study.write("codes.csv", "coding_name,code,meaning\nlevel,1,low\n")
    extend(study, "--data", "patient_id,level\nP2,1\n", "codings", "--dictionary", described,
           "--codings", codes)  # fmt: skip
    extend(study, "--data", "patient_id,val\nP2,6\n", "dictionary", "--mode", "rows")

    assert prove(study)["study@3"] == (8, 6, [])


def test_a_version_whose_dictionary_was_swept_stops_no_other(study: Study) -> None:
    load_rna(study, "count", "gene,S1", f"{gene(1)},1")
    extend(study, "--data", "patient_id,bmi\nP1,22.5\nP2,30\n", "patient")
    do(study, "retire", "study@1")
    do(study, "gc", "--apply", "--grace", "0")

    assert prove(study) == {"rna@1": (2, 4, []), "study@2": (5, 0, ["unproven", "unproven"])}
