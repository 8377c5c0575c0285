"""The jobs that extend and compact do what the commands do."""

from pathlib import Path

import yaml

from apollo_spark.cli.job import run_job
from tests.support.growing import gene, load, read_rows, rows_of, write_matrix
from tests.support.study import LOCAL_SETTINGS

FIRST = {"S1": {gene(1): 1.5, gene(2): 2.0}}
SECOND = {"S2": {gene(1): 3.5, gene(2): None}}


def write_job(path: Path, **values: object) -> str:
    path.write_text(yaml.safe_dump({"settings": str(LOCAL_SETTINGS), **values}))
    return str(path)


def test_samples_come_and_are_compacted_by_jobs(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(lake, write_matrix(tmp_path / "1.csv", FIRST))
    source = str(write_matrix(tmp_path / "2.csv", SECOND))
    extending = write_job(tmp_path / "extend.yaml", lake=str(lake), name="study", assay="rna",
                          source=[source])  # fmt: skip
    compacting = write_job(tmp_path / "compact.yaml", lake=str(lake))

    assert run_job("extend", ["--config", extending]) == 0
    assert run_job("compact", ["--config", compacting, "--apply"]) == 0

    assert read_rows(lake, "study@3") == rows_of({**FIRST, **SECOND})


def test_an_unknown_key_of_a_job_is_an_error(tmp_path: Path) -> None:
    job = write_job(tmp_path / "compact.yaml", lake="lake", source="x.csv")

    assert run_job("compact", ["--config", job]) == 2
