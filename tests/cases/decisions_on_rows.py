"""What a load or an extension of rows decides by itself is told or refused."""

from collections.abc import Mapping

from tests.support.cases import Case

DICTIONARY = """entity,name,type,primary_key_type,referenced_entity_field,relationship
patient,patient_id,string,global,,
patient,age,float,,,
visit,patient_id,string,,patient:patient_id,many_to_one
visit,x,float,,,
"""
PATIENTS = "patient_id,age\nP1,5\nP2,6\n"
VISITS = "patient_id,x\nP1,1\nP1,2\n"
OPTIONAL = {"dictionary_optional_columns": 1}
SHOW = "extract fields study --fields patient.patient_id,patient.age"
SHOW_VISITS = "extract fields study --fields visit.x"
ROWS = ("patient.patient_id,patient.age", "P1,5.0", "P2,6.0")


def load(*visits: str, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    data = [word for each in visits for word in ("--data", f"visit={each}")]
    return (
        "load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=patient.csv",
        *data, *more, "--report", "report",
    )  # fmt: skip


def files(**texts: str) -> Mapping[str, str]:
    given = {name.replace("__", "/").replace("_csv", ".csv"): text for name, text in texts.items()}
    return {"d.csv": DICTIONARY, "patient.csv": PATIENTS, "visit.csv": VISITS, **given}


def refused(name: str, texts: Mapping[str, str], words: tuple[str, ...], rule: str, code: int,
            *says: str) -> Case:  # fmt: skip
    return Case(name=name, files=texts, command=words, code=code, rules={rule: 1, **OPTIONAL},
                says=(rule, *says))  # fmt: skip


def of_age(age: str) -> Mapping[str, str]:
    return files() | {"patient.csv": f"patient_id,age\nP1,{age}\nP2,6\n"}


LEFT = {"folder/a.csv": VISITS, "folder/old.bak": VISITS, "folder/deep/b.csv": VISITS}
EXTEND = ("extend", "study", "--data", "patient=more.csv")

CASES = (
    Case(
        name="files of a folder that are left alone",
        files=files() | LEFT | {"folder/.hidden": "x"},
        command=load("folder"),
        rules={"file_left_alone": 2, **OPTIONAL},
        says=("1 files of the folder are read", "'deep/', 'old.bak'", "--data names what else"),
        hides=(".hidden",),
        stored={SHOW_VISITS: ("visit.x", "1.0", "2.0", '""')},
        on_spark=True,
    ),
    Case(
        name="files of a folder that are left alone, which a policy refuses",
        files=files() | LEFT | {"policy.yaml": "rules: {file_left_alone: refuse}\n"},
        command=load("folder", more=("--policy", "policy.yaml")),
        code=10,
        rules={"file_left_alone": 2, **OPTIONAL},
    ),
    refused("a copy of a file", files(copy_csv=VISITS), load("visit.csv", "copy.csv"),
            "file_copied", 10, "the same content as 'visit.csv'", "leave one out"),
    refused("a copy in a folder", files() | {"f/a.csv": VISITS, "f/b.csv": VISITS}, load("f"),
            "file_copied", 10, "leave one out"),
    Case(
        name="a copy that a policy allows",
        files=files(copy_csv=VISITS) | {"policy.yaml": "rules: {file_copied: warn}\n"},
        command=load("visit.csv", "copy.csv", more=("--policy", "policy.yaml")),
        rules={"file_copied": 1, **OPTIONAL},
        stored={SHOW_VISITS: ("visit.x", "1.0", "1.0", "2.0", "2.0", '""')},
    ),
    Case(
        name="files of a header alone are not copies",
        files=files(copy_csv="patient_id,x\n", other_csv="patient_id,x\n"),
        command=load("visit.csv", "copy.csv", "other.csv"),
        rules=OPTIONAL,
        stored={SHOW_VISITS: ("visit.x", "1.0", "2.0", '""')},
    ),
    Case(
        name="a file that is given twice is read once",
        files=files(),
        command=load("visit.csv", "./visit.csv"),
        rules=OPTIONAL,
        stored={SHOW_VISITS: ("visit.x", "1.0", "2.0", '""')},
    ),
    refused("a number too long for a float", of_age("9007199254740993"), load("visit.csv"),
            "cell_inexact", 12, "line 2, column age", "type integer or string"),
    refused("a number below zero too long for a float", of_age("-9007199254740993"),
            load("visit.csv"), "cell_inexact", 12),
    refused("a number with zeros too long for a float", of_age("9007199254740993.0"),
            load("visit.csv"), "cell_inexact", 12),
    refused("an id of 20 digits in a float", of_age("12345678901234567891"), load("visit.csv"),
            "cell_inexact", 12),
    Case(
        name="numbers that a float holds",
        files=of_age("9007199254740992"),
        command=load("visit.csv"),
        rules=OPTIONAL,
        stored={SHOW: ("patient.patient_id,patient.age", "P1,9007199254740992.0", "P2,6.0")},
    ),
    Case(
        name="a number with an exponent was rounded before",
        files=of_age("1e23"),
        command=load("visit.csv"),
        rules=OPTIONAL,
        stored={SHOW: ("patient.patient_id,patient.age", "P1,1e+23", "P2,6.0")},
    ),
    Case(
        name="rows of an extension that change stored ones",
        files=files() | {"more.csv": "patient_id,age\nP1,\nP3,9\n"},
        before=(load("visit.csv"),),
        command=EXTEND,
        says=("mode rows", "1 stored row was changed", "empty ones too", "leave rows or columns"),
        stored={SHOW: ("patient.patient_id,patient.age", "P1,", "P2,6.0", "P3,9.0")},
    ),
    Case(
        name="rows of an extension that change nothing",
        files=files() | {"more.csv": "patient_id,age\nP1,5\nP3,9\n"},
        before=(load("visit.csv"),),
        command=EXTEND,
        says=("mode rows",),
        hides=("changed",),
        stored={SHOW: (*ROWS, "P3,9.0")},
    ),
    Case(
        name="a number too long for a float in rows of an extension",
        files=files() | {"more.csv": "patient_id,age\nP3,9007199254740993\n"},
        before=(load("visit.csv"),),
        command=EXTEND,
        code=12,
        says=("cell_inexact",),
    ),
    Case(
        name="a file that is not there among rows of an extension",
        files=files() | {"more.csv": "patient_id,age\nP3,9\n"},
        before=(load("visit.csv"),),
        command=(*EXTEND, "--data", "patient=gone.csv"),
        code=10,
        says=("file_missing",),
        hides=("IndexError",),
    ),
    Case(
        name="a copy among rows of an extension",
        files=files() | {"more.csv": "patient_id,age\nP3,9\n", "m2.csv": "patient_id,age\nP3,9\n"},
        before=(load("visit.csv"),),
        command=(*EXTEND, "--data", "patient=m2.csv"),
        code=10,
        says=("file_copied",),
    ),
)  # fmt: skip
