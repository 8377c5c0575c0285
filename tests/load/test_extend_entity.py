"""A new entity that refers to one that stands, and wide entities of loads."""

from pathlib import Path

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.model.names import parse_reference
from tests.support.extending import (
    describe,
    everything,
    extend,
    published,
    record_of,
    rows,
    run_extension,
    tables_of,
)
from tests.support.loading import require_sound
from tests.support.study import Study, loaded, prepared

STAYS = "stay_id,patient_id,ward,days\n1,P1,A,3\n2,P1,B,4\n3,P2,A,5\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def test_rows_of_a_new_entity_are_joined_by_the_column_called_like_a_key(study: Study) -> None:
    before = everything(study.lake)

    found = published(extend(study, STAYS, "--json", of="stay"))

    receipt = found["receipt"]
    counts = [receipt[f"rows_{each}"] for each in ("read", "matched", "unmatched", "missing")]
    assert counts == [3, 3, 0, 2]
    shown = describe(study)
    assert shown["entities"]["stay"]["primary_key"] == "stay_id"
    assert shown["relations"][-1] == {
        "from": "stay.patient_id", "to": "patient.patient_id", "relationship": "many_to_one",
    }  # fmt: skip
    assert rows(study, "patient.patient_id,stay.ward,stay.days") == [
        "P1,A,3", "P1,B,4", "P2,A,5", "P3,,", "P4,,",
    ]  # fmt: skip
    assert everything(study.lake)["study@1"] == before["study@1"]
    assert extend(study, STAYS, of="STAY").last_line == "study@2"
    assert extend(study, STAYS, "--mode", "entity", of="stay").last_line == "study@2"


def test_the_main_entity_is_looked_for_first_and_a_key_is_not_needed(study: Study) -> None:
    text = "visit_id,patient_id,dose\n1,P1,5\n1,P1,6\n"

    assert extend(study, text, of="drug").code == 0

    shown = describe(study)
    assert shown["entities"]["drug"]["primary_key"] is None
    assert shown["relations"][-1]["to"] == "patient.patient_id"
    assert extend(study, "visit_id,mg\n1,5\n", of="pill").code == 0
    assert describe(study)["relations"][-1]["to"] == "visit.visit_id"
    assert rows(study, "patient.patient_id,visit.visit_id,pill.mg")[0] == "P1,1,5"


def test_a_dictionary_says_how_a_new_entity_is_joined(study: Study) -> None:
    dictionary = study.write(
        "dictionary.csv",
        "entity,name,type,primary_key_type,referenced_entity_field,relationship,coding_name\n"
        "scan,scan_no,integer,local,,,\n"
        "scan,who,string,,patient:patient_id,one_to_one,\n"
        "scan,seen,string,,,,sex\n",
    )
    good = "scan_no,who,seen\n7,P4,M\n8,P1,F\n"

    wrong = extend(
        study, "scan_no,who,seen\n7,P4,M\n7,P4,X\n8,P9,F\n9,,F\n", "--dictionary", dictionary,
        "--report", study.report, of="scan",
    )  # fmt: skip
    result = extend(study, good, "--dictionary", dictionary, of="scan")

    assert wrong.code == 12
    found = {
        (each["rule"], each["column"]): [place["line"] for place in each["places"]]
        for each in study.findings()
        if each["severity"] == "refuse"
    }
    assert found == {
        ("key_unique", "scan_no"): [2, 3],
        ("reference_cardinality", "who"): [2, 3],
        ("reference_resolves", "who"): [4],
        ("cell_code", "seen"): [3],
    }
    assert result.last_line == "study@2", result.err
    assert rows(study, "patient.patient_id,scan.seen") == ["P1,F", "P2,", "P3,", "P4,M"]


@pytest.mark.parametrize(
    ("text", "of", "code", "said"),
    [
        ("stay_id,days\n1,2\n", "stay", 11, "called like the key"),
        (STAYS, "9stay", 11, "starts with a letter"),
        (STAYS.replace("P2", "P9"), "stay", 12, "reference_resolves"),
        (STAYS.replace("3,P2", "2,P2"), "stay", 12, "key_unique"),
    ],
)
def test_what_cannot_be_joined_is_refused(
    study: Study, text: str, of: str, code: int, said: str
) -> None:
    result = extend(study, text, of=of)

    assert (result.code, said in result.err) == (code, True), result.err
    assert record_of(study).version == 1


