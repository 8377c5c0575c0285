"""Measured values as charts: boxes of samples, by groups of what they belong to."""

from math import log2

import pytest

import apollo_spark as ap
from tests.support.study import Study

FEATURE = "ENSG00000000001"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> ap.ApolloLake:
    study = Study(tmp_path_factory.mktemp("study"))
    assert study.load().code == 0
    matrix = study.write("rna.csv", f"feature_id,P1,P2,P3,P4,X9\n{FEATURE},1,2,3,,7\n")
    rna = ("--assay", "rna", "--unit", "count", "--source", matrix)
    assert study.ask("load", "expression", "rna", *rna).code == 0
    link = ("--assay", "rna", "--link", "patient.patient_id")
    assert study.ask("merge", "assay", "rna", "study", "--as", "both", *link).code == 0
    return ap.open_lake(str(study.lake))


def tile(*fields: str, **options: object) -> dict[str, object]:
    return {"chart": "expression", "fields": fields, "options": {"feature": FEATURE, **options}}


def test_samples_are_boxes_by_group(lake: ap.ApolloLake) -> None:
    answer = lake.dataset("both").aggregate(tile("patient.sex"))

    assert (answer.unit, answer.notes) == ("samples of rna", ("scale: log2 of the value and 1",))
    assert answer.data is not None
    boxes = {each.value: each.box for each in answer.data.boxes}
    assert (boxes["F"].n, boxes["F"].median) == (2, pytest.approx((log2(2) + log2(4)) / 2))
    assert (boxes["M"].n, boxes["M"].min) == (1, pytest.approx(log2(3)))
    assert (answer.data.rows, answer.data.missing) == (3, 0)


def test_the_scale_may_be_that_of_the_values(lake: ap.ApolloLake) -> None:
    whole, women, cities = (
        lake.dataset("both").aggregate(tile(*fields, scale="linear", unit="count"), where=where)
        for fields, where in (
            ((), None), ((), 'patient.sex = "F"'), (("site.city",), None),
        )
    )  # fmt: skip

    assert whole.data is not None
    assert whole.data.box is not None
    assert (whole.data.box.n, whole.data.box.mean, whole.data.box.max) == (3, 2.0, 3.0)
    assert women.data is not None
    assert women.data.box is not None
    assert (women.data.box.n, women.data.box.min, women.data.box.max) == (2, 1.0, 3.0)
    assert cities.data is not None
    assert {each.value: each.box.n for each in cities.data.boxes} == {"Uppsala": 2, "Turin": 1}


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (tile(feature="TP53"), ap.NotFoundError, "the assay 'rna' has no feature 'TP53'"),
        (tile(unit="tpm"), ap.NotFoundError, "the assay 'rna' has no unit 'tpm'"),
        (tile(assay="dna"), ap.NotFoundError, "there is no assay 'dna'"),
        (tile("visit.note"), ap.UsageError, "the rows of visit do not belong to each other one"),
    ],
)
def test_what_was_not_measured_is_said(
    lake: ap.ApolloLake, asked: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        lake.dataset("both").aggregate(asked)
