"""Codings that were found in the values: numbers stay numbers, and new values become codes."""

from collections.abc import Mapping, Sequence

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type\n"
    "patient,patient_id,string,global\n"
)  # fmt: skip
PATIENTS = "patient_id\nP1\nP2\nP3\nP4\n"
VISITS = (
    "visit_id,patient_id,day,arm,level\n"
    "1,P1,0,1,low\n"
    "2,P1,7,2,high\n"
    "3,P2,0,1,low\n"
    "4,P3,7,2,high\n"
)  # fmt: skip
HEADER = "visit_id,patient_id,day,arm,level\n"
FILES = {"d.csv": DICTIONARY, "p.csv": PATIENTS, "v.csv": VISITS}
LOAD = ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=p.csv")
EXTEND = ("extend", "study", "--data", "visit=v.csv", "--report", "report")
MORE = ("extend", "study", "--data", "visit=more.csv", "--report", "report")
LEVELS = "fields study level"
LEVEL_FIELD = ["field        type    coding", "visit.level  string  visit_level (open)"]
DECODED = "extract fields study --fields visit.visit_id,visit.arm,visit.level --values decoded"


def more(
    name: str,
    rows: str,
    *,
    says: Sequence[str] = (),
    hides: Sequence[str] = (),
    stored: Mapping[str, Sequence[str]],
    on_spark: bool = False,
    inferring: Sequence[str] = (),
) -> Case:
    """Return the case of further rows of an entity with inferred codings."""
    return Case(
        name=name,
        files={**FILES, "more.csv": f"{HEADER}{rows}"},
        before=[LOAD, (*EXTEND, *inferring)],
        command=MORE,
        says=says,
        hides=hides,
        stored=stored,
        on_spark=on_spark,
    )


def view(name: str, rows: str, counted: str, *, says: Sequence[str] = ()) -> Case:
    """Return the case of a filter over inferred codings."""
    return Case(
        name=name,
        files=FILES,
        before=[LOAD, EXTEND],
        command=("view", "study", "--as", "some", "--rows", rows),
        says=says,
        stored={"extract fields some --fields patient.patient_id": ["patient.patient_id", *counted]}
        if counted
        else {"list --json": []},
    )


CASES = (
    Case(
        name="study days are numbers",
        files=FILES,
        before=[LOAD],
        command=EXTEND,
        says=["visit.arm, visit.level: few values that repeat", "--no-codings"],
        stored={
            "fields study visit": [
                "field             type     coding",
                "visit.visit_id    integer",
                "visit.patient_id  string",
                "visit.day         integer",
                "visit.arm         integer  visit_arm (open)",
                "visit.level       string   visit_level (open)",
            ]
        },
        on_spark=True,
    ),
    Case(
        name="days that look like codes are numbers by their name",
        files={**FILES, "v.csv": VISITS.replace(",7,", ",1,")},
        before=[LOAD],
        command=EXTEND,
        stored={"fields study day": ["field      type", "visit.day  integer"]},
    ),
    Case(
        name="no codings where none are wanted",
        files=FILES,
        before=[LOAD],
        command=(*EXTEND, "--no-codings"),
        hides=["taken as codes", "inferred codings"],
        stored={LEVELS: ["field        type", "visit.level  string"]},
    ),
    Case(
        name="codings of the columns that are named",
        files=FILES,
        before=[LOAD],
        command=(*EXTEND, "--codings-of", "day, level"),
        stored={
            "fields study visit": [
                "field             type     coding",
                "visit.visit_id    integer",
                "visit.patient_id  string",
                "visit.day         integer  visit_day (open)",
                "visit.arm         integer",
                "visit.level       string   visit_level (open)",
            ]
        },
    ),
    Case(
        name="codings of what is not a column",
        files=FILES,
        before=[LOAD],
        command=(*EXTEND, "--codings-of", "days"),
        code=2,
        says=["'days'"],
    ),
    Case(
        name="codings of decimals",
        files={**FILES, "v.csv": VISITS.replace(",7,", ",7.5,")},
        before=[LOAD],
        command=(*EXTEND, "--codings-of", "day"),
        code=2,
        says=["'day' cannot have codes"],
    ),
    Case(
        name="no codings and some",
        files=FILES,
        before=[LOAD],
        command=(*EXTEND, "--codings-of", "day", "--no-codings"),
        code=2,
    ),
    Case(
        name="no codings of a dictionary",
        files=FILES,
        before=[LOAD],
        command=(*EXTEND, "--no-codings", "--dictionary", "d.csv"),
        code=2,
    ),
    Case(
        name="no codings of rows",
        files=FILES,
        before=[LOAD, EXTEND],
        command=(*EXTEND, "--no-codings", "--mode", "rows"),
        code=2,
    ),
    more(
        "another day is a number like others",
        "5,P4,28,1,low\n",
        hides=["new code"],
        stored={"extract fields study --fields visit.day": ["visit.day", "0", "7", "0", "7", "28"]},
    ),
    more(
        "new codes are added",
        "5,P4,28,3,mid\n6,P4,28,3,none\n1,P1,0,1,top\n",
        says=[
            "note: visit.arm: 1 new code was added to the coding 'visit_arm'",
            "note: visit.level: 3 new codes were added to the coding 'visit_level'",
        ],
        hides=["top", "none"],
        stored={
            DECODED: [
                "visit.visit_id,visit.arm,visit.level",
                "1,1,top",
                "2,2,high",
                "3,1,low",
                "4,2,high",
                "5,3,mid",
                "6,3,none",
            ],
            "extract fields study@2 --fields visit.level --values decoded": [
                "visit.level",
                "low",
                "high",
                "low",
                "high",
                '""',
            ],
        },
        on_spark=True,
    ),
    more(
        "a new code of signs before a digit",
        "5,P4,28,1,--1\n",
        says=["visit.level: 1 new code was added to the coding 'visit_level', which is open"],
        stored={
            "extract fields study --fields visit.level": [
                "visit.level",
                "low",
                "high",
                "low",
                "high",
                "--1",
            ]
        },
    ),
    more(
        "known codes change nothing of the coding",
        "5,P4,28,2,low\n",
        hides=["new code"],
        stored={LEVELS: LEVEL_FIELD},
    ),
    more(
        "a long text ends a coding that was found",
        f"5,P4,28,2,{'x' * 200}\n",
        says=["visit.level: its values are too many or too long for codes"],
        hides=["xx"],
        stored={LEVELS: ["field        type", "visit.level  string"]},
    ),
    more(
        "many values end a coding that was found",
        "".join(f"{n},P4,1,1,level {n}\n" for n in range(5, 1200)),
        says=["visit.level: its values are too many or too long for codes"],
        stored={LEVELS: ["field        type", "visit.level  string"]},
    ),
    view("a day is compared", "visit.day > 0", ("P1", "P3")),
    view("an inferred code is compared by size", "visit.arm >= 2", ("P1", "P3")),
    view(
        "a code that may come is named",
        'visit.level in ("low", "mid", "top")',
        ("P1", "P2"),
        says=["note: visit.level is compared with 2 codes that the coding 'visit_level'"],
    ),
    Case(
        name="a text that can be no number of the coding",
        files=FILES,
        before=[LOAD, EXTEND],
        command=("view", "study", "--as", "some", "--rows", 'visit.arm = "low"'),
        code=2,
        says=["whole numbers of 64 bits; the value is not"],
    ),
    view(
        "a number that may come is named as text",
        'patient.patient_id = "P1" or visit.arm = "9"',
        ("P1",),
        says=["note: visit.arm is compared with 1 code"],
    ),
)
