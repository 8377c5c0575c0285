"""AnnData and MuData with the fields of people and samples beside the values of assays."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import apollo_spark as ap
from apollo_spark.assays.expression.read.matching import _key_of
from apollo_spark.assays.expression.read.mudata import own_columns
from apollo_spark.assays.expression.read.people_fields import _by_key, _Part
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.dictionary import DataDictionary, Entity
from tests.support.cases import inside
from tests.support.study import CommandResult, apollo

anndata = pytest.importorskip("anndata")
pd = pytest.importorskip("pandas")

FILES = {
    "d.csv": """entity,name,type,primary_key_type,coding_name,is_sparse_coding,is_multi_select,referenced_entity_field,relationship
patient,patient_id,string,global,,,,,
patient,sex,integer,,sex,,,,
patient,age,integer,,gaps,yes,,,
patient,born,date,,days,yes,,,
patient,seen,datetime,,,,,,
patient,drugs,string,,drugs,,yes,,
patient,note,string,,,,,,
visit,visit_id,string,local,,,,,
visit,patient,string,,,,,patient:patient_id,many_to_one
visit,number,integer,,,,,,
visit,day,date,,,,,,
visit,fev1,float,,gaps,yes,,,
""",  # noqa: E501
    "c.csv": """coding_name,code,meaning
sex,1,male
sex,0,female
gaps,-1,no answer
days,1900-01-01,long ago
drugs,a,alpha
drugs,b,beta
""",
    "p.csv": """patient_id,sex,age,born,seen,drugs,note
P1,0,41,1850-02-03,2020-01-02T03:04:05Z,a|b,first
P2,1,-1,1900-01-01,,b,SECRET
P3,0,,,,,
""",
    "v.csv": """visit_id,patient,number,day,fev1
v1,P1,1,2020-01-05,2.5
v2,P1,2,2020-03-05,-1
v3,P2,2,2020-02-01,3.25
""",
    "sd.csv": """entity,name,type,primary_key_type,coding_name
