"""Options on the columns of expression files: reports, records, jobs, Python, and proofs."""

import csv
from pathlib import Path

import pytest

from apollo_spark.api.lake import open_lake
from apollo_spark.api.sources import ExpressionSource
from apollo_spark.cli.job import known_keys, run_job
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.runtime.settings import LakeSettings
from tests.support.sources import DOWN, A, B, load
from tests.support.study import apollo

BARE = f"{A},1,2\n{B},3,4\n"
MATRIX = [f"sample_id,{A},{B}", "MRN-1,1,3", "MRN-2,2,4"]
NAMED = ("--no-header", "--samples", "MRN-1,MRN-2")


def matrix(folder: Path) -> list[str]:
    return apollo("--lake", folder / "lake", "extract", "expression", "study",
                  "--matrix").out.splitlines()  # fmt: skip


def test_the_report_says_what_every_column_was_taken_for(tmp_path: Path) -> None:
    text = f"gene_id,length,MRN-7,S1\n{A},9,x,1\n{B},8,y,2\n"

    loaded = load(tmp_path, {"m.csv": text}, 1)

    assert "MRN-7" not in loaded.out + loaded.err
    with (tmp_path / "report" / "columns.csv").open() as stream:
        rows = [(row["column"], row["header"], row["taken for"]) for row in csv.DictReader(stream)]
    assert rows == [
        ("1", "gene_id", "feature id"), ("2", "length", "left out"), ("3", "MRN-7", "left out"),
        ("4", "S1", "sample"),
    ]  # fmt: skip


def test_the_report_of_a_refused_load_names_the_suspected_column(tmp_path: Path) -> None:
    text = f"gene_id,MRN-7,S1\n{A},7661779,1\n{B},55019017,2\n"

    refused = load(tmp_path, {"m.csv": text}, 1)

    assert refused.code == 10
    assert "MRN-7" not in refused.out + refused.err
    assert "MRN-7" in (tmp_path / "report" / "report.json").read_text()
    assert "MRN-7" in (tmp_path / "report" / "columns.csv").read_text()


def test_names_of_a_list_are_in_no_record_and_are_proven_all_the_same(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"m.csv": BARE}, 1, *NAMED)
    again = load(tmp_path, {"m.csv": BARE}, 1, *NAMED)
    other = load(tmp_path, {"m.csv": BARE}, 1, "--no-header", "--samples", "MRN-2,MRN-1")

    assert (loaded.last_line, again.last_line, other.last_line) == ("study@1", "study@1", "study@2")
    assert matrix(tmp_path) == [MATRIX[0], "MRN-1,2,4", "MRN-2,1,3"]
    stored = open_stored_lake(str(tmp_path / "lake"))
    records = [stored.load_record(parse_reference(f"study@{each}")) for each in (1, 2)]
    assert all("MRN-" not in each.to_json() for each in records)
    proven = apollo("--lake", tmp_path / "lake", "verify", "study@2", "--sources")
    assert proven.code == 0, proven.err


def test_extensions_by_a_list_and_by_a_choice_are_proven(tmp_path: Path) -> None:
    load(tmp_path, {"m.csv": DOWN}, 1, "--sample-columns", "S2")
    new = tmp_path / "new.csv"
    new.write_text(BARE)
    names = tmp_path / "names.txt"
    names.write_text("S1\n")
    lake = ("--lake", tmp_path / "lake")

    listed = apollo(*lake, "extend", "study", "--assay", "rna", "--source", new, *NAMED)
    chosen = apollo(*lake, "extend", "study", "--assay", "rna", "--source", tmp_path / "m.csv",
                    "--sample-columns", names)  # fmt: skip

    assert (listed.code, chosen.code) == (0, 0), listed.err + chosen.err
    assert matrix(tmp_path) == [*MATRIX, "S1,1,3", "S2,2,4"]
    proven = apollo(*lake, "verify", "study", "--sources")
    assert proven.code == 0, proven.err


def test_a_dry_run_of_an_extension_tells_its_columns(tmp_path: Path) -> None:
    load(tmp_path, {"m.csv": DOWN}, 1)
    new = tmp_path / "new.csv"
    new.write_text(f"gene_id,length,S3,S4\n{A},9,1,2\n{B},8,3,4\n")

    told = apollo("--lake", tmp_path / "lake", "extend", "study", "--assay", "rna", "--source",
                  new, "--dry-run")  # fmt: skip

    assert told.code == 0, told.err
    assert "2 samples and 2 features" in told.err
    assert "the first is column 3 and the last is column 4" in told.err


@pytest.mark.parametrize("verb", ["load expression", "extend"])
def test_jobs_know_the_options(verb: str) -> None:
    assert {"sample_columns", "no_header", "samples"} <= known_keys(verb)


def test_a_job_takes_a_list_of_samples(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(BARE)
    (tmp_path / "local.yaml").write_text("runner: local\n")
    job = tmp_path / "job.yaml"
    job.write_text(
        f"lake: {tmp_path}/lake\nsettings: {tmp_path}/local.yaml\nname: study\nassay: rna\n"
        f'unit: count\nsource: ["{tmp_path}/m.csv"]\nno_header: true\n'
        "samples: [MRN-1, MRN-2]\n"
    )

    assert run_job("load expression", ["--config", str(job)]) == 0
    assert matrix(tmp_path) == MATRIX


def test_python_takes_the_same_options(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(BARE)
    (tmp_path / "n.csv").write_text(f"gene_id,where,S1\n{A},7661779,1\n{B},55019017,2\n")
    lake = open_lake(str(tmp_path / "lake"), settings=LakeSettings(runner="local"))

    bare = ExpressionSource(str(tmp_path / "m.csv"), no_header=True, samples=["MRN-1", "MRN-2"])
    lake.load_expression("study", assay="rna", unit="count", source=bare)
    chosen = ExpressionSource(str(tmp_path / "n.csv"), sample_columns="^S")
    lake.extend_assay("study", assay="rna", source=chosen)

    assert matrix(tmp_path) == [*MATRIX, "S1,1,2"]
