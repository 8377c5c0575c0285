"""What was added in tables of one's own goes along when views, merges and copies are moved."""

from pathlib import Path
from typing import Any

import pytest

import apollo_spark as ap
from tests.support.study import CommandResult, Study, loaded, prepared

CODED = "entity,name,type,primary_key_type,coding_name\npatient,patient_id,string,global,\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def extend(study: Study, name: str, of: str, text: str, *words: object) -> CommandResult:
    """Extend by a file, which gets a name of its own and stays."""
    file = study.write(f"{text.partition(',')[2].partition(chr(10))[0]}.csv", text)
    result = study.ask("extend", name, "--data", f"{of}={file}", *words)
    assert result.code == 0, result.err
    return result


def coded(study: Study, name: str, field: str, codes: str, values: str) -> None:
    """Extend by a field with a coding."""
    dictionary = study.write(f"{field}_dictionary.csv", f"{CODED}patient,{field},string,,grade\n")
    codings = study.write(f"{field}_codings.csv", f"coding_name,code,meaning\n{codes}")
    words = ("--dictionary", dictionary, "--codings", codings)
    extend(study, name, "patient", f"patient_id,{field}\n{values}", *words)


def move(study: Study, name: str, onto: str, *words: object) -> dict[str, Any]:
    result = study.ask("rebase", name, "--onto", onto, "--apply", "--json", *words)
    assert result.code == 0, result.err
    plan: dict[str, Any] = result.json["plans"][0]
    return plan


def column(study: Study, name: str, field: str, *words: object) -> list[str]:
    result = study.ask(
        "extract", "fields", name, "--fields", f"patient.patient_id,patient.{field}", *words
    )
    assert result.code == 0, result.err
    return result.out.splitlines()[1:]


def own_keys(study: Study, name: str, entity: str, key: str) -> list[Any]:
    dataset = ap.open_lake(str(study.lake)).dataset(name)
    return sorted(dataset[entity].retrieve_fields([key]).column(0).to_pylist())


def ids(study: Study, name: str) -> dict[str, list[Any]]:
    """Return the keys of all rows of the own entities."""
    keys = {"biopsy": "biopsy_id", "slide": "slide_id"}
    return {entity: own_keys(study, name, entity, key) for entity, key in keys.items()}


def rename_key(study: Study) -> None:
    """Publish the next version of the study, in which the key of its patients is called pid."""
    told = study.read("data_dictionary.csv").replace("patient,patient_id", "patient,pid")
    study.write("data_dictionary.csv", told.replace("patient:patient_id", "patient:pid"))
    study.replace("patient.csv", "patient_id", "pid")
    assert study.load().last_line == "study@2"


def heavier(study: Study) -> None:
    """Publish the next version of the study, in which P1 weighs more."""
    study.replace("patient.csv", "61.5", "99.5")
    assert study.load().code == 0


def view_of_all(study: Study) -> None:
    words = ("--rows", "patient.patient_id is not missing")
    assert study.ask("view", "study", "--as", "part", *words).code == 0


def test_a_copy_moves_with_its_own_fields_and_back(study: Study) -> None:
    extend(study, "study", "patient", "patient_id,risk\nP1,7\n", "--as", "mine")
    extend(study, "mine", "patient", "patient_id,score\nP3,5\n")
    heavier(study)

    plan = move(study, "mine", "study@2")

    assert plan["moves"] == [{"before": "study@1", "after": "study@2"}]
    assert column(study, "mine@3", "weight")[0] == "P1,99.5"
    assert column(study, "mine@3", "risk") == ["P1,7", "P2,", "P3,", "P4,"]
    assert column(study, "mine@3", "score") == ["P1,", "P2,", "P3,5", "P4,"]
    again = study.ask("rebase", "mine", "--onto", "study@2", "--apply")
    assert (again.code, again.last_line) == (0, "mine@3"), again.err
    assert study.ask("rebase", "--undo", "mine@3").last_line == "mine@4"
    assert column(study, "mine@4", "weight")[0] == "P1,61.5"
    extend(study, "mine", "patient", "patient_id,dose\nP4,2\n")
    move(study, "mine", "study@2")
    assert column(study, "mine@6", "dose")[3] == "P4,2"
    assert study.ask("verify", "mine", "--deep").code == 0


@pytest.mark.parametrize("made", ["view", "copy"])
def test_moving_to_where_it_is_publishes_nothing(study: Study, made: str) -> None:
    if made == "view":
        view_of_all(study)
        extend(study, "part", "patient", "patient_id,risk\nP1,7\n")
    else:
        extend(study, "study", "patient", "patient_id,risk\nP1,7\n", "--as", "part")
    newest = study.ask("show", "part", "--json").json["version"]

    result = study.ask("rebase", "part", "--onto", "study@1", "--apply", "--json")

    assert (result.code, result.json["published"]) == (0, [])
    assert result.json["current"] == [f"part@{newest}"]


