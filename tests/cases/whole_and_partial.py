"""Whole numbers with decimals of zero, and times that are an hour alone: taken, and told."""

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type,coding_name\npatient,patient_id,string,global,\n"
    "patient,age,integer,,\npatient,seen,datetime,,\npatient,sex,integer,,sex\n"
)
CODINGS = "coding_name,code,meaning\nsex,1.0,man\nsex,2,woman\n"
LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--codings", "c.csv", "--data",
        "patient=p.csv", "--report", "report")  # fmt: skip
OPTIONAL = {"dictionary_optional_columns": 1}


def number(cell: str, stored: str | None, *, told: bool = True) -> Case:
    wrong = stored is None
    broken = {"cell_integer" if wrong else "cell_whole_decimal": 1} if told else {}
    return Case(
        name=f"the number {cell}",
        files={
            "d.csv": DICTIONARY,
            "c.csv": CODINGS,
            "p.csv": f"patient_id,age,seen,sex\nP1,{cell},,\n",
        },
        command=LOAD,
        code=12 if wrong else 0,
        rules={**broken, **OPTIONAL},
        stored={} if wrong else {
            "extract fields s --fields patient.age": ["patient.age", str(stored)]
        },
        on_spark=cell == "1.0",
    )  # fmt: skip


def moment(cell: str, stored: str | None, *, told: bool = True) -> Case:
    wrong = stored is None
    broken = {"cell_datetime" if wrong else "cell_partial_date": 1} if told else {}
    return Case(
        name=f"the time {cell}",
        files={
            "d.csv": DICTIONARY,
            "c.csv": CODINGS,
            "p.csv": f"patient_id,age,seen,sex\nP1,,{cell},\n",
        },
        command=LOAD,
        code=12 if wrong else 0,
        rules={**broken, **OPTIONAL},
        stored={} if wrong else {
            "extract fields s --fields patient.seen": ["patient.seen", str(stored)]
        },
    )  # fmt: skip


CASES = (
    number("1.0", "1"),
    number("-0.0", "0"),
    number("1.", "1"),
    number("+7.000", "7"),
    number("9007199254740993.0", "9007199254740993"),
    number("01", "1", told=False),
    number("1.5", None),
    number("1e3", None),
    number("1.0e0", None),
    number("9223372036854775808.0", None),
    number(".0", None),
    moment("2014-07-02T11", "2014-07-02T11:00:00Z"),
    moment("2014-07-02 11", "2014-07-02T11:00:00Z"),
    moment("2014-07-02T11Z", "2014-07-02T11:00:00Z"),
    moment("2014-07-02T11+02:00", "2014-07-02T09:00:00Z"),
    moment("2014-07-02T11:30Z", "2014-07-02T11:30:00Z", told=False),
    moment("2014-07", "2014-07-01T00:00:00Z"),
    moment("2014-07-02T", None),
    moment("2014-07-02T24", None),
    moment("2014-07T11", None),
    Case(
        name="codes",
        files={"d.csv": DICTIONARY, "c.csv": CODINGS,
               "p.csv": "patient_id,age,seen,sex\nP1,,,1.0\nP2,,,1\nP3,,,2.0\n"},
        command=LOAD,
        rules={"cell_whole_decimal": 2, **OPTIONAL},
        stored={"extract fields s --fields patient.sex": ["patient.sex", "1", "1", "2"],
                "extract fields s --fields patient.sex --values decoded":
                ["patient.sex", "man", "man", "woman"]},
    ),
    Case(
        name="a decimal that is not a code",
        files={"d.csv": DICTIONARY, "c.csv": CODINGS,
               "p.csv": "patient_id,age,seen,sex\nP1,,,3.0\n"},
        command=LOAD,
        code=12,
        rules={"cell_code": 1, **OPTIONAL},
    ),
    Case(
        name="a policy may refuse them",
        files={"d.csv": DICTIONARY, "c.csv": CODINGS,
               "p.csv": "patient_id,age,seen,sex\nP1,1.0,,\n",
               "policy.yaml": "rules: {cell_whole_decimal: refuse}\n"},
        command=(*LOAD, "--policy", "policy.yaml"),
        code=12,
        rules={"cell_whole_decimal": 1, **OPTIONAL},
    ),
    Case(
        name="keys with and without decimals are equal, and references to them are judged",
        files={"d.csv": "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
                        "site,site_id,integer,global,,\nroom,room_id,integer,local,,\n"
                        "room,site_id,integer,,site:site_id,many_to_one\n",
               "s.csv": "site_id\n1.0\n2.0\n", "r.csv": "room_id,site_id\n1,2\n2,1.0\n3,9\n"},
        command=("load", "clinical", "s", "--dictionary", "d.csv", "--data", "site=s.csv",
                 "--data", "room=r.csv", "--report", "report"),
        code=12,
        rules={"cell_whole_decimal": 3, "reference_resolves": 1, **OPTIONAL},
    ),
)  # fmt: skip