def test_rows_that_refer_to_nothing_are_left_out_by_a_policy(study: Study) -> None:
    policy = study.write("policy.yaml", "rules: {reference_resolves: quarantine}\n")

    text = STAYS.replace("P2", "P9")
    found = published(extend(study, text, "--policy", policy, "--json", of="stay"))

    receipt = found["receipt"]
    counts = [receipt[f"rows_{each}"] for each in ("read", "matched", "unmatched", "missing")]
    assert counts == [3, 2, 1, 3]


def test_an_entity_that_stands_is_a_clash(study: Study) -> None:
    result = extend(study, "visit_id,patient_id\n9,P1\n", "--mode", "entity", of="Visit")

    assert result.code == 14
    assert "entity 'visit' is in the dataset already" in result.err


def test_a_new_entity_may_be_extended_and_be_wide(study: Study) -> None:
    names = [f"f{each}" for each in range(5)]
    text = ",".join(["stay_id", "patient_id", *names]) + "\n1,P1,0,1,2,3,4\n2,P2,5,6,7,8,9\n"
    run_extension(study.lake, study.write("stay.csv", text), of="stay", max_columns=3)
    run_extension(study.lake, study.write("more.csv", "stay_id,g\n2,1\n"), of="stay", max_columns=3)

    assert tables_of(study, "stay") == ["stay", "stay.2", "stay.3", "stay.fields.3"]
    asked = ",".join(f"stay.{each}" for each in ["patient_id", *names, "g"])
    assert rows(study, f"patient.patient_id,{asked}")[:2] == [
        "P1,P1,0,1,2,3,4,", "P2,P2,5,6,7,8,9,1",
    ]  # fmt: skip
    require_sound(study.lake)


@pytest.fixture
def narrow(study: Study) -> Path:
    """Settings of a lake whose tables are narrow."""
    return study.write("narrow.yaml", "runner: local\nmax_columns: 3\n")


def test_a_load_of_a_wide_entity_writes_tables_that_repeat_the_key(
    study: Study, narrow: Path
) -> None:
    fields = "patient.patient_id,patient.sex,patient.born,patient.weight,patient.site_id,visit.note"
    assert study.load("--conf", narrow, name="wide").last_line == "wide@1"

    record = open_lake(str(study.lake)).load_record(parse_reference("wide"))
    tables = {each.name: [part.table for part in each.slices] for each in record.entities}
    assert tables == {
        "patient": ["patient", "patient.2", "patient.3"],
        "visit": ["visit", "visit.2"],
        "site": ["site"],
        "passport": ["passport"],
    }
    assert sorted(each.table for each in record.pins) == sorted(
        part for parts in tables.values() for part in parts
    )
    assert rows(study, fields, "wide") == rows(study, fields)
    found = everything(study.lake)
    assert found["wide@1"] == found["study@1"]
    require_sound(study.lake, "wide")


def test_wrong_rows_of_a_wide_entity_are_found_and_left_out_of_every_table(
    study: Study, narrow: Path
) -> None:
    study.replace("patient.csv", "P2,M", "P2,X")
    study.replace("visit.csv", "3,P2,", "3,P1,")
    study.replace("passport.csv", "X2,P2\n", "")
    policy = study.write("policy.yaml", "rules: {cell_code: quarantine}\n")

    refused = study.load("--conf", narrow, name="wide")
    result = study.load("--conf", narrow, "--policy", policy, name="wide")

    assert refused.code == 12
    assert refused.err.count("cell_code") == 1
    assert result.last_line == "wide@1", result.err
    record = open_lake(str(study.lake)).load_record(parse_reference("wide"))
    assert {each.rows for each in record.pins if each.table.startswith("patient")} == {3}
    assert len(rows(study, "patient.patient_id", "wide")) == 3
