"""Assay merges through the command line: by ids and by linking files, and what stays hidden."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import apollo_spark as ap
from apollo_spark.api.dataset import Dataset
from apollo_spark.cli.job import run_job
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.lake.lake import open_lake
from apollo_spark.verbs.merge.merge import AssayMergeRequest
from apollo_spark.verbs.table import perform
from tests.support.contexts import stepping
from tests.support.held import held_by
from tests.support.loading import CrashError, is_seen_whole, raise_at
from tests.support.merging import files_of
from tests.support.study import CommandResult, Study, apollo

EARLY = "feature_id,S1,S2,S3,S9\nENSG00000000001,1,2,3,9\nENSG00000000002,3,4,5,\n"
LATE = "feature_id,S1,S2,T3\nENSG00000000002,10,0,30\nENSG00000000003,7,,5\n"
SAMPLES = "sample_id,tissue\nS1,liver\nS2,lung\nS3,liver\nS9,skin\n"
SAMPLE_FIELDS = (
    "entity,name,type,primary_key_type\nsample,sample_id,string,global\nsample,tissue,string,\n"
)
LINK = "barcode,person\nS1,P1\nS2,P1\nS3,P2\nS8,P4\n,P3\n"
OF_PATIENTS = [("S1", "P1"), ("S2", "P1"), ("S3", "P2")]


def load_assay(study: Study, name: str, matrix: str, *words: object) -> None:
    source = study.write(f"{name}.csv", matrix)
    result = study.ask(
        "load", "expression", name, "--assay", "rna", "--unit", "count", "--source", source, *words
    )
    assert result.code == 0, result.err


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assays")
    study = Study(folder)
    assert study.load().code == 0
    fields = study.write("fields.csv", SAMPLE_FIELDS)
    samples = study.write("samples.csv", SAMPLES)
    load_assay(study, "early", EARLY, "--dictionary", fields, "--data", f"sample={samples}")
    load_assay(study, "late", LATE)
    words = ("view", "early", "--as", "livers", "--rows", 'sample.tissue = "liver"')
    assert study.ask(*words).code == 0
    return folder


@pytest.fixture
def study(loaded: Path, tmp_path: Path) -> Study:
    shutil.copytree(loaded / "lake", tmp_path / "lake")
    study = Study.reopen(tmp_path, lake=tmp_path / "lake", data=[])
    study.write("link.csv", LINK)
    study.write("visits.csv", "sample,visit\nS1,1\nS2,3\nT3,4\n")
    return study


def merge(
    study: Study, *words: object, source: str = "early", target: str = "study", name: str = "both"
) -> CommandResult:
    return study.ask("merge", "assay", source, target, "--as", name, "--assay", "rna", *words)


def by_file(study: Study, **options: str) -> CommandResult:
    return merge(study, "--link-file", study.folder / "link.csv", **options)


def dataset(study: Study, name: str = "both") -> Dataset:
    return ap.open_lake(str(study.lake)).dataset(name)


def links(study: Study, name: str = "both", assay: str = "rna") -> list[tuple[str, str]]:
    """Return the samples that belong to rows, with the key of the row."""
    found = dataset(study, name).assay(assay)
    key = found.record.field
    rows = found._sample_fields().to_pylist()
    return sorted((row["sample_id"], row[key]) for row in rows if row[key] is not None)


def values(study: Study, name: str = "both", assay: str = "rna") -> dict[tuple[str, str], int]:
    rows = dataset(study, name).assay(assay).expression().to_pylist()
    return {(row["sample_id"], row["feature_id"]): row["value"] for row in rows}


def test_a_linking_file_becomes_the_one_small_table(study: Study) -> None:
    before = files_of(study.lake)

    result = merge(study, "--link-file", study.folder / "link.csv", "--json")

    assert result.code == 0, result.err
    assert result.json["receipt"] == {
        "source_rows": 4, "source_matched": 3, "source_unmatched": 1, "target_rows": 4,
        "target_matched": 2, "target_unmatched": 2, "duplicate_keys": 0, "fan_out_max": 2,
        "samples": 4, "samples_matched": 3, "features_in_common": 0,
    }  # fmt: skip
    added = set(files_of(study.lake)) - set(before)
    assert [str(Path(each).parent) for each in added] == ["tables/both/rna_link"]
    # Rows that name no sample of the assay are stored too; the one without a sample is counted.
    assert dataset(study).record.pin_of("rna_link").rows == 4
    assert "merge_unused_link, warning), 2 times" in result.err
    assert links(study) == [*OF_PATIENTS, ("S8", "P4")]
    assert values(study) == values(study, "early")
    lineage = dataset(study).record.lineage
    link = str(study.folder / "link.csv")
    assert [(each.role, each.name) for each in lineage.inputs] == [("link", link)]
    assert study.ask("verify", "--deep").code == 0


def test_the_ids_of_samples_may_be_values_of_a_field(study: Study) -> None:
    before = files_of(study.lake)
    study.write("donor.csv", "donor,sample\n")

    assert merge(study, source="late", target="early", name="same").code == 14
    words = ("--name", "late", "--json")
    result = merge(study, *words, source="late", target="early", name="same")

    assert result.json["receipt"]["samples_matched"] == 2
    assert result.json["receipt"]["features_in_common"] == 1
    assert files_of(study.lake) == before
    assert links(study, "same", "late") == [
        ("S1", "S1"), ("S2", "S2"), ("S3", "S3"), ("S9", "S9"),
    ]  # fmt: skip


@pytest.mark.parametrize("way", [("skin", "skins"), ("skins", "skin")])
@pytest.mark.parametrize("hides", ["a view", "a withdrawal"])
def test_features_of_hidden_samples_alone_are_not_in_common(
    study: Study, hides: str, way: tuple[str, str]
) -> None:
    # Of the sample that is left, the second gene has no value.
    if hides == "a view":
        study.ask("view", "early", "--as", "skins", "--rows", 'sample.tissue = "skin"')
    else:
        gone = study.write("gone.csv", "sample_id\nS1\nS2\nS3\n")
        study.ask("withdraw", gone, "--of", "early.sample", "--apply")
    load_assay(study, "skin", "feature_id,S9\nENSG00000000001,1\nENSG00000000002,4\n")
    names = {"skin": "skin", "skins": "skins" if hides == "a view" else "early"}
    words = ("--name", "other", "--no-sample-fields", "--json")

    result = merge(study, *words, source=names[way[0]], target=names[way[1]], name="same")

    assert result.code == 0, result.err
    assert result.json["receipt"]["features_in_common"] == 1


def test_several_assays_belong_to_several_entities(study: Study) -> None:
    by_file(study)
    words = ("--name", "late", "--link", "visit.visit_id", "--link-file", "visits.csv")
    words = (*words[:-1], str(study.folder / "visits.csv"))

    result = merge(study, *words, source="late", target="both", name="more")

    assert result.code == 0, result.err
    shown = study.ask("show", "more", "--json").json["assays"]
    assert [(each["name"], each["unit"], each["of"]) for each in shown] == [
        ("rna", "count", "patient.patient_id"), ("late", "count", "visit.visit_id"),
    ]  # fmt: skip
    assert values(study, "more") == values(study, "early")
    assert values(study, "more", "late") == values(study, "late")
    assert links(study, "more", "late") == [("S1", 1), ("S2", 3), ("T3", 4)]


def test_samples_that_the_source_hides_are_nowhere_to_be_seen(study: Study) -> None:
    assert by_file(study, source="livers").code == 0
    shown = {("S1", "ENSG00000000001"), ("S1", "ENSG00000000002")}
    shown |= {("S3", each) for _, each in shown}

    assert set(values(study)) == shown
    assert dataset(study).assay("rna").samples() == ("S1", "S3")
    assert links(study) == [("S1", "P1"), ("S3", "P2")]
    assert study.ask("show", "both", "--json").json["assays"][0]["samples"] == 2
    result = merge(
        study,
        "--link",
        "visit.note",
        source="livers",
        name="loose",
    )
    assert result.code == 0, result.err
    assert set(values(study, "loose")) == shown
    # A merge of that merge, and a view of it, show no more.
    assert study.ask("show", "both", "--json").json["entities"]["sample"]["rows"] == 2
    by = ("--link", "visit.note")
    assert merge(study, *by, source="both", target="study", name="again").code == 0
    assert set(values(study, "again")) == shown
    assert study.ask("view", "both", "--as", "men", "--rows", 'patient.sex = "M"').code == 0
    assert dataset(study, "men").assay("rna").samples() == ("S3",)
    sealed = study.folder / "sealed"
    assert study.ask("extract", "sealed", "both", "-o", sealed).code == 0
    copied = ap.open_lake(str(sealed)).dataset("both").assay("rna")
    assert copied.samples() == ("S1", "S3")
    held = held_by(sealed)
    assert "S3" in held
    assert "S2" not in held


def test_samples_of_hidden_rows_stay_hidden_when_the_rows_are_joined(study: Study) -> None:
    study.write("patient.csv", "sample_id,site\nS1,x\nS2,y\nS3,z\n")
    fields = study.write(
        "fields.csv", "entity,name,type,primary_key_type\nsample,sample_id,string,global\n"
        "sample,site,string,\n",
    )  # fmt: skip
    loaded = study.ask("load", "clinical", "sites", "--dictionary", fields, "--data",
                       f"sample={study.folder / 'patient.csv'}")  # fmt: skip
    assert loaded.code == 0, loaded.err

    result = study.ask("merge", "clinical", "livers", "sites", "--as", "wide", "--on-clash", "join")

    assert result.code == 0, result.err
    wide = dataset(study, "wide")
    assert wide["sample"].retrieve_fields().to_pylist() == [
        {"sample_id": "S1", "site": "x", "tissue": "liver"},
        {"sample_id": "S2", "site": "y", "tissue": None},
        {"sample_id": "S3", "site": "z", "tissue": "liver"},
    ]
    assert wide.assay("rna").samples() == ("S1", "S3")
    assert wide.assay("rna").matrix().index.tolist() == ["S1", "S3"]


def test_what_is_wrong_with_a_linking_file_is_told_by_its_exit_code(study: Study) -> None:
    cases = {
        "S1,P1\n": (10, "source_format"),
        "a,b\nS1,P1\nS1,P2\n": (12, "1 keys occur more often"),
        "a,b\nS1\n": (10, "row_length"),
        "": (10, "file_empty"),
    }
    for text, (code, word) in cases.items():
        study.write("link.csv", text if word != "source_format" else "S1\nP1\n")
        result = by_file(study)
        assert (result.code, word in result.err) == (code, True), result.err
    study.write("link.csv", "a,b\nS1,one\n")
    result = merge(study, "--link-file", study.folder / "link.csv", "--link", "visit.visit_id")
    assert (result.code, "one" in result.err.replace("once", "")) == (12, False)
    assert merge(study, "--link-file", study.folder / "none.csv").code == 10
    assert merge(study, "--link", "visit.visit_id").code == 14
    assert merge(study, "--link", "visit.zzz").code == 13
    assert files_of(study.lake).keys().isdisjoint({"tables/both"})
    assert study.ask("show", "both").code == 13


def test_a_linking_file_without_rows_links_nothing(study: Study) -> None:
    study.write("link.csv", "sample,person\n")

    assert by_file(study).code == 0
    assert links(study) == []
    assert values(study) == values(study, "early")


def test_a_value_that_stands_twice_in_the_target_cannot_be_linked(study: Study) -> None:
    study.write("link.csv", "a,b\nS1,P1\n")
    report = study.folder / "report"

    result = merge(study, "--link-file", study.folder / "link.csv", "--link", "visit.patient_id",
                   "--report", report)  # fmt: skip

    assert result.code == 12, result.err
    assert (report / "target_duplicates.csv").read_text() == "key\nP1\n"
    assert (report / "source_unmatched.csv").read_text() == "sample_id\nS2\nS3\nS9\n"


def test_the_same_merge_again_publishes_nothing_and_another_file_a_version(study: Study) -> None:
    assert by_file(study).last_line == "both@1"
    assert by_file(study).last_line == "both@1"

    study.write("link.csv", LINK.replace("S3,P2", "S3,P3"))

    assert by_file(study).last_line == "both@2"
    assert links(study, "both@1")[:3] == OF_PATIENTS
    assert links(study, "both")[2] == ("S3", "P3")
    assert study.ask("verify", "--deep").code == 0


def test_assays_that_share_features_are_read_as_one_matrix(study: Study) -> None:
    assert merge(study, "--name", "late", source="late", target="early", name="one").code == 0
    one = dataset(study, "one")

    with pytest.raises(UsageError, match="2 ids of samples occur in several"):
        one.read_assays(["rna", "late"])
    found = one.read_assays(["rna", "late"], tell_apart=True, to="numpy")

    assert found.sample_ids == (
        "rna.S1", "rna.S2", "rna.S3", "rna.S9", "late.S1", "late.S2", "late.T3",
    )  # fmt: skip
    assert found.feature_ids == ("ENSG00000000001", "ENSG00000000002", "ENSG00000000003")
    nan = np.nan
    expected = [
        [1, 3, nan], [2, 4, nan], [3, 5, nan], [9, nan, nan],
        [nan, 10, 7], [nan, 0, nan], [nan, 30, 5],
    ]  # fmt: skip
    np.testing.assert_array_equal(found.doubles(), expected)
    assert found.values.dtype == np.int64
    assert found.notes == (
        "1 of 3 features are not in rna, and are missing in its samples",
        "1 of 3 features are not in late, and are missing in its samples",
    )
    few = one.read_assays(["late", "rna"], ["ENSG00000000002"], ["T3", "S9"])
    assert few.index.tolist() == ["T3", "S9"]
    assert few["ENSG00000000002"].tolist()[0] == 30
    with pytest.raises(NotFoundError, match=r"1 of 2 feature ids.*\n.*1 of 1 sample ids"):
        one.read_assays(["rna", "late"], ["ENSG00000000001", "X"], ["nobody"])
    with pytest.raises(NotFoundError):
        one.read_assays(["rna", "late"], unit="tpm")


def test_an_assay_merge_from_python_and_by_a_job(study: Study) -> None:
    lake = ap.open_lake(str(study.lake))
    link_file = str(study.folder / "link.csv")

    merged = lake.merge_assay("early", "study", "both", assay="rna", link_file=link_file)

    assert [each.name for each in merged.dataset.assays] == ["rna"]
    config = study.write("merge.yaml", f"lake: {study.lake}\nsource: early\ntarget: study\n"
                         f"as: both\nassay: rna\nlink_file: {link_file}\n")  # fmt: skip
    assert run_job("merge assay", ["--config", str(config)]) == 0
    assert len(lake.history("both")) == 1


def test_a_merge_that_stops_at_any_step_leaves_nothing_that_the_next_one_minds(
    study: Study, tmp_path: Path
) -> None:
    request = AssayMergeRequest(source="early", target="study", as_name="both", assay="rna",
                                link_file=str(study.folder / "link.csv"))  # fmt: skip
    whole = tmp_path / "whole"
    shutil.copytree(study.lake, whole)
    steps: list[str] = []
    perform(stepping(open_lake(str(whole)), steps.append), request)
    assert steps[0] == "plan"
    assert "commit rna_link" in steps
    undisturbed = ap.open_lake(str(whole)).dataset("both")
    wanted = undisturbed.assay("rna").expression()
    for number in range(len(steps)):
        root = tmp_path / f"lake{number}"
        shutil.copytree(study.lake, root)
        lake = open_lake(str(root))
        with pytest.raises(CrashError):
            perform(stepping(lake, raise_at(number, CrashError)), request)
        assert apollo("--lake", root, "show", "both").code == 13, steps[number]

        outcome = perform(stepping(lake), request)

        assert outcome.published == ("both@1",), steps[number]
        found = ap.open_lake(str(root)).dataset("both")
        hashes = {pin.table: pin.content_hash for pin in found.record.pins}
        assert hashes == {pin.table: pin.content_hash for pin in undisturbed.record.pins}
        if is_seen_whole(number, steps):
            assert found.assay("rna").expression().equals(wanted)
        assert ap.open_lake(str(root)).verify(deep=True).problems == (), steps[number]
