"""Lakes that earlier versions wrote are read, verified and grown by this one."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.tables.contents import file_names
from apollo_spark.workers.files.checksums import has_checksums
from tests.support.example_lake import EXAMPLES, answers_of_example, kept_answers, open_example
from tests.support.study import apollo

VERSIONS = sorted(each.stem.removeprefix("lake_") for each in EXAMPLES.glob("lake_*.json"))
BARE = ("0_1_0",)
"""Those whose files have no checksums: what is damaged in others is found before it is read."""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_lake_reads_as_it_did(tmp_path: Path, version: str) -> None:
    assert answers_of_example(open_example(version, tmp_path)) == kept_answers(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_lake_is_sound(tmp_path: Path, version: str) -> None:
    result = apollo("--lake", open_example(version, tmp_path), "verify", "--deep", "--json")

    assert result.code == 0, result.err
    assert json.loads(result.out)["problems"] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_lake_grows(tmp_path: Path, version: str) -> None:
    lake = open_example(version, tmp_path)
    site = tmp_path / "site.csv"
    site.write_text("site_id,city\n3,Oslo\n")

    grown = apollo("--lake", lake, "extend", "study", "--mode", "rows", "--data", f"site={site}")

    assert grown.last_line == "study@4", grown.err
    assert answers_of_example(lake) == kept_answers(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_assay_of_a_kept_lake_grows_and_what_was_merged_of_it_is_moved(
    tmp_path: Path, version: str
) -> None:
    lake = open_example(version, tmp_path)
    texts = stored_texts(lake)
    more = tmp_path / "more.csv"
    more.write_text("feature_id,S5\nENSG00000141510,7\nENSG00000139618,8\n")

    grown = apollo("--lake", lake, "extend", "rna", "--assay", "rna", "--source", more)
    moved = apollo("--lake", lake, "rebase", "both", "--onto", "rna@2", "--apply")

    assert (grown.code, moved.code) == (0, 0), grown.err + moved.err
    assert answers_of_example(lake) == kept_answers(version)
    # What was published stays as it was stored, whatever form is written today.
    assert texts.items() <= stored_texts(lake).items()
    result = apollo("--lake", lake, "verify", "--deep", "--json")
    assert (result.code, json.loads(result.out)["problems"]) == (0, [])


def stored_texts(lake: Path) -> dict[str, str]:
    registry = open_lake(str(lake)).registry
    entries = registry.snapshot().entries
    return {str(entry): text for entry, text in registry.read_texts(entries)}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_kept_lake_does_not_pin_is_told_and_pinned_by_the_next_publication(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apollo_spark.verbs.verify.doctor.machine_facts", lambda: ())
    lake = open_example(version, tmp_path)
    commits = lake / "registry" / "records" / "_delta_log"
    before = apollo("--lake", lake, "doctor")
    retired = apollo("--lake", lake, "retire", "women@1")
    after = apollo("--lake", lake, "doctor")

    assert (before.code, retired.code, after.code) == (0, 0, 0), before.out
    if version == "0_1_0":
        assert "how many commits the registry has, which files the registry has" in before.out
        assert "files of tables: an earlier version wrote them" in before.out
    assert "registry has" not in after.out
    registry = open_lake(str(lake)).registry.open()
    assert registry is not None
    assert all(map(has_checksums, file_names(registry)))
    # The last commit only folds files: the one before it is what was published.
    for each in sorted(commits.glob("*.json"))[-2:]:
        each.unlink()
    assert apollo("--lake", lake, "list").code == 16


REWRITTEN = {
    "fewer withdrawn keys": ("tables/study/patient.withdrawn", "study"),
    "fewer links": ("tables/both/rna_link", "both"),
    "fewer rows of a rule": ("tables/study/visit", "coughing"),
    "fewer records": ("registry/records", "study"),
}


QUESTIONS = {
    "study": ("extract", "fields", "study", "--fields", "patient.patient_id,visit.note"),
    "both": ("extract", "expression", "both"),
    "coughing": ("extract", "fields", "coughing", "--fields", "patient.weight"),
}


@pytest.mark.parametrize("version", BARE)
@pytest.mark.parametrize("kind", REWRITTEN)
def test_a_rewritten_file_of_a_kept_lake_is_found(
    tmp_path: Path, version: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apollo_spark.verbs.verify.doctor.machine_facts", lambda: ())
    lake = open_example(version, tmp_path)
    place, name = REWRITTEN[kind]
    rewrite(lake, place)

    for each in (QUESTIONS[name], ("verify",), ("verify", "--deep"), ("doctor",)):
        assert apollo("--lake", lake, *each).code == 16, each


@pytest.mark.parametrize("version", BARE)
@pytest.mark.parametrize("kind", [each for each in REWRITTEN if each != "fewer records"])
def test_rows_are_compared_with_the_record_where_the_log_tells_the_same(
    tmp_path: Path, version: str, kind: str
) -> None:
    lake = open_example(version, tmp_path)
    place, name = REWRITTEN[kind]
    path, before = rewrite(lake, place, with_other_texts)
    tell_size(path, before)

    found = apollo("--lake", lake, *QUESTIONS[name])

    assert (found.code, apollo("--lake", lake, "verify").code) == (16, 16)
    assert name == "coughing" or "its rows are not those that were published" in found.err


@pytest.mark.parametrize("version", BARE)
@pytest.mark.parametrize("column", ["name", "actor"])
def test_a_row_of_the_registry_that_its_record_does_not_tell_is_found(
    tmp_path: Path, version: str, column: str
) -> None:
    lake = open_example(version, tmp_path)
    for path in lake.glob("registry/records/*.parquet"):
        before, rows = path.stat().st_size, pq.read_table(path)
        other = pa.array([f"{each}x" for each in rows.column(column).to_pylist()])
        pq.write_table(rows.set_column(rows.column_names.index(column), column, other), path)
        tell_size(path, before)

    found = apollo("--lake", lake, "list")

    assert found.code == 16
    assert "A row of the registry" in found.err


def tell_size(path: Path, before: int) -> None:
    """Let the log of a file's table tell the size that the file has now."""
    for log in path.parent.glob("_delta_log/*.json"):
        text = log.read_text()
        log.write_text(text.replace(f'"size":{before}', f'"size":{path.stat().st_size}'))


def without_the_first(rows: pa.Table) -> pa.Table:
    return rows.slice(1)


def with_other_texts(rows: pa.Table) -> pa.Table:
    """Change texts to others of the same length."""
    for place, field in enumerate(rows.schema):
        if field.type == pa.string():
            changed = pc.replace_substring(rows.column(place), "P", "Q")
            rows = rows.set_column(place, field, changed)
    return rows


def rewrite(
    lake: Path, place: str, change: Callable[[pa.Table], pa.Table] = without_the_first
) -> tuple[Path, int]:
    """Write the first file of a table anew with other rows; return it with its old size."""
    path = min(lake.glob(f"{place}/*.parquet"))
    before = path.stat().st_size
    pq.write_table(change(pq.read_table(path)), path)
    return path, before
