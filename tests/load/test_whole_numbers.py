"""Whole numbers of 64 bits in Python: frames, matrices of several assays, copies and versions."""

from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.errors import UsageError
from tests.support.study import Study

LONG, MOST = 9007199254740993, 9223372036854775807
A, B = "ENSG00000000001", "ENSG00000000002"
FIELDS = (
    "entity,name,type,primary_key_type\npatient,patient_id,integer,global\npatient,n,integer,\n"
)
UNITS = ("--assay", "rna", "--unit", "count")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = Study(tmp_path)
    source = study.write("m.csv", f"gene_id,S1,S2\n{A},{LONG},1\n{B},,{MOST}\n")
    loaded = study.ask("load", "expression", "cells", *UNITS, "--source", source)
    assert loaded.code == 0, loaded.err
    return study


def test_frames_hold_whole_numbers_beside_missing_ones(study: Study) -> None:
    rna = ap.open_lake(str(study.lake)).dataset("cells").assay("rna")

    frame = rna.matrix()

    assert frame.dtypes.astype(str).tolist() == ["Int64", "Int64"]
    assert frame[A].tolist() == [LONG, 1]
    assert frame[B].isna().tolist() == [True, False]
    assert frame[B]["S2"] == MOST
    assert rna.matrix(to="arrow").column(B).to_pylist() == [None, MOST]
    assert rna.expression(minimum=LONG).column("value").to_pylist() == [LONG, MOST]
    assert rna.expression(maximum=LONG - 1).column("value").to_pylist() == [1]
    pytest.importorskip("anndata")
    with pytest.raises(UsageError, match="2 values are whole numbers of more than 15 digits"):
        rna.matrix(to="anndata")
    assert rna.matrix([A], to="anndata").X.tolist() == [[LONG], [1]]


def test_statistics_of_sums_beyond_64_bits_do_not_wrap(study: Study) -> None:
    source = study.write("s.csv", f"gene_id,S1,S2\n{A},{MOST},{MOST}\n")
    assert study.ask("load", "expression", "sums", *UNITS, "--source", source).code == 0

    (found,) = ap.open_lake(str(study.lake)).dataset("sums").assay("rna").statistics().to_pylist()

    assert (found["total"], found["mean"]) == (float(2 * MOST), float(MOST))
    assert (found["measured"], found["detected"], found["variance"]) == (2, 2, 0.0)


def test_copies_versions_and_deep_checks_keep_the_last_digit(study: Study) -> None:
    sealed = study.folder / "sealed"
    assert study.ask("extract", "sealed", "cells", "-o", sealed).code == 0
    copy = ap.open_lake(str(sealed)).dataset("cells").assay("rna")
    assert copy.matrix()[A].tolist() == [LONG, 1]
    more = study.write("n.csv", f"gene_id,S3\n{A},7\n{B},{LONG}\n")
    assert study.ask("extend", "cells", "--assay", "rna", "--source", more).code == 0
    assert study.ask("compact", "cells", "--apply").code == 0
    grown = ap.open_lake(str(study.lake)).dataset("cells")
    assert grown.assay("rna").matrix()[B].tolist()[1:] == [MOST, LONG]
    for root in (study.lake, sealed):
        assert ap.open_lake(str(root)).verify(deep=True).problems == ()
    other = study.write("m.csv", f"gene_id,S1,S2\n{A},{LONG - 1},1\n{B},,{MOST}\n")
    assert study.ask("load", "expression", "other", *UNITS, "--source", other).code == 0
    (found,) = study.ask("diff", "cells@1", "other", "--json").json["assays"]
    assert found["units_changed"] == ["count"]


def test_fields_are_frames_of_whole_numbers(tmp_path: Path) -> None:
    study = Study(tmp_path)
    people = study.write("p.csv", f"patient_id,n\n{LONG},{MOST}\n{LONG - 1},\n")
    words = ("--dictionary", study.write("f.csv", FIELDS), "--data", f"patient={people}")
    assert study.ask("load", "clinical", "people", *words).code == 0

    dataset = ap.open_lake(str(study.lake)).dataset("people")
    frame = dataset.retrieve_fields(["patient.patient_id", "patient.n"], to="pandas")

    assert frame["patient.patient_id"].tolist() == [LONG - 1, LONG]
    assert str(frame["patient.n"].dtype) == "Int64"
    assert frame["patient.n"].isna().tolist() == [True, False]
    assert frame["patient.n"].tolist()[1] == MOST


def test_assays_of_which_one_has_fractions_keep_every_digit_or_are_refused(tmp_path: Path) -> None:
    study = Study(tmp_path)
    assert study.load().code == 0
    unit = ("--assay", "rna", "--unit", "expected_count")
    for name, sample, value in (("whole", "P1", LONG), ("parts", "P2", 0.5), ("short", "P3", 7)):
        source = study.write(f"{name}.csv", f"gene_id,{sample}\n{A},{value}\n{B},1\n")
        assert study.ask("load", "expression", name, *unit, "--source", source).code == 0
    target = "study"
    for name in ("whole", "parts", "short"):
        words = ("merge", "assay", name, target, "--as", f"with_{name}", "--assay", "rna")
        done = study.ask(*words, "--name", name, "--link", "patient.patient_id")
        assert done.code == 0, done.err
        target = f"with_{name}"
    dataset = ap.open_lake(str(study.lake)).dataset(target)

    assert dataset.read_assays(["whole", "short"])[A].tolist() == [LONG, 7]
    assert dataset.read_assays(["parts", "short"])[A].tolist() == [0.5, 7.0]
    with pytest.raises(UsageError, match="more than 15 digits"):
        dataset.read_assays(["whole", "parts"])
