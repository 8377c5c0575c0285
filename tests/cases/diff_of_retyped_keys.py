"""What is said of a comparison whose key cannot take part."""

from tests.support.cases import Case

HEAD = "entity,name,type,primary_key_type\n"
FILES = {
    "p.csv": "patient_id,code,age,note\n1,1,5,a\n2,2,6,b\n",
    "q.csv": "patient_id,code,age,note\n1,1,5,a\n2,2,6,b\n3,3,6,b\n",
    "text.csv": f"{HEAD}p,patient_id,string,global\np,code,string,\np,age,integer,\n"
    "p,note,string,\n",
    "number.csv": f"{HEAD}p,patient_id,integer,global\np,code,string,\np,age,integer,\n"
    "p,note,string,\n",
    "other.csv": f"{HEAD}p,patient_id,string,\np,code,string,global\np,age,integer,\n"
    "p,note,string,\n",
    "age.csv": f"{HEAD}p,patient_id,string,global\np,code,string,\np,age,float,\np,note,string,\n",
}


def load(dictionary: str, data: str) -> tuple[str, ...]:
    return ("load", "clinical", "s", "--dictionary", f"{dictionary}.csv", "--data", f"p={data}.csv")


def compared(name: str, first: str, second: str, data: str, *says: str) -> Case:
    return Case(
        name=name,
        files=FILES,
        before=[load(first, "p"), load(second, data)],
        command=("diff", "s@1", "s@2"),
        says=says,
    )


CASES = (
    compared("a retyped key", "text", "number", "q", "the key 'patient_id' is string before and "
             "integer after", "left out", "compared whole"),
    compared("a retyped key of the same rows", "number", "text", "p",
             "the key 'patient_id' is integer before and string after"),
    compared("another key", "text", "other", "q",
             "the key is 'patient_id' before and 'code' after"),
    compared("a retyped field beside the key", "text", "age", "q",
             "p: not compared, as their type differs: age"),
    Case(
        name="the same for programs",
        files=FILES,
        before=[load("text", "p"), load("number", "q")],
        command=("diff", "s@1", "s@2", "--json"),
        says=('"key_left_out": "the key \'patient_id\' is string before and integer after"',),
    ),
    Case(
        name="nothing where the key takes part",
        files=FILES,
        before=[load("text", "p"), load("text", "q")],
        command=("diff", "s@1", "s@2"),
        hides=("left out", "not compared"),
    ),
)  # fmt: skip
