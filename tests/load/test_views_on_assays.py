"""Views whose rule asks for what assays measured: they keep what it means by value."""

import csv
import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.sources.filters.text import parse_filter
from tests.support.expressed import (
    COUNT,
    E1,
    E2,
    E3,
    TPM,
    done,
    expressed,
    join_rna,
    load_rna,
    measured_in,
)
from tests.support.filter_model import Measured, held_by
from tests.support.study import PATIENTS, Study, apollo, prepared

KEY = ("--fields", "patient.patient_id")
HIGH = 'expression(rna, "TP53") > 5'
LOWEST = 'expression(rna, "TP53") <= percentile(0)'
RULES = {
    "one value": HIGH,
    "a percentile": 'expression(rna, "TP53") >= percentile(50)',
    "between percentiles": f'expression(rna, "{E1}") between 2 and percentile(40) without end',
    "not measured": f'expression(rna, "{E2}") is missing and patient.weight > 60',
    "another": f'not expression(rna, "{E2}", tpm) != 7 or patient.sex = "F"',
}
RULE_OF_COUNT = f'expression(rna, "{E1}", count) > 15'
COHORTS = {
    "its name": "high",
    "a filter": 'in cohort "high" and patient.weight > 60',
    "inside": 'exists(visit: in cohort "high" and visit.visit_id > 1)',
    "of cohorts": "lower",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    found = prepared(expressed, tmp_path_factory.mktemp("study"))
    for number, rule in enumerate(RULES.values()):
        done(found, "view", "one", "--as", f"v{number}", "--rows", rule)
    done(found, "cohort", "create", "high", "--from", "one", "--filter", HIGH)
    done(found, "cohort", "combine", "lower", "--operation", "complement", "high")
    for number, rule in enumerate(COHORTS.values()):
        done(found, "view", "one", "--as", f"c{number}", "--rows", rule)
    done(found, "view", "two", "--as", "counted", "--rows", RULE_OF_COUNT)
    bare = ("--fields", "patient.sex,visit.note", "--assays", "")
    done(found, "view", "one", "--as", "bare", *bare, "--rows", HIGH)
    done(found, "view", "c0", "--as", "over", "--rows", 'expression(rna, "TP53") < 9')
    done(found, "view", "one", "--as", "men", "--rows", 'patient.sex = "M"')
    done(found, "view", "men", "--as", "lowest", "--rows", LOWEST)
    return found


@pytest.fixture
def own(study: Study, tmp_path: Path) -> Study:
    """A copy that a test may change."""
    shutil.copytree(study.folder, tmp_path, dirs_exist_ok=True)
    return Study.reopen(tmp_path, lake=tmp_path / "lake", data=[*study.data])


def people(study: Study, name: str, *more: str) -> list[str]:
    return done(study, "extract", "fields", name, *KEY, *more).out.split()[1:]


def expected(study: Study, rule: str, measured: Measured) -> list[str]:
    """Who fulfils a rule, by plain Python over the files."""
    dictionary = open_lake(str(study.lake)).open(parse_reference("study@1")).dictionary
    rows: list[dict[str, Any]] = [dict(each) for each in csv.DictReader(StringIO(PATIENTS))]
    for each in rows:
        each.update(weight=float(each["weight"]) if each["weight"] else None)
    held = held_by(parse_filter(rule), dictionary, {"patient": rows}, measured=measured)
    return [row["patient_id"] for row, is_held in zip(rows, held, strict=True) if is_held]


def record_of(study: Study, name: str) -> DatasetRecord:
    return open_lake(str(study.lake)).load_record(parse_reference(name))


@pytest.mark.parametrize("what", RULES)
def test_a_view_shows_who_fulfils_its_rule(study: Study, what: str) -> None:
    number, rule = list(RULES).index(what), RULES[what]

    shown = people(study, f"v{number}")

    assert shown == expected(study, rule, measured_in(TPM))
    assert shown == people(study, "one", "--filter", rule)


@pytest.mark.parametrize("what", COHORTS)
def test_a_view_by_a_cohort_keeps_what_it_asks_of_assays(study: Study, what: str) -> None:
    number, rule = list(COHORTS).index(what), COHORTS[what]
    words = ("--filter", rule) if " " in rule else ("--cohort", rule)

    assert people(study, f"c{number}") == people(study, "one", *words)


def test_views_over_views_ask_what_those_show(study: Study) -> None:
    assert people(study, "over") == ["P1"]
    # P1 has the lowest value, and is not shown by the view that was asked.
    assert people(study, "one", "--filter", LOWEST) == ["P1"]
    assert people(study, "lowest") == ["P2"]


def test_samples_may_belong_to_rows_that_the_view_leaves_out(own: Study) -> None:
    links = own.write("visits.csv", "sample_id,visit_id\nS1,1\nS2,3\n")
    done(own, "merge", "assay", "rna@1", "study", "--as", "tested", "--assay", "rna",
         "--link-file", links, "--link", "visit.visit_id")  # fmt: skip

    done(own, "view", "tested", "--as", "alone", "--entities", "patient", "--rows", HIGH)

    assert people(own, "alone") == ["P2"]


def test_rules_keep_what_hides_samples_where_others_come_before_them(own: Study) -> None:
    # Samples of the view `men` are guarded themselves once they are joined elsewhere.
    done(own, "merge", "assay", "men", "study", "--as", "again", "--assay", "rna",
         "--link-file", own.folder / "links.csv")  # fmt: skip
    done(own, "view", "again", "--as", "low", "--rows", LOWEST)
    rule = record_of(own, "low").rules[-1]
    assert (people(own, "low"), bool(rule.assays[0].guards)) == (["P2"], True)

    words = ("--link", "patient.patient_id=patient.patient_id", "--relationship", "one_to_one")
    done(own, "view", "study", "--as", "known", "--rows", "patient.born > 1950-01-01")
    done(own, "merge", "clinical", "low", "known", "--as", "both", *words,
         "--on-clash", "prefix:of_")  # fmt: skip

    assert people(own, "both", "--filter", "of_patient.sex is not missing") == ["P2"]


def test_an_assay_may_be_left_out_after_the_rule_and_is_not_there_then(study: Study) -> None:
    assert people(study, "bare") == ["P1"]
    assert done(study, "show", "bare", "--json").json["assays"] == []
    for words in (("view", "bare", "--as", "x", "--rows"), ("cohort", "count", "--from", "bare",
                                                            "--filter")):  # fmt: skip
        refused = study.ask(*words, HIGH)
        assert (refused.code, refused.out) == (13, "")
        assert "there is no assay 'rna'" in refused.err


def test_a_rule_pins_the_tables_alone_that_answer(study: Study) -> None:
    rule = record_of(study, "counted").rules[-1]

    assert (rule.text, [each.name for each in rule.assays]) == (RULE_OF_COUNT, ["rna"])
    tables = {each.table for each in rule.pins if each.table.startswith("rna_")}
    assert tables == {"rna_samples", "rna_features", "rna_tiles_count", "rna_link"}
    shown = done(study, "show", "counted", "--full", "--pins", "--json").json
    assert any("rna_tiles_count" in pin for pin in shown["rules"][0]["pins"])
    assert shown["rules"][0]["assays"] == ["rna"]


def test_a_rule_keeps_the_features_that_its_names_mean(study: Study) -> None:
    record = record_of(study, "v0")

    assert record.rules[-1].text == f'expression(rna, "{E1}", tpm) > 5'
    assert json.loads(record.to_json())["change"]["rows"] == HIGH
    assert record_of(study, "c0").rules[-1].text == f'expression(rna, "{E1}", tpm) > 5'
    told = done(study, "view", "one", "--as", "new", "--rows", HIGH, "--dry-run").err
    assert "the expression of TP53 in rna is greater than 5" in told


def test_a_rule_that_asks_for_no_values_is_stored_as_ever(study: Study) -> None:
    for rule in json.loads(record_of(study, "men").to_json())["rules"]:
        assert "assays" not in rule


def test_all_of_it_is_verified(study: Study, own: Study) -> None:
    assert done(study, "verify", "--deep").err == ""
    shutil.rmtree(next(own.lake.glob("tables/rna/rna_tiles_count")))

    broken = own.ask("verify", "counted", "--full")
    assert (broken.code, "rna_tiles_count@0" in broken.err) == (16, True)
    assert own.ask("extract", "fields", "counted", *KEY).code == 16
    assert done(own, "verify", "bare", "--deep").err == ""


def test_gc_keeps_what_a_rule_reads(own: Study) -> None:
    for name in ("rna@1", "rna@2", "one@1", "two@1", "high", "lower", "men", "lowest"):
        done(own, "retire", name if "@" in name else f"{name}@1")
    for name in ("counted", "over", *(f"{x}{n}" for x in "vc" for n in range(5))):
        own.ask("retire", f"{name}@1")

    done(own, "gc", "--grace", "0", "--apply")

    kept = {each.name for each in own.lake.glob("tables/rna/*")}
    assert kept == {"rna_tiles_tpm", "rna_samples", "rna_features"}
    assert people(own, "bare") == ["P1"]
    assert done(own, "verify", "--deep").err == ""


def test_a_sealed_view_has_its_people_and_no_values(own: Study, tmp_path: Path) -> None:
    done(own, "extract", "sealed", "bare", "--output", tmp_path / "sealed")

    rows = apollo("--lake", tmp_path / "sealed", "extract", "fields", "bare", *KEY)
    assert rows.out.split()[1:] == ["P1"]
    assert not list((tmp_path / "sealed").glob("tables/bare/rna*"))


def test_samples_of_the_withdrawn_count_for_nothing(own: Study) -> None:
    gone = own.write("gone.txt", "patient_id\nP1\n")
    done(own, "withdraw", gone, "--of", "study.patient", "--apply")

    left = measured_in(TPM, without=frozenset({"P1"}))
    for number, rule in enumerate(RULES.values()):
        holds = [each for each in expected(own, rule, left) if each != "P1"]
        assert people(own, f"v{number}") == holds, rule
    assert people(own, "bare") == people(own, "c0") == []


def test_withdrawn_samples_count_for_nothing(own: Study) -> None:
    gone = own.write("gone.txt", "sample_id\nS2\n")
    done(own, "withdraw", gone, "--of", "rna.sample", "--apply")

    matrix = "\n".join(line.replace(",8,", ",,") for line in TPM.splitlines())
    for number, rule in enumerate(RULES.values()):
        assert people(own, f"v{number}") == expected(own, rule, measured_in(matrix)), rule
    assert people(own, "bare") == people(own, "c0") == people(own, "over") == []


def test_a_feature_that_only_withdrawn_samples_have_is_of_nobody(own: Study) -> None:
    asked = f'expression(rna, "{E2}", tpm) > 0'
    done(own, "cohort", "create", "twins", "--from", "one", "--filter", asked)
    assert done(own, "cohort", "count", "twins").last_line == "2"
    gone = own.write("gone.txt", "sample_id\nS1\nS3\nS4\n")
    done(own, "withdraw", gone, "--of", "rna.sample", "--apply")

    counted = [
        done(own, "cohort", "count", "twins").last_line,
        done(own, "cohort", "count", "--from", "one", "--filter", asked).last_line,
    ]

    assert counted == ["0", "0"]
    other = own.ask("cohort", "count", "--from", "one", "--filter", asked.replace(E2, "ENSG9"))
    assert other.code == 13


def test_a_rule_is_moved_to_newer_values(own: Study) -> None:
    newer = TPM.replace(",8,3,", ",1,6,")
    load_rna(own, "tpm", newer, "--annotation", own.folder / "genes.csv", name="newer")
    join_rna(own, "one", "newer")
    before = {name: people(own, f"{name}@1") for name in ("v0", "bare", "c1")}

    for name in before:
        done(own, "rebase", name, "--onto", "one@2", "--apply")

    after = people(own, "one@2", "--filter", HIGH)
    assert after == ["P2"]
    assert (people(own, "v0@2"), people(own, "bare@2")) == (after, after)
    assert people(own, "c1@2") == []
    assert {name: people(own, f"{name}@1") for name in before} == before
    compared = done(own, "diff", "v0@1", "v0@2", "--json").json
    rows = next(each for each in compared["entities"] if each["name"] == "patient")
    assert (rows["added"], rows["removed"]) == (1, 1)
    done(own, "rebase", "--undo", "v0@2")
    assert people(own, "v0@3") == before["v0"]


REFUSED = {
    "assay": (("study@1",), "there is no assay 'rna'"),
    "unit": (("two@1",), "several units; name one: tpm, count"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_rule_is_not_moved_to_where_it_has_no_meaning(own: Study, what: str) -> None:
    words, why = REFUSED[what]

    refused = own.ask("rebase", "v0", "--onto", *words, "--apply", "--full")

    assert refused.code != 0
    assert why in refused.err + refused.out
    assert people(own, "v0") == ["P1"]


def test_a_symbol_that_means_another_feature_is_not_moved(own: Study) -> None:
    genes = own.write("others.csv", f"feature_id,symbol\n{E1},OLD\n{E2},TP53\n")
    load_rna(own, "tpm", TPM, "--annotation", genes, name="newer")
    join_rna(own, "one", "newer")

    refused = own.ask("rebase", "v0", "--onto", "one@2", "--apply", "--full")

    assert refused.code != 0
    said = f'other feature: expression(rna, "TP53") ({E1} in tpm -> {E2} in tpm)'
    assert said in refused.err + refused.out


def test_merged_and_extended_it_means_what_it_meant(own: Study) -> None:
    words = ("--link", "patient.patient_id=patient.patient_id", "--relationship", "one_to_one")
    done(own, "merge", "clinical", "bare", "study", "--as", "both", *words,
         "--on-clash", "prefix:of_")  # fmt: skip
    noted = ("--filter", "of_patient.sex is not missing")
    assert people(own, "both", *noted) == ["P1"]
    load_rna(own, "count", COUNT.replace("20", "200"))
    new = own.write("new.csv", f"feature_id,S5\n{E1},100\n{E2},1\n{E3},1\n")
    both = [word for unit in ("tpm", "count") for word in ("--source", f"{unit}={new}")]
    done(own, "extend", "rna", "--assay", "rna", *both)
    done(own, "compact", "rna", "--apply")
    assert people(own, "both", *noted) == people(own, "bare") == ["P1"]
