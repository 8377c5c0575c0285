"""What a name was extended by is not lost in silence when the name is given to something else."""

from pathlib import Path

from tests.support.study import Study


def test_what_a_name_had_is_said_to_be_left_behind_when_it_is_given_anew(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.load()
    study.load(name="other")
    wide = ("--fields", "patient.sex,patient.weight")
    assert study.ask("view", "study", "--as", "part", *wide).code == 0
    for of, text in (
        ("patient", "patient_id,risk\nP1,7\n"),
        ("biopsy", "biopsy_id,patient_id,size\nB1,P1,5\n"),
    ):
        file = study.write(f"{of}_more.csv", text)
        assert study.ask("extend", "part", "--data", f"{of}={file}").code == 0
    note = "note: left behind in part@3: entity biopsy, field patient.risk"
    narrower = ("view", "study", "--as", "part", "--fields", "patient.sex")
    dose = study.write("dose.csv", "patient_id,dose\nP1,7\n")
    copy = ("extend", "study", "--data", f"patient={dose}", "--as", "part")
    merge = ("merge", "clinical", "other", "study", "--on-clash", "prefix:b_", "--as", "part")

    for again in (narrower, copy, merge):
        assert note in study.ask(*again, "--dry-run").err.splitlines(), again

    assert note in study.ask(*narrower).err.splitlines()
    assert "left behind" not in study.ask("view", "part", "--as", "part").err


def test_what_came_after_a_rebase_is_said_to_be_left_behind_by_undoing_it(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.load()
    assert study.ask("view", "study", "--as", "part").code == 0
    study.replace("patient.csv", "61.5", "62.5")
    study.load()
    assert study.ask("rebase", "part", "--onto", "study@2", "--apply").last_line == "part@2"
    file = study.write("more.csv", "patient_id,risk\nP1,7\n")
    assert study.ask("extend", "part", "--data", f"patient={file}").last_line == "part@3"

    undone = study.ask("rebase", "--undo", "part@2")

    assert undone.last_line == "part@4"
    assert "note: left behind in part@3: field patient.risk" in undone.err.splitlines()
