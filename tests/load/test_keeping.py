"""Looking back and cleaning up from Python: the same as the commands do."""

from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.errors import NotFoundError
from apollo_spark.runtime.settings import read_settings
from tests.support.study import LOCAL_SETTINGS, Study


def test_python_looks_back_and_cleans_up(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.load()
    study.replace("patient.csv", "61.5", "62.5")
    study.load()
    lake = ap.open_lake(str(study.lake), settings=read_settings(LOCAL_SETTINGS))

    assert [str(each) for each in lake.history("study")] == ["study@1", "study@2"]
    (patients,) = [each for each in lake.diff("study@1", "study@2").entities if each.changed]
    assert (patients.name, patients.changed) == ("patient", 1)
    assert [each.version for each in lake.lineage("study").nodes] == ["study@2"]
    source = lake.trace("study", "patient", "P1", "weight").source
    assert source is not None
    assert (Path(source.file).name, source.line) == ("patient.csv", 2)
    assert lake.verify("study@2", sources=True).sources[0].problems == ()
    meant = lake.plan_retirement("study@1")
    assert (meant.version, meant.retired, meant.name_means) == ("study@1", None, "study@2")
    assert lake.retire("study@1", dry_run=True).plan == meant
    assert lake.retire("study@1").receipt.versions_left == 1
    plan, tried = lake.gc(grace_hours=0), lake.gc(apply=True, dry_run=True, grace_hours=0)
    assert plan.receipt.done is None
    assert tried == plan
    assert plan.plan is not None
    swept = lake.gc(apply=True, grace_hours=0)
    assert swept.receipt.done is not None
    assert swept.receipt.done.total.files == plan.plan.files
    assert plan.plan.files
    assert lake.dataset("study").version == 2
    with pytest.raises(NotFoundError):
        lake.dataset("study@1")
