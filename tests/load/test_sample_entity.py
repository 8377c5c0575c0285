"""The samples' own fields beside an assay that was merged: what they are, and whose are hidden."""

import shutil
from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.api.dataset import Dataset
from tests.load.test_merge_assay import EARLY, load_assay
from tests.support.merging import files_of
from tests.support.study import Study

FIELDS = """\
entity,name,type,primary_key_type,coding_name
sample,sample_id,string,global,
sample,tissue,string,,
sample,batch,integer,,
sample,sex,string,,sex
"""
SAMPLES = "sample_id,tissue,batch,sex\nS1,liver,1,F\nS2,lung,2,F\nS3,liver,2,\nS9,skin,1,M\n"
CODINGS = "coding_name,code,meaning\nsex,F,Female\nsex,M,Male\n"
OTHER = "entity,name,type,primary_key_type\nperson,person_id,string,global\n"
LINKS = {
    "patient": ("patient.patient_id", "sample,person\nS1,P1\nS2,P1\nS3,P2\nS8,P4\n"),
    "visit": ("visit.visit_id", "sample,visit\nS1,1\nS2,3\nS3,4\n"),
    # A site is shared by people: who is withdrawn takes it away from nobody else.
    "site": ("site.site_id", "sample,site\nS1,1\nS2,2\n"),
    "ids": ("visit.note", None),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    study = Study(folder)
    study.replace("visit.csv", "plain", "S2")
    study.replace("visit.csv", ",R,", ",R,S3")
    assert study.load().code == 0
    words = ("--dictionary", study.write("fields.csv", FIELDS), "--codings",
             study.write("codings.csv", CODINGS), "--data",
             f"sample={study.write('sample.csv', SAMPLES)}")  # fmt: skip
    load_assay(study, "early", EARLY, *words)
    person = study.write("person.csv", "person_id\nP1\nP3\n")
    words = ("--dictionary", study.write("other.csv", OTHER), "--data", f"person={person}")
    assert study.ask("load", "clinical", "other", *words).code == 0
    views = {
        "livers": ("early", 'sample.tissue = "liver"'),
        "women": ("study", 'patient.sex = "F"'),
    }
    for name, (base, rule) in views.items():
        assert study.ask("view", base, "--as", name, "--rows", rule).code == 0
    for name, (_, link) in LINKS.items():
        study.write(f"{name}.link.csv", link or "")
    return folder


@pytest.fixture
def study(loaded: Path, tmp_path: Path) -> Study:
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    return Study.reopen(tmp_path, lake=tmp_path / "lake", data=[])


def merge(
    study: Study, link: str = "patient", *words: object, source: str = "early",
    target: str = "study", name: str = "both",
) -> str:  # fmt: skip
    field, text = LINKS[link]
    by = () if text is None else ("--link-file", study.folder / f"{link}.link.csv")
    result = study.ask("merge", "assay", source, target, "--as", name, "--assay", "rna", "--link",
                       field, *by, *words)  # fmt: skip
    assert result.code == 0, result.err
    return result.err


def dataset(study: Study, name: str = "both") -> Dataset:
    return ap.open_lake(str(study.lake)).dataset(name)


def own(study: Study, name: str = "both", entity: str = "sample") -> list[str]:
    """Return the samples of the entity of their own fields."""
    return own_of(dataset(study, name), entity)


def own_of(opened: Dataset, entity: str = "sample") -> list[str]:
    return sorted(opened[entity].retrieve_fields(["sample_id"]).column(0).to_pylist())


def withdraw(study: Study, *keys: str, of: str = "study.patient") -> None:
    column = f"{of.partition('.')[2]}_id"
    file = study.write("gone.csv", "\n".join([column, *keys]) + "\n")
    result = study.ask("withdraw", file, "--of", of, "--apply")
    assert result.code == 0, result.err


def require_the_same_samples(study: Study, name: str) -> list[str]:
    """Require that the entity shows the samples that the assay shows, and return them."""
    opened = dataset(study, name)
    assay = opened.assay("rna")
    found = own_of(opened)
    assert found == sorted(assay.samples())
    described = assay._sample_fields()
    known = {row["sample_id"]: row for row in described.to_pylist()}
    assert all(known[each]["tissue"] is not None for each in found)
    return found


def test_the_samples_own_fields_come_along_and_no_row_is_copied(study: Study) -> None:
    before = files_of(study.lake)

    said = merge(study)

    added = set(files_of(study.lake)) - set(before)
    assert [str(Path(each).parent) for each in added] == ["tables/both/rna_link"]
    assert "left out" not in said
    both = dataset(study)
    rows = both["sample"].retrieve_fields().to_pylist()
    assert sorted(rows, key=lambda row: row["sample_id"]) == [
        {"sample_id": "S1", "tissue": "liver", "batch": 1, "sex": "F", "patient_id": "P1"},
        {"sample_id": "S2", "tissue": "lung", "batch": 2, "sex": "F", "patient_id": "P1"},
        {"sample_id": "S3", "tissue": "liver", "batch": 2, "sex": None, "patient_id": "P2"},
        {"sample_id": "S9", "tissue": "skin", "batch": 1, "sex": "M", "patient_id": None},
    ]
    relations = study.ask("show", "both", "--json").json["relations"]
    link = {"from": "sample.patient_id", "to": "patient.patient_id", "relationship": "many_to_one"}
    assert link in relations
    result = study.ask("extract", "fields", "both", "--fields",
                       "patient.patient_id,sample.sample_id,sample.batch")  # fmt: skip
    assert result.out.splitlines()[1:] == ["P1,S1,1", "P1,S2,2", "P2,S3,2", "P3,,", "P4,,"]
    assert study.ask("verify", "--deep").code == 0
    traced = study.ask("trace", "both", "sample", "S2", "batch", "--json")
    assert (traced.code, traced.json["made_by"]) == (0, "early@1"), traced.err


def test_own_fields_answer_filters_and_describe_samples(study: Study) -> None:
    merge(study)
    rule = 'exists(sample: sample.tissue = "lung" and sample.batch > 1)'
    assert study.ask("view", "both", "--as", "lungs", "--rows", rule).code == 0
    assert dataset(study, "lungs")["patient"].retrieve_fields(["patient_id"]).to_pylist() == [
        {"patient_id": "P1"}
    ]
    assert require_the_same_samples(study, "lungs") == ["S1", "S2"]

    described = dataset(study).assay("rna")._sample_fields().to_pylist()

    by_id = {row["sample_id"]: row for row in described}
    first = by_id["S1"]
    assert (first["patient_id"], first["sex"], first["sample.sex"]) == ("P1", "F", "F")
    assert (first["tissue"], first["batch"], first["born"].year) == ("liver", 1, 1961)
    lonely = by_id["S9"]
    assert (lonely["patient_id"], lonely["sex"], lonely["sample.sex"]) == (None, None, "M")


def test_another_name_where_sample_is_taken_and_several_assays(study: Study) -> None:
    merge(study)

    said = merge(study, "visit", "--name", "late", target="both", name="more")

    assert "own fields are in the entity late_sample, because the name sample is taken" in said
    more = dataset(study, "more")
    assert [each.name for each in more.assays] == ["rna", "late"]
    assert own(study, "more") == own(study, "more", "late_sample") == ["S1", "S2", "S3", "S9"]
    rows = study.ask("extract", "fields", "more", "--fields",
                     "visit.visit_id,late_sample.sample_id,late_sample.tissue")  # fmt: skip
    assert rows.out.splitlines()[1:] == ["1,S1,liver", "2,,", "3,S2,lung", "4,S3,liver", ",,"]
    by_id = {row["sample_id"]: row for row in more.assay("late")._sample_fields().to_pylist()}
    assert by_id["S2"]["tissue"] == "lung"
    # Three of one table: the next name is taken as well.
    words = ("merge", "assay", "early", "more", "--as", "third", "--assay", "rna", "--name",
             "LATE", "--link", "visit.note")  # fmt: skip
    assert study.ask(*words).code == 14


def test_what_an_option_leaves_out_is_told(study: Study) -> None:
    some = merge(study, "patient", "--sample-fields", "sample.batch,tissue", name="some")
    none = merge(study, "patient", "--no-sample-fields", name="none")

    assert "left out, as asked: 1 of 3 fields of the samples: sample.sex" in some
    assert "left out, as asked: 3 of 3 fields of the samples" in none
    found = study.ask("show", "some", "--json").json["entities"]["sample"]["fields"]
    assert found == ["sample_id", "tissue", "batch", "patient_id"]
    assert "sample" not in study.ask("show", "none", "--json").json["entities"]
    words = ("merge", "assay", "early", "study", "--as", "x", "--assay", "rna")
    assert study.ask(*words, "--sample-fields", "zzz").code == 13
    assert study.ask(*words, "--sample-fields", "a b").code == 2
    assert study.ask(*words, "--sample-fields", "sex", "--no-sample-fields").code == 2


def test_a_coding_of_another_content_is_refused_with_how_many_codes_differ(study: Study) -> None:
    codings = study.write("codings.csv", CODINGS.replace("Female", "female") + "sex,X,Other\n")
    words = ("--dictionary", study.folder / "fields.csv", "--codings", codings, "--data",
             f"sample={study.folder / 'sample.csv'}")  # fmt: skip
    load_assay(study, "odd", EARLY, *words)
    words = ("merge", "assay", "odd", "study", "--as", "x", "--assay", "rna", "--link-file",
             study.folder / "patient.link.csv")  # fmt: skip

    refused = study.ask(*words)

    assert refused.code == 14, refused.err
    told = "coding sex: their codes differ, 2 of 3 (1 only in the source, 1 of another meaning)"
    assert told in refused.err
    assert "--sample-fields" in refused.err
    assert study.ask(*words, "--sample-fields", "batch,tissue").code == 0


@pytest.mark.parametrize(
    ("link", "source", "target"),
    [
        ("patient", "early", "study"), ("visit", "livers", "women"), ("site", "early", "study"),
        ("site", "livers", "women"), ("ids", "early", "women"), ("ids", "livers", "study"),
    ],
)  # fmt: skip
def test_the_entity_hides_whom_the_assay_hides(
    study: Study, link: str, source: str, target: str
) -> None:
    merge(study, link, source=source, target=target)
    for name, rule in {"view": 'patient.patient_id = "P1"', "liver": "sample.batch = 2"}.items():
        assert study.ask("view", "both", "--as", name, "--rows", rule).code == 0
    again = study.write("again.csv", "a,b\nS1,P3\nS3,P4\nS9,P2\n")
    third = study.write("third.csv", "a,b\nS1,P3\nS2,P1\n")
    by = ("--assay", "rna", "--link-file")
    for words in (
        ("merge", "assay", "both", "study", "--as", "again", *by, again),
        ("merge", "assay", "view", "other", "--as", "third", *by, third),
        ("merge", "clinical", "both", "study", "--as", "wide", "--on-clash", "join,prefix:x_"),
    ):
        result = study.ask(*words)
        assert result.code == 0, result.err
    names = ("both", "view", "liver", "again", "third", "wide")
    whole = {each: require_the_same_samples(study, each) for each in names}
    assert whole["again"] == whole["both"]

    withdraw(study, "P1")
    for each in names:
        require_the_same_samples(study, each)
    withdraw(study, "S3", of="early.sample")
    withdraw(study, "P3", "P2")
    withdraw(study, "P3", of="other.person")

    for each in names:
        assert "S3" not in require_the_same_samples(study, each)
    sealed = study.folder / "sealed"
    assert study.ask("extract", "sealed", "both", "-o", sealed).code == 0
    copy = Study.reopen(study.folder, lake=sealed, data=[])
    assert require_the_same_samples(copy, "both") == require_the_same_samples(study, "both")


def test_a_rebase_moves_own_fields_with_their_samples(study: Study) -> None:
    merge(study)
    assert study.ask("view", "both", "--as", "view", "--rows", "sample.batch = 2").code == 0
    rows = study.write("more.csv", "sample_id,tissue,batch,sex\nS3,kidney,1,M\n")
    changed = study.ask("extend", "early", "--data", f"sample={rows}", "--mode", "rows")
    assert changed.code == 0, changed.err

    plan = study.ask("rebase", "both", "--onto", "early@2", "--apply")

    assert plan.code == 0, plan.err
    assert own(study) == ["S1", "S2", "S3", "S9"]
    found = dataset(study)["sample"].retrieve_fields(["sample_id", "tissue"]).to_pylist()
    assert {"sample_id": "S3", "tissue": "kidney"} in found
    assert study.ask("rebase", "view", "--onto", "both@2", "--apply").code == 0
    assert require_the_same_samples(study, "view") == ["S1", "S2"]
    assert require_the_same_samples(study, "view@1") == ["S1", "S2", "S3"]


def test_own_fields_of_a_merge_can_be_extended(study: Study) -> None:
    merge(study)
    more = study.write("rin.csv", "sample_id,rin\nS1,7.5\nS9,8\n")

    result = study.ask("extend", "both", "--data", f"sample={more}", "--mode", "fields")

    assert result.code == 0, result.err
    assert require_the_same_samples(study, "both") == ["S1", "S2", "S3", "S9"]
    described = dataset(study).assay("rna")._sample_fields().to_pylist()
    assert {row["sample_id"]: row["rin"] for row in described if row["rin"]} == {
        "S1": 7.5, "S9": 8.0,
    }  # fmt: skip