def test_a_copy_of_a_view_moves_to_the_newer_view(study: Study) -> None:
    words = ("--fields", "patient.weight", "--rows", "patient.weight > 60")
    assert study.ask("view", "study", "--as", "part", *words).code == 0
    extend(study, "part", "patient", "patient_id,risk\nP1,7\n", "--as", "mine")
    study.replace("patient.csv", "58.25", "70")
    assert study.load().code == 0
    move(study, "part", "study@2")

    plan = move(study, "mine", "part@2")

    # Its rule hides rows, so it does not say what it was made of.
    assert plan["moves"] == [{"before": "", "after": "part@2"}]
    assert column(study, "mine", "risk") == ["P1,7", "P3,", "P4,"]


def test_what_came_after_a_retired_version_moves_as_well(study: Study) -> None:
    view_of_all(study)
    extend(study, "part", "patient", "patient_id,risk\nP1,7\n")
    assert study.ask("retire", "part@1").code == 0
    heavier(study)

    move(study, "part", "study@2")

    assert column(study, "part", "weight")[0] == "P1,99.5"
    assert column(study, "part", "risk")[0] == "P1,7"


@pytest.mark.parametrize("made", ["view", "merge", "copy"])
def test_own_tables_are_never_taken_for_those_of_a_parent(study: Study, made: str) -> None:
    """Both were extended by their second version: their tables are called the same."""
    if made == "view":
        view_of_all(study)
    elif made == "merge":
        study.load(name="other")
        words = ("other", "study", "--on-clash", "prefix:b_", "--as", "part")
        assert study.ask("merge", "clinical", *words).code == 0
    else:
        extend(study, "study", "patient", "patient_id,first\nP2,1\n", "--as", "part")
    extend(study, "part", "patient", "patient_id,risk\nP1,7\n")
    extend(study, "study", "patient", "patient_id,grade\nP1,3\nP3,4\n")

    plan = move(study, "part", "study@2")

    assert plan["fields_dropped"] == []
    assert column(study, "part", "risk") == ["P1,7", "P2,", "P3,", "P4,"]
    assert column(study, "part", "grade") == ["P1,3", "P2,", "P3,4", "P4,"]
    extend(study, "part", "patient", "patient_id,more\nP4,8\n")
    assert column(study, "part", "more")[3] == "P4,8"
    assert column(study, "part", "risk")[0] == "P1,7"


def test_own_names_that_the_parent_has_by_now_are_dropped_and_told(study: Study) -> None:
    view_of_all(study)
    extend(study, "part", "patient", "patient_id,risk,dose\nP1,7,1\n")
    extend(study, "part", "biopsy", "biopsy_id,patient_id,size\nB1,P1,5\n")
    extend(study, "study", "patient", "patient_id,RISK\nP1,3\n")
    extend(study, "study", "biopsy", "biopsy_id,patient_id,size\nB7,P3,9\n")

    plan = move(study, "part", "study@3")

    own = ["biopsy.biopsy_id", "biopsy.patient_id", "biopsy.size"]
    assert plan["fields_dropped"] == ["patient.risk", *own]
    assert column(study, "part", "RISK")[0] == "P1,3"
    assert column(study, "part", "dose")[0] == "P1,1"
    found = study.ask("extract", "fields", "part", "--fields", "biopsy.biopsy_id,biopsy.size")
    assert "B7,9" in found.out
    assert "B1" not in found.out


def test_own_rows_of_people_that_the_rule_hides_by_now_are_hidden(study: Study) -> None:
    words = ("--rows", "patient.weight > 60")
    assert study.ask("view", "study", "--as", "part", *words).code == 0
    extend(study, "part", "biopsy", "biopsy_id,patient_id,size\nB1,P1,5\nB3,P3,9\n")
    extend(study, "part", "slide", "slide_id,biopsy_id,stain\n1,B1,x\n2,B3,y\n")
    study.replace("patient.csv", "61.5", "59.5")
    assert study.load().code == 0

    move(study, "part", "study@2")

    assert ids(study, "part@3") == {"biopsy": ["B1", "B3"], "slide": [1, 2]}
    assert ids(study, "part@4") == {"biopsy": ["B3"], "slide": [2]}
    extend(study, "part", "patient", "patient_id,risk\nP3,7\n")
    move(study, "part", "study@1")
    assert ids(study, "part@6") == {"biopsy": ["B1", "B3"], "slide": [1, 2]}
    gone = study.write("gone.csv", "patient_id\nP3\n")
    assert study.ask("withdraw", gone, "--of", "study.patient", "--apply").code == 0
    assert ids(study, "part@4") == {"biopsy": [], "slide": []}
    assert ids(study, "part@6") == {"biopsy": ["B1"], "slide": [1]}


