"""What `apollo diff` says of the assays of two versions."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from apollo_spark.assays.expression.read.reader import AssayFiles
from tests.support.study import Study

SAMPLES = "sample_id,tissue\nS1,liver\nS2,lung\nS3,liver\n"
OLD = {"S1": (1, 2), "S2": (3, 4), "S3": (5, None)}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = Study(tmp_path)
    load(study, OLD)
    return study


def matrix(study: Study, values: dict[str, tuple[Any, ...]]) -> Path:
    rows = [["ENSG00000000001", *(each[0] for each in values.values())]]
    rows.append(["ENSG00000000002", *(each[1] for each in values.values())])
    lines = [",".join("" if x is None else str(x) for x in row) for row in rows]
    return study.write("matrix.csv", "\n".join([",".join(["feature_id", *values]), *lines]) + "\n")


def load(study: Study, values: dict[str, tuple[Any, ...]], unit: str = "count") -> None:
    words = ("--assay", "rna", "--unit", unit, "--source", matrix(study, values))
    result = study.ask("load", "expression", "rna", *words)
    assert result.code == 0, result.err


def extend(study: Study, values: dict[str, tuple[Any, ...]]) -> None:
    result = study.ask("extend", "rna", "--assay", "rna", "--source", matrix(study, values))
    assert result.code == 0, result.err


def assay_of(study: Study, first: str, second: str) -> dict[str, Any]:
    """Return what differs in the assay, without what does not."""
    result = study.ask("diff", first, second, "--json")
    assert result.code == 0, result.err
    (found,) = result.json["assays"]
    return {name: value for name, value in found.items() if value and name != "name"}


def test_samples_that_came_are_no_change_of_the_others(study: Study) -> None:
    extend(study, {"S9": (7, 8), "S8": (9, 9)})

    assert assay_of(study, "rna@1", "rna@2") == {"samples_added": 2}
    assert assay_of(study, "rna@2", "rna@1") == {"samples_removed": 2}
    shown = study.ask("diff", "rna@1", "rna@2").out.splitlines()
    assert shown[-1] == "assay rna: 2 samples added, 0 removed"


def test_only_the_samples_that_came_are_read(study: Study) -> None:
    extend(study, {"S9": (7, 8)})
    read: list[int] = []
    whole = AssayFiles.read_matrix

    def count(self: AssayFiles, layer: Any, features: Any, samples: Any, **more: Any) -> Any:
        read.append(len(samples))
        return whole(self, layer, features, samples, **more)

    with mock.patch.object(AssayFiles, "read_matrix", count):
        assert assay_of(study, "rna@1", "rna@2") == {"samples_added": 1}

    assert sum(read) == 1


def test_the_same_values_in_other_files_or_storage_are_the_same(study: Study) -> None:
    load(study, dict(reversed(OLD.items())), unit="other:raw")
    load(study, OLD | {"S3": (5.0, None)}, unit="other:raw")

    assert assay_of(study, "rna@2", "rna@3") == {}
    assert assay_of(study, "rna@1", "rna@2") == {"units_added": ["other:raw"]}


def test_values_that_are_stored_otherwise_are_the_same(tmp_path: Path) -> None:
    study = Study(tmp_path)
    load(study, {"S1": (1.5, 2), "S2": (3, None)}, unit="tpm")
    extend(study, {"S3": (0.123, 1e-7)})

    assert assay_of(study, "rna@1", "rna@2") == {"samples_added": 1}


def test_a_value_that_is_another_one_or_missing_by_now_is_told(study: Study) -> None:
    load(study, OLD | {"S2": (3, None), "S4": (1, 1)})
    load(study, {"S1": (1, 2), "S3": (5, 1)})

    assert assay_of(study, "rna@1", "rna@2") == {"samples_added": 1, "units_changed": ["count"]}
    assert assay_of(study, "rna@2", "rna@3") == {"samples_removed": 2, "units_changed": ["count"]}
    shown = study.ask("diff", "rna@1", "rna@2").out.splitlines()
    assert shown[-1] == "assay rna: 1 samples added, 0 removed; other values in count"


def test_what_is_hidden_is_not_compared(study: Study) -> None:
    dictionary = study.write(
        "samples_dictionary.csv",
        "entity,name,type,primary_key_type\nsample,sample_id,string,global\nsample,tissue,string,\n",
    )
    words = ("--dictionary", dictionary, "--data", f"sample={study.write('s.csv', SAMPLES)}")
    for name, values in (
        ("one", OLD),
        ("two", OLD | {"S2": (9, 9)}),
        ("three", OLD | {"S1": (9, 9)}),
    ):
        asked = ("--assay", "rna", "--unit", "count", "--source", matrix(study, values), *words)
        assert study.ask("load", "expression", name, *asked).code == 0
        rule = ("--rows", 'sample.tissue = "liver"')
        assert study.ask("view", name, "--as", f"{name}_liver", *rule).code == 0

    assert assay_of(study, "one", "two") == {"units_changed": ["count"]}
    assert assay_of(study, "one_liver", "two_liver") == {}
    assert assay_of(study, "one", "one_liver") == {"samples_removed": 1}
    assert assay_of(study, "one", "two_liver") == {"samples_removed": 1}
    assert assay_of(study, "one_liver", "three_liver") == {"units_changed": ["count"]}
    gone = study.write("gone.csv", "sample_id\nS1\n")
    assert study.ask("withdraw", gone, "--of", "three.sample", "--apply").code == 0
    assert assay_of(study, "one_liver", "three_liver") == {
        "samples_removed": 1,
        "features_removed": 1,
    }
