"""What follows from a fault is told with its cause, or not at all."""

from tests.support.cases import Case

HEAD = "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
MAIN = "a,a_id,string,global,,\n"
OPTIONAL = {"dictionary_optional_columns": 1}


def entity(name: str, to: str = "") -> str:
    key = f"{name},{name}_id,string,local,,\n"
    return key + (f"{name},{to}_ref,string,,{to}:{to}_id,many_to_one\n" if to else "")


def load(*entities: str) -> tuple[str, ...]:
    data = [word for each in entities for word in ("--data", f"{each}={each}.csv")]
    return ("load", "clinical", "s", "--dictionary", "dict.csv", *data, "--report", "report")


def orphan(name: str, rows: str, entities: str, count: int, *says: str) -> Case:
    return Case(
        name=name,
        files={"dict.csv": HEAD + MAIN + rows, **{f"{each}.csv": "x\n" for each in entities}},
        command=load("a", *entities),
        code=10,
        rules=None,
        says=(*says, "(entity_unreachable), once"),
        hides=() if count > 1 else ("joins entity 'c'",),
    )


LEVELS = HEAD + MAIN + entity("b", "a") + entity("c", "b")
ROWS = {"a.csv": "a_id\nA1\nA2\n", "b.csv": "b_id,a_ref\nB1,A1\nB2,A2\n",
        "c.csv": "c_id,b_ref\nC1,B1\nC2,B2\n"}  # fmt: skip

CASES = (
    orphan("what hangs from an orphan", entity("c", "b") + entity("b"), "bc", 1,
           "joins entity 'b'", "from it hang 'c'"),
    orphan("a chain that hangs from an orphan", entity("c", "b") + entity("d", "c") + entity("b"),
           "bcd", 1, "joins entity 'b'", "from it hang 'c', 'd'"),
    orphan("two orphans", entity("b") + entity("c"), "bc", 2, "joins entity 'b'",
           "joins entity 'c'"),
    Case(
        name="references to a row whose key is wrong",
        files={**ROWS, "dict.csv": LEVELS, "a.csv": "a_id\nA1\n\u00a0\n"},
        command=load("a", "b", "c"),
        code=12,
        rules={"key_missing": 1, **OPTIONAL},
    ),
    Case(
        name="references to rows of a file that could not be read to its end",
        files={**ROWS, "dict.csv": LEVELS, "a.csv": 'a_id\nA1\nA"2\n'},
        command=load("a", "b", "c"),
        code=10,
        rules={"quoting": 1, **OPTIONAL},
    ),
    Case(
        name="references to a file that is not there",
        files={key: text for key, text in {**ROWS, "dict.csv": LEVELS}.items() if key != "a.csv"},
        command=load("a", "b", "c"),
        code=10,
        rules={"file_missing": 1, **OPTIONAL},
    ),
    Case(
        name="references to a row that the policy left out",
        files={**ROWS, "dict.csv": LEVELS, "a.csv": "a_id\nA1\nA2\nA2 \n",
               "policy.yaml": "rules: {key_lookalike: quarantine}\n"},
        command=(*load("a", "b", "c"), "--policy", "policy.yaml"),
        code=12,
        rules={"key_lookalike": 2, "reference_resolves": 1, **OPTIONAL},
        says=("no such value in a.a_id, of which the policy left 2 out",),
    ),
    Case(
        name="a reference that looks like a key is not told as lost as well",
        files={**ROWS, "dict.csv": LEVELS, "b.csv": "b_id,a_ref\nB1,A1\nB2,A2\u200b\n"},
        command=load("a", "b", "c"),
        code=12,
        rules={"key_lookalike": 1, **OPTIONAL},
    ),
)  # fmt: skip