def test_own_rows_are_shown_again_where_no_rule_hides_any(study: Study) -> None:
    assert study.ask("view", "study", "--as", "part", "--rows", "patient.weight > 60").code == 0
    extend(study, "part", "biopsy", "biopsy_id,patient_id,size\nB1,P1,5\nB3,P3,9\n", "--as", "mine")
    assert study.ask("view", "study", "--as", "part", "--rows", "patient.weight > 70").code == 0
    assert study.ask("view", "study", "--as", "part").last_line == "part@3"

    move(study, "mine", "part@2")
    move(study, "mine", "part@3")

    keys = [own_keys(study, f"mine@{each}", "biopsy", "biopsy_id") for each in (1, 2, 3)]
    assert keys == [["B1", "B3"], ["B3"], ["B1", "B3"]]


def test_own_tables_follow_a_key_to_its_new_name_where_it_is_given(study: Study) -> None:
    view_of_all(study)
    extend(study, "part", "patient", "patient_id,risk\nP1,7\n")
    extend(study, "part", "biopsy", "biopsy_id,patient_id,size\nB1,P1,5\nB3,P3,9\n")
    rename_key(study)
    names = study.write("map.csv", "old,new\npatient.patient_id,patient.pid\n")

    plan = move(study, "part", "study@2", "--map", names)

    assert plan["fields_dropped"] == []
    extend(study, "part", "patient", "pid,dose\nP3,2\n")
    fields = ("--fields", "patient.pid,patient.risk,patient.dose,biopsy.size")
    found = study.ask("extract", "fields", "part", *fields)
    assert found.out.splitlines()[1:] == ["P1,7,,5", "P2,,,", "P3,,2,9", "P4,,,"]
    gone = study.write("gone.csv", "pid\nP1\n")
    assert study.ask("withdraw", gone, "--of", "study.patient", "--apply").code == 0
    assert own_keys(study, "part", "biopsy", "biopsy_id") == ["B3"]


def test_own_tables_of_a_key_that_is_gone_are_dropped_and_told(study: Study) -> None:
    words = ("--fields", "patient.sex")
    assert study.ask("view", "study", "--as", "part", *words).code == 0
    extend(study, "part", "patient", "patient_id,risk\nP1,7\n")
    extend(study, "part", "biopsy", "biopsy_id,patient_id,size\nB1,P1,5\n")
    rename_key(study)

    plan = move(study, "part", "study@2")

    assert plan["fields_dropped"] == ["patient.risk", "biopsy"]
    found = study.ask("extract", "fields", "part", "--fields", "patient.pid,patient.sex")
    assert found.code == 0, found.err


def test_own_fields_are_decoded_by_their_own_labels(study: Study) -> None:
    view_of_all(study)
    coded(study, "part", "mood", "grade,1,good\ngrade,2,bad\n", "P1,1\nP2,2\n")
    coded(study, "study", "tumour", "grade,1,small\ngrade,2,large\n", "P1,1\nP2,2\n")

    move(study, "part", "study@2")

    decoded = ("--values", "decoded")
    assert column(study, "part", "mood", *decoded)[:2] == ["P1,good", "P2,bad"]
    assert column(study, "part", "tumour", *decoded)[:2] == ["P1,small", "P2,large"]


def test_what_was_moved_is_proven_by_the_files_of_all_that_it_reads(study: Study) -> None:
    extend(study, "study", "patient", "patient_id,risk\nP1,7\n", "--as", "mine")
    extend(study, "study", "patient", "patient_id,grade\nP1,3\n")
    move(study, "mine", "study@2")
    assert study.ask("rebase", "--undo", "mine@2").last_line == "mine@3"

    result = study.ask("verify", "mine", "--sources", "--json")

    assert result.code == 0, result.err
    assert [(each["record"], each["tables"]) for each in result.json["sources"]] == [
        ("mine@1", 5), ("mine@2", 6), ("mine@3", 5),
    ]  # fmt: skip


def test_what_came_after_a_move_is_said_to_be_unproven(study: Study) -> None:
    extend(study, "study", "patient", "patient_id,risk\nP1,7\n", "--as", "mine")
    extend(study, "study", "patient", "patient_id,grade\nP1,3\n")
    move(study, "mine", "study@2")
    extend(study, "mine", "patient", "patient_id,dose\nP1,4\n")

    result = study.ask("verify", "mine", "--sources")

    assert result.code == 0, result.err
    told = "not proven: mine@3: it is made from mine@2, which could not be made again"
    assert [each for each in result.err.splitlines() if each.startswith("not")] == [told]
