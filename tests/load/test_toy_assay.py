"""A type of assay that the product does not know goes through every verb by what it says itself.

Nothing but the folder `tests/support/toy_assay` knows what its tables hold. Each verb is asserted
by something that only the type can have told.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.assays import types
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.errors import DictionaryError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.assay import SampleLink
from apollo_spark.model.names import parse_reference
from apollo_spark.model.policy import STRICT
from apollo_spark.operations.context import Context
from apollo_spark.operations.engines import LoadEngines, RowWriter
from apollo_spark.operations.repeated import read_receipt
from apollo_spark.records.content import Content
from apollo_spark.sources.policy_yaml import read_policy
from apollo_spark.verbs.compact import CompactRequest
from apollo_spark.verbs.table import perform
from tests.support.assays import DICTIONARY
from tests.support.merging import publish_content, write_table
from tests.support.study import CommandResult, Study, apollo
from tests.support.toy_assay.type import ToyReceipt, ToyType, record_of, write_calls

FIRST = [("S1", "7:100A>T", 1), ("S2", "7:100A>T", 2), ("S2", "X:5del", 1), ("S3", "X:5del", 2)]
SECOND = [("S4", "9:9C>G", 1)]
LINKS = "sample_id,patient_id\nS1,P1\nS2,P2\nS3,P3\nS4,P4\n"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "ASSAY_TYPES", (*types.ASSAY_TYPES, ToyType()))


def load(
    study: Study, name: str, chunks: list[list[tuple[str, str, int]]], type_: str = ToyType.name
) -> None:
    """Publish calls as the next version of a dataset of samples."""
    rows = [(*call, number) for number, chunk in enumerate(chunks) for call in chunk]
    columns = zip(("sample_id", "variant", "dosage", "chunk"), zip(*rows, strict=True), strict=True)
    calls = pa.table({column: list(values) for column, values in columns})
    ids = calls["sample_id"].unique()
    samples = pa.table({"sample_id": ids, "tissue": pa.nulls(len(ids), pa.string())})

    def write(publication: Publication) -> Content:
        pins = (
            write_table(publication, "sample", samples),
            *write_calls(publication, "toy", calls),
        )
        assay = record_of("toy", calls).model_copy(update={"type": type_})
        return Content(DICTIONARY, {}, pins, assays=(assay,))

    receipt = ToyReceipt(calls=calls.num_rows).to_json()
    publish_content(open_lake(str(study.lake)), name, write, operation="load toy", receipt=receipt)


def do(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, result.err
    return result


def merged(study: Study, source: str, target: str, name: str, *words: object) -> CommandResult:
    links = study.write("links.csv", LINKS)
    return do(study, "merge", "assay", source, target, "--as", name, "--assay", "toy",
              "--link-file", links, *words)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of calls, merged into a study, of which a view shows the women."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(types, "ASSAY_TYPES", (*types.ASSAY_TYPES, ToyType()))
        study = Study(tmp_path_factory.mktemp("toy"))
        assert study.load().code == 0
        load(study, "calls", [FIRST])
        merged(study, "calls", "study", "both")
        do(study, "view", "both", "--as", "women", "--rows", 'patient.sex = "F"',
           "--entities", "patient", "--assays", "toy")  # fmt: skip
        load(study, "calls", [FIRST, SECOND])
    return study.lake


@pytest.fixture
def study(made: Path, tmp_path: Path) -> Study:
    shutil.copytree(made, tmp_path / "lake")
    return Study.reopen(tmp_path, lake=tmp_path / "lake", data=[])


def calls_of(lake: Path, reference: str) -> set[tuple[str, str]]:
    """Return the samples and features that a version shows."""
    opened = open_lake(str(lake)).open(parse_reference(reference))
    tables = open_lake(str(lake)).tables
    found = types.shown_ids(tables, opened, opened.record.assays[0])
    return {("sample", each) for each in found.samples.to_pylist()} | {
        ("feature", each) for each in found.features.to_pylist()
    }


def require_sound(study: Study) -> None:
    result = do(study, "verify", "--deep", "--json")
    assert result.json["problems"] == []


def test_it_is_shown_and_verified(study: Study) -> None:
    (assay,) = do(study, "show", "both", "--json").json["assays"]

    assert (assay["type"], assay["units"], assay["features"]) == ("toy_variants", ["dosage"], 2)
    require_sound(study)


def test_verifying_asks_the_type_for_its_hash(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyType, "hash_table", lambda *_: "another")

    result = study.ask("verify", "--deep", "calls@1")

    assert result.code == 16
    assert "toy_calls" in result.out + result.err


def test_it_is_merged_into_a_study_with_the_features_in_common(study: Study) -> None:
    found = merged(study, "calls@2", "both@1", "twice", "--name", "more", "--json").json

    assert found["receipt"]["features_in_common"] == 2
    assert found["receipt"]["samples_matched"] == 4
    assert calls_of(study.lake, "both") == {
        ("sample", "S1"), ("sample", "S2"), ("sample", "S3"),
        ("feature", "7:100A>T"), ("feature", "X:5del"),
    }  # fmt: skip


def test_a_view_shows_the_calls_of_its_people_alone(study: Study) -> None:
    assert calls_of(study.lake, "women") == {
        ("sample", "S1"), ("sample", "S3"), ("feature", "7:100A>T"), ("feature", "X:5del"),
    }  # fmt: skip
    statements = do(study, "extract", "sql", "women", "--full").out
    assert "variants_toy" in statements
    assert "dosage" in statements


def test_a_merge_is_moved_to_newer_calls(study: Study) -> None:
    (plan,) = do(study, "rebase", "both", "--onto", "calls@2", "--json").json["plans"]
    do(study, "rebase", "both", "--onto", "calls@2", "--apply")

    (moved,) = plan["assays"]
    assert (moved["samples_added"], moved["features_added"]) == (1, 1)
    assert ("feature", "9:9C>G") in calls_of(study.lake, "both@2")
    (differs,) = do(study, "diff", "both@1", "both@2", "--json").json["assays"]
    assert (differs["features_added"], differs["units_changed"]) == (1, ["dosage"])
    require_sound(study)


def test_an_assay_of_another_type_is_another_assay_whatever_its_name(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OtherType(ToyType):
        name = "toy_other"

    monkeypatch.setattr(types, "ASSAY_TYPES", (*types.ASSAY_TYPES, OtherType()))
    load(study, "calls", [FIRST], OtherType.name)

    found = do(study, "diff", "calls@2", "calls@3", "--json").json

    assert (found["assays_added"], found["assays_removed"]) == (["toy"], ["toy"])
    assert found["assays"] == []


def test_what_the_type_cannot_ask_for_again_is_not_proven(study: Study) -> None:
    result = do(study, "verify", "--sources", "calls@1")

    assert "calls@1: its record does not say 'how its assay was loaded'" in result.out + result.err


def test_a_sealed_copy_holds_what_is_shown(study: Study) -> None:
    copy = study.folder / "copy"

    do(study, "extract", "sealed", "women", "--output", copy)

    assert calls_of(copy, "women") == calls_of(study.lake, "women")
    (file,) = (copy / "tables/women/toy_calls").glob("*.parquet")
    assert pq.read_table(file)["sample_id"].to_pylist() == ["S1", "S3"]
    (assay,) = open_lake(str(copy)).open(parse_reference("women")).record.assays
    assert (assay.entity, assay.field, assay.link) == (
        "patient", "patient_id", SampleLink(table="toy_link"),
    )  # fmt: skip
    assert (assay.guards, assay.sample_count) == ((), 2)
    assert apollo("--lake", copy, "verify", "--deep").code == 0


def test_its_chunks_are_folded_and_what_nobody_reads_is_swept(study: Study) -> None:
    before = calls_of(study.lake, "calls@2")
    folder = study.lake / "tables/calls/toy_calls"
    assert len(list(folder.glob("*.parquet"))) == 2

    do(study, "compact", "calls", "--apply")
    do(study, "retire", "calls@2")
    do(study, "gc", "--apply", "--grace", "0")

    assert calls_of(study.lake, "calls@3") == before
    assert len(list(folder.glob("*.parquet"))) == 2
    require_sound(study)


def test_each_type_of_one_compaction_has_its_own_row_writer(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OtherType(ToyType):
        name = "toy_other"

    def open_engines(lake: Lake, _: int) -> LoadEngines:
        made = LoadEngines(LocalTaskRunner(1), EmbeddedEngine(lake.tables))
        opened.append(made)
        return replace(made, make_runner=lambda row_writer: row_writer())

    def row_writer(self: ToyType) -> RowWriter:
        return lambda: used.append(self.name) or LocalTaskRunner(1)

    opened: list[LoadEngines] = []
    used: list[str] = []
    monkeypatch.setattr(ToyType, "row_writer", row_writer)
    monkeypatch.setattr(types, "ASSAY_TYPES", (*types.ASSAY_TYPES, OtherType()))
    load(study, "others", [FIRST, SECOND], OtherType.name)

    perform(Context(open_lake(str(study.lake)), engines=open_engines), CompactRequest(apply=True))

    assert used == ["toy_variants", "toy_other"]
    assert len(opened) == 1


def test_policies_name_the_rules_of_the_type(study: Study) -> None:
    known = study.write("known.yaml", "rules:\n  toy_dosage: refuse\n")
    mistyped = study.write("mistyped.yaml", "rules:\n  toy_dosages: refuse\n")

    assert STRICT.severity_of("toy_dosage") == "warn"
    assert read_policy(known).severity_of("toy_dosage") == "refuse"
    with pytest.raises(DictionaryError, match="did you mean 'toy_dosage'"):
        read_policy(mistyped)


def test_the_receipt_of_the_type_is_read_and_shown(study: Study) -> None:
    lake = open_lake(str(study.lake))
    record = lake.open(parse_reference("calls@1")).record

    assert read_receipt(lake, record, ToyReceipt) == ToyReceipt(calls=len(FIRST))
    assert do(study, "show", "calls@1", "--json").json["receipt"] == {
        "operation": "load toy", "calls": len(FIRST),
    }  # fmt: skip


def test_where_the_type_is_not_known_it_is_listed_and_not_read(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = calls_of(study.lake, "women")
    monkeypatch.setattr(types, "ASSAY_TYPES", types.ASSAY_TYPES[:-1])

    assert "both   1" in do(study, "list").out
    (assay,) = do(study, "show", "both", "--json").json["assays"]
    assert (assay["type"], assay["features"], assay["samples"]) == ("toy_variants", None, 3)
    do(study, "view", "both", "--as", "men", "--rows", 'patient.sex = "M"')
    do(study, "compact")
    result = do(study, "verify", "--deep")
    unknown = "was not compared: The assay toy is of the type toy_variants, which this version"
    assert f"not proven: both@1, toy_samples@0: its content {unknown}" in result.err
    assert "not proven: women@1: something that it reads could not be compared" in result.err
    assert "all that was compared is as published" in result.out
    proven = do(study, "verify", "both", "--sources")
    assert "does not know" in proven.err
    monkeypatch.setattr(types, "ASSAY_TYPES", (*types.ASSAY_TYPES, ToyType()))
    assert calls_of(study.lake, "women") == before
    assert ("sample", "S2") in calls_of(study.lake, "men")
