"""What separates the cells of a line: found, told, and given by hand."""

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type\npatient,patient_id,string,global\n"
    "patient,age,integer,\npatient,note,string,\n"
)
LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--data", "patient=p.csv", "--report",
        "report")  # fmt: skip
ASKED = "extract fields s --fields patient.patient_id,patient.age,patient.note"
STORED = {ASKED: ["patient.patient_id,patient.age,patient.note", 'P1,7,"a,b"']}
OPTIONAL = {"dictionary_optional_columns": 1}


def rows(delimiter: str, cell: str = "a,b") -> dict[str, str]:
    lines = (("patient_id", "age", "note"), ("P1", "7", cell))
    return {"d.csv": DICTIONARY, "p.csv": "".join(delimiter.join(each) + "\n" for each in lines)}


def told(name: str, delimiter: str, *says: str) -> Case:
    return Case(
        name=f"{name} is told",
        files=rows(delimiter),
        command=LOAD,
        code=10,
        rules={"header_missing_column": 1, **OPTIONAL},
        says=says,
        hides=("is the header missing?",),
    )


def given(name: str, delimiter: str, word: str, *, on_spark: bool = False) -> Case:
    return Case(
        name=f"{name} is given",
        files=rows(delimiter),
        command=(*LOAD, "--delimiter", word),
        rules=OPTIONAL,
        stored=STORED,
        on_spark=on_spark,
    )


CASES = (
    told("a semicolon", ";", "separated by ';'", "--delimiter ';'"),
    told("a pipe", "|", "separated by '|'", "--delimiter '|'"),
    told("a colon", ":", "separated by ':'", "--delimiter ':'"),
    Case(
        name="a tab is told where the header has a comma too",
        files={"d.csv": DICTIONARY, "p.csv": "patient_id\tage\tnote, or remark\nP1\t7\tx\n"},
        command=LOAD,
        code=10,
        says=("separated by tab", "--delimiter 'tab'"),
        hides=("remark",),
    ),
    Case(
        name="a comma is told where a semicolon was given",
        files=rows(",", "x"),
        command=(*LOAD, "--delimiter", ";"),
        code=10,
        says=("separated by ','",),
    ),
    given("a semicolon", ";", ";", on_spark=True),
    given("a semicolon by its name", ";", "semicolon"),
    given("a pipe", "|", "|"),
    given("a tab", "\t", "tab"),
    given("a tab as people write it", "\t", "\\t"),
    given("a blank", " ", "blank"),
    given("a hat", "^", "^"),
    Case(
        name="two characters part nothing",
        files=rows(";"),
        command=(*LOAD, "--delimiter", ";;"),
        code=2,
    ),
    Case(
        name="a letter parts nothing",
        files=rows(";"),
        command=(*LOAD, "--delimiter", "x"),
        code=2,
    ),
    Case(
        name="a quote parts nothing",
        files=rows(";"),
        command=(*LOAD, "--delimiter", '"'),
        code=2,
    ),
    Case(
        name="rows of an extension",
        files={**rows(";"), "n.csv": "patient_id;age\nP1;8\nP2;9\n"},
        before=[(*LOAD[:-2], "--delimiter", ";")],
        command=("extend", "s", "--data", "patient=n.csv", "--delimiter", ";"),
        stored={"extract fields s --fields patient.age": ["patient.age", "8", "9"]},
    ),
    Case(
        name="fields of an extension",
        files={**rows(";"), "n.csv": "patient_id;bmi\nP1;8.5\n"},
        before=[(*LOAD[:-2], "--delimiter", ";")],
        command=("extend", "s", "--data", "patient=n.csv", "--delimiter", "semicolon"),
        stored={"extract fields s --fields patient.bmi": ["patient.bmi", "8.5"]},
    ),
    Case(
        name="an extension tells it too",
        files={**rows(","), "p.csv": "patient_id,age,note\nP1,7,x\n",
               "n.csv": "patient_id;MRN-7\nP1;8.5\n"},
        before=[LOAD[:-2]],
        command=("extend", "s", "--data", "patient=n.csv"),
        code=10,
        says=("separated by ';'", "--delimiter ';'"),
        hides=("MRN-7",),
    ),
    Case(
        name="keys to delete",
        files={**rows(";"), "n.csv": "x;patient_id\n1;P1\n"},
        before=[(*LOAD[:-2], "--delimiter", ";")],
        command=("extend", "s", "--delete", "patient=n.csv", "--delimiter", ";"),
        stored={"extract fields s --fields patient.age": ["patient.age"]},
    ),
    Case(
        name="the same load again is recognised",
        files=rows(";"),
        before=[(*LOAD[:-2], "--delimiter", ";")],
        command=(*LOAD[:-2], "--delimiter", "semicolon"),
        says=("already s@1",),
        stored=STORED,
    ),
    Case(
        name="the sources prove the version",
        files=rows(";"),
        before=[(*LOAD[:-2], "--delimiter", ";")],
        command=("verify", "s", "--sources"),
    ),
)  # fmt: skip