sample,sample_id,string,global,
sample,tissue,string,,tissue
sample,purity,float,,
""",
    "sc.csv": "coding_name,code,meaning\ntissue,2,lung\ntissue,1,liver\n",
    "s.csv": "sample_id,tissue,purity\nS1,1,0.5\nS2,2,\nS3,1,0.25\n",
    "rna.csv": "feature_id,S1,S2,S3,S4\nENSG00000141510,5,3,1,2\nENSG00000139618,1,2,4,0\n",
    "prot.csv": "feature_id,S1,S5\nENSG00000141510,0.5,1.5\n",
    "to_patient.csv": "sample,patient\nS1,P1\nS2,P1\nS3,P2\n",
    "to_visit.csv": "sample,visit\nS1,v1\nS2,v2\nS3,v3\n",
    "prot_link.csv": "sample,patient\nS1,P1\nS5,P3\n",
}
OWN = "--dictionary sd.csv --codings sc.csv --data sample=s.csv"
VISITS = "--data visit=v.csv"
TO_VISIT = "--link-file to_visit.csv --link visit.visit_id"
MADE = (
    f"load clinical study --dictionary d.csv --codings c.csv --data patient=p.csv {VISITS}",
    f"load expression rna --assay rna --unit count --source rna.csv {OWN}",
    "load expression prot --assay prot --unit tpm --source prot.csv",
    "merge assay rna study --as by_patient --assay rna --link-file to_patient.csv",
    f"merge assay rna study --as by_visit --assay rna {TO_VISIT}",
    "merge assay prot by_patient --as both --assay prot --link-file prot_link.csv",
    "view both --as women --rows patient.sex=0",
)
NA = None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("annotated")
    for name, text in FILES.items():
        (found / name).write_text(text)
    with inside(found):
        for words in MADE:
            done = apollo("--lake", "lake", *words.split())
            assert done.code == 0, done.err
    return found


def extract(folder: Path, *words: object) -> CommandResult:
    return apollo("--lake", folder / "lake", "extract", "expression", *words)


def read_obs(folder: Path, tmp_path: Path, name: str, *words: object) -> Any:
    """The `obs` of a file that a command wrote."""
    target = tmp_path / "x.h5ad"
    done = extract(folder, name, "-o", target, *words)
    assert done.code == 0, done.err
    return anndata.read_h5ad(target).obs


def cells(frame: Any) -> dict[str, list[Any]]:
    """The columns of a frame, missing cells None."""
    return {name: [NA if pd.isna(each) else each for each in frame[name]] for name in frame.columns}


FIELDS = "patient.sex,patient.age,patient.born,patient.seen,patient.drugs"


def test_samples_have_the_fields_of_their_person_and_their_own(
    folder: Path, tmp_path: Path
) -> None:
    obs = read_obs(folder, tmp_path, "by_patient", "--fields", FIELDS)

    assert list(obs.index) == ["S1", "S2", "S3", "S4"]
    assert cells(obs) == {
        "patient.sex": ["female", "female", "male", NA],
        "patient.age": [41, 41, NA, NA],
        "patient.age.label": [NA, NA, "no answer", NA],
        "patient.born": ["1850-02-03", "1850-02-03", NA, NA],
        "patient.born.label": [NA, NA, "long ago", NA],
        "patient.seen": ["2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z", NA, NA],
        "patient.drugs": ['["alpha","beta"]', '["alpha","beta"]', '["beta"]', NA],
        "sample.tissue": ["liver", "lung", "liver", NA],
        "sample.purity": [0.5, NA, 0.25, NA],
    }
    found = anndata.read_h5ad(tmp_path / "x.h5ad")
    assert str(obs["patient.age"].dtype) == "Int64"
    # In the order of the coding, not of the alphabet.
    assert list(obs["patient.sex"].cat.categories) == ["male", "female"]
    assert list(obs["sample.tissue"].cat.categories) == ["lung", "liver"]
    assert list(found.uns["dates"]) == ["patient.born"]
    assert list(found.uns["datetimes"]) == ["patient.seen"]
    assert np.array_equal(found.X, [[1, 5], [2, 3], [4, 1], [0, 2]])


def test_dates_are_datetimes_in_memory(folder: Path) -> None:
    assay = ap.open_lake(str(folder / "lake")).dataset("by_patient").assay("rna")

    obs = assay.matrix(to="anndata", fields=FIELDS.split(",")).obs

    assert obs["patient.born"].dtype == "datetime64[us]"
    assert obs["patient.born"]["S1"] == pd.Timestamp("1850-02-03")
    assert obs["patient.seen"]["S2"] == pd.Timestamp("2020-01-02T03:04:05Z")
    assert obs["patient.age"].dtype == "Int64"


def test_own_fields_that_are_named_come_alone_and_in_their_order(
    folder: Path, tmp_path: Path
) -> None:
    obs = read_obs(folder, tmp_path, "by_patient", "--fields", "sample.purity,patient.note")

    assert cells(obs) == {
        "sample.purity": [0.5, NA, 0.25, NA],
        "patient.note": ["first", "first", "SECRET", NA],
    }


def test_several_visits_must_be_said(folder: Path, tmp_path: Path) -> None:
    fields = ("--fields", "visit.fev1,sample.tissue")
    target = tmp_path / "x.h5ad"

    refused = extract(folder, "by_patient", "-o", target, *fields)
    wide = read_obs(folder, tmp_path, "by_patient", *fields, "--wide", "visit.number")
    last = read_obs(folder, tmp_path, "by_patient", *fields, "--wide", "visit.day:last", "--force")

    assert refused.code == 2
    assert "may have several rows of: visit" in refused.err
    assert cells(wide) == {
        "visit.fev1.1": [2.5, 2.5, NA, NA],
        "visit.fev1.1.label": [NA, NA, NA, NA],
        "visit.fev1.2": [NA, NA, 3.25, NA],
        "visit.fev1.2.label": ["no answer", "no answer", NA, NA],
        "sample.tissue": ["liver", "lung", "liver", NA],
    }
    assert cells(last)["visit.fev1.last.label"] == ["no answer", "no answer", NA, NA]


def test_samples_of_a_visit_have_its_fields(folder: Path, tmp_path: Path) -> None:
    obs = read_obs(folder, tmp_path, "by_visit", "--fields", "visit.fev1,patient.age,sample.purity")

    assert cells(obs) == {
        "visit.fev1": [2.5, NA, 3.25, NA],
        "visit.fev1.label": [NA, "no answer", NA, NA],
        "patient.age": [41, 41, NA, NA],
        "patient.age.label": [NA, NA, "no answer", NA],
        "sample.purity": [0.5, NA, 0.25, NA],
    }


def test_only_samples_of_people_who_are_meant_leave(folder: Path, tmp_path: Path) -> None:
    fields = ("--fields", "patient.note,visit.fev1", "--wide", "visit.number")

    chosen = read_obs(folder, tmp_path, "by_visit", *fields, "--filter", "patient.sex = 0")
    hidden = read_obs(folder, tmp_path, "women", "--force", "--assay", "rna", *fields)

    assert cells(chosen)["patient.note"] == ["first", "first"]
    assert list(chosen.index) == list(hidden.index) == ["S1", "S2"]
    assert b"SECRET" not in (tmp_path / "x.h5ad").read_bytes()
    assert [*hidden["patient.note"].unique()] == ["first"]


WRONG = {
    "an unknown field": (("-o", "x.h5ad", "--fields", "patient.agee"), 13, "did you mean 'age'?"),
    "a table": (
        ("-o", "x.csv", "--fields", "patient.age"), 2,
        "Fields of people are written beside values in AnnData and MuData only.",
    ),
    "the wide form alone": (
        ("-o", "x.h5ad", "--wide", "visit.number"), 2,
        "The wide form is asked for without fields.",
    ),
    "an unknown field to number by": (
        ("-o", "x.h5ad", "--fields", "visit.fev1", "--wide", "visit.x"), 13, "visit.x",
    ),
    "fields of features": (
        ("-o", "x.h5ad", "--additional-fields", "chrom"), 2, "A matrix cannot have additional",
    ),
    "an unknown assay": (("-o", "x.h5mu", "--assay", "rna,prote"), 13, "no assay 'prote'"),
    "a match in a file of one assay": (
        ("-o", "x.h5ad", "--match", "patient"), 2,
        "Samples of several assays are matched in MuData alone.",
    ),
    "a match by an unknown entity": (
        ("-o", "x.h5mu", "--match", "patent"), 13, "no entity 'patent' (did you mean 'patient'?)",
    ),
    "a match by what a sample has several of": (
        ("-o", "x.h5mu", "--match", "visit"), 2,
        "Samples of 'rna' do not belong to one row of 'visit' each.",
    ),
    "a match of two samples with one person": (
        ("-o", "x.h5mu", "--match", "patient"), 2,
        "Rows of 'patient' have several samples in one assay:\n  rna: 1 rows",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_has_no_meaning_is_refused(folder: Path, tmp_path: Path, case: str) -> None:
    words, code, text = WRONG[case]
    if "x.h5mu" in words:
        pytest.importorskip("mudata")

    with inside(tmp_path):
        done = extract(folder, "both", *words)

    assert (done.code, text in done.err) == (code, True), done.err
    assert [*tmp_path.iterdir()] == []


def test_assays_are_modalities_of_one_file(folder: Path, tmp_path: Path) -> None:
    mudata = pytest.importorskip("mudata")
    target = tmp_path / "x.h5mu"

    done = extract(folder, "both", "-o", target, "--fields", "patient.sex,patient.age")
    with own_columns():
        found = mudata.read(target)

    assert (done.code, "wrote 5 rows" in done.err) == (0, True), done.err
    assert sorted(found.mod) == ["prot", "rna"]
    assert cells(found["prot"].obs) == {
        "patient.sex": ["female", "female"], "patient.age": [41, NA],
        "patient.age.label": [NA, NA],
    }  # fmt: skip
    by_sample = found.obs.loc[["S1", "S2", "S3", "S4", "S5"]]
    assert cells(by_sample) == {
        "patient.sex": ["female", "female", "male", NA, "female"],
        "patient.age": [41, 41, NA, NA, NA],
        "patient.age.label": [NA, NA, "no answer", NA, NA],
        "sample.tissue": ["liver", "lung", "liver", NA, NA],
        "sample.purity": [0.5, NA, 0.25, NA, NA],
    }
    assert list(by_sample["patient.sex"].cat.categories) == ["male", "female"]
    assert list(found["prot"].var_names) == ["prot:ENSG00000141510"]
    assert list(found["prot"].var["feature_id"]) == ["ENSG00000141510"]
    assert np.array_equal(found["prot"].X, [[0.5], [1.5]])


def test_samples_of_a_person_in_all_assays_are_one_row(folder: Path, tmp_path: Path) -> None:
    mudata = pytest.importorskip("mudata")
    target, ids = tmp_path / "x.h5mu", ["S1", "S3", "S4", "S5"]
    genes = {"feature_id": ["ENSG00000141510", "ENSG00000139618"]}
    chosen = json.dumps({"annotation": genes, "sample_id": ids})
    words = ("--match", "patient", "--fields", "patient.sex")

    done = extract(folder, "both", "-o", target, *words, "--filter-json", chosen)

    assert (done.code, "wrote 3 rows" in done.err) == (0, True), done.err
    with own_columns():
        found = mudata.read(target)
    assert "note: 1 samples of 'rna' are left out" in done.err
    assert {name: list(each.obs_names) for name, each in found.mod.items()} == {
        "rna": ["P1", "P2"], "prot": ["P1", "P3"],
    }  # fmt: skip
    assert np.array_equal(found["rna"].X, [[1, 5], [4, 1]])
    assert cells(found.obs.loc[["P1", "P2", "P3"]]) == {
        "patient.sex": ["female", "male", "female"],
        # What is of one sample alone is that of an assay.
        "rna:sample.tissue": ["liver", "liver", NA],
        "rna:sample.purity": [0.5, 0.25, NA],
        "rna:sample_id": ["S1", "S3", NA],
        "prot:sample_id": ["S1", NA, "S5"],
    }


def test_python_matches_by_people_and_by_visits(folder: Path) -> None:
    pytest.importorskip("mudata")
    lake = ap.open_lake(str(folder / "lake"))

    people = lake.dataset("both").to_mudata(match="patient", samples=["S2", "S5"])
    visits = lake.dataset("by_visit").to_mudata(match="visit", fields=["visit.fev1"])

    assert list(people.obs_names) == ["P1", "P3"]
    # Without fields, those of the row of a sample come as stored, for each assay.
    assert {"rna:note", "prot:note", "rna:tissue"} <= set(people.obs.columns)
    assert list(visits.obs["rna:sample_id"]) == ["S1", "S2", "S3"]
    assert dict(visits.obs["visit.fev1"].dropna()) == {"v1": 2.5, "v3": 3.25}
    with pytest.raises(NotFoundError, match=r"^No assay has 1 of the samples\."):
        lake.dataset("both").to_mudata(samples=["S1", "S9"])


def test_python_gives_what_the_command_writes(folder: Path, tmp_path: Path) -> None:
    mudata = pytest.importorskip("mudata")
    dataset = ap.open_lake(str(folder / "lake")).dataset("both")

    found = dataset.to_mudata(fields=["patient.born"], where="patient.sex = 0")
    rows = dataset.to_mudata(["prot"], fields=["patient.born"], to_file=str(tmp_path / "p.h5mu"))

    assert list(found.obs_names) == ["S1", "S2", "S5"]
    assert found.obs["patient.born"]["S1"] == pd.Timestamp("1850-02-03")
    assert rows == 2
    with own_columns():
        assert list(mudata.read(tmp_path / "p.h5mu").mod) == ["prot"]
    with pytest.raises(UsageError, match=r"^'x.h5ad' does not end with \.h5mu"):
        dataset.to_mudata(to_file="x.h5ad")
    with pytest.raises(UsageError, match=r"^No assay is named\.|^There is no assay\."):
        dataset.to_mudata([])


def test_a_sample_of_several_rows_is_refused() -> None:
    table = pa.table({"visit.number": [1, 1, 2], "visit.fev1": [0.5, 1.5, 2.5]})
    part = _Part("visit", "number", ("visit.fev1",))

    with pytest.raises(UsageError, match=r"^Samples belong to several rows of 'visit': 1 rows"):
        _by_key(table, part, pa.array([1, 2]))
    assert _by_key(table, part, pa.array([2, None, 3])).to_pydict() == {
        "visit.fev1": [2.5, None, None]
    }


def test_rows_without_a_key_match_nothing() -> None:
    dictionary = DataDictionary(
        main_entity="note", entities=(Entity(name="note", fields=()),), relations=(), codings=()
    )

    with pytest.raises(UsageError, match=r"^'note' has no key, by which samples could be matched"):
        _key_of(dictionary, "note")
