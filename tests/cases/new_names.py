"""Maps of `rebase --map` that name what nothing has, or are not read as they were meant."""

from collections.abc import Sequence

from tests.support.cases import Case

HEADER = "entity,name,type,primary_key_type\npatient,patient_id,string,global\n"
FILES = {
    "d.csv": f"{HEADER}patient,weight,float,\npatient,sex,string,\n",
    "patient.csv": "patient_id,weight,sex\nP1,61,F\nP2,50,M\n",
    "d2.csv": f"{HEADER}patient,mass,float,\npatient,sex,string,\n",
    "patient2.csv": "patient_id,mass,sex\nP1,61,F\nP2,50,M\n",
}
LOAD = ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=patient.csv")
AGAIN = tuple(each.replace("d.csv", "d2.csv").replace("t.csv", "t2.csv") for each in LOAD)
VIEW = ("view", "study", "--as", "part", "--fields", "patient.sex", "--rows", "patient.weight > 55")
MOVE = ("rebase", "part", "--onto", "study@2", "--map", "map.csv", "--apply")
ROWS = "extract fields part --fields patient.patient_id,patient.sex"
PART = ["patient.patient_id,patient.sex", "P1,F"]
RIGHT = "old,new\npatient.weight,patient.mass\n"


def _case(
    name: str,
    text: str,
    code: int,
    *says: str,
    before: Sequence[Sequence[str]] = (),
    command: Sequence[str] = MOVE,
) -> Case:
    return Case(
        name=name,
        files={**FILES, "map.csv": text},
        before=(LOAD, VIEW, AGAIN, *before),
        command=command,
        code=code,
        says=says,
        stored={} if code else {ROWS: PART},
    )


CASES = (
    _case("new names that are right", RIGHT, 0, "part@2"),
    _case(
        "the same map again changes nothing more",
        RIGHT,
        0,
        '"published": [], "current": ["part@2"]',
        before=(MOVE,),
        command=(*MOVE, "--json"),
    ),
    _case(
        "an old name that nothing has, beside one that is right",
        f"{RIGHT}patient.hight,patient.sex\n",
        13,
        "The map names fields that are not there",
        "patient.hight",
    ),
    _case(
        "a slip in an old name",
        "old,new\npatient.wieght,patient.mass\n",
        13,
        "patient.wieght (did you mean 'patient.weight'?)",
    ),
    _case(
        "a slip in a new name, in a plan",
        "old,new\npatient.weight,patient.masss\n",
        13,
        "patient.masss (did you mean 'patient.mass'?)",
        command=MOVE[:-1],
    ),
    _case("columns exchanged", "new,old\npatient.mass,patient.weight\n", 13, "patient.mass"),
    _case("no header", "patient.weight,patient.mass\n", 10, "has no header"),
    _case("a header alone", "old,new\n", 10, "holds no names"),
    _case("an old name twice", f"{RIGHT}patient.weight,patient.sex\n", 10, "wrong in line 2, 3"),
)
