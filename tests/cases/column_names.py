"""Names of columns: tidied alike wherever they are; unknown ones are told by their number."""

from tests.support.cases import Case

LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--data", "patient=p.csv", "--report",
        "report")  # fmt: skip
HEAD = "entity,name,type,primary_key_type,source_column\n"
AGES = "extract fields s --fields patient.patient_id,patient.age"
STORED = {AGES: ["patient.patient_id,patient.age", "P1,7"]}
PLAIN = (
    "entity,name,type,primary_key_type\npatient,patient_id,string,global\npatient,age,integer,\n"
)
OPTIONAL = {"dictionary_optional_columns": 1}


def named(name: str, source: str, header: str, *, on_spark: bool = False) -> Case:
    return Case(
        name=name,
        files={
            "d.csv": f'{HEAD}patient,patient_id,string,global,\npatient,age,integer,,"{source}"\n',
            "p.csv": f"patient_id,{header}\nP1,7\n",
        },
        command=LOAD,
        rules=OPTIONAL,
        stored=STORED,
        on_spark=on_spark,
    )


def unknown(name: str, header: str, row: str, count: int, *says: str, hides: str) -> Case:
    return Case(
        name=name,
        files={"d.csv": PLAIN, "p.csv": f"{header}\n{row}\n"},
        command=LOAD,
        code=10,
        rules={"header_unknown_column": count, **OPTIONAL},
        says=says,
        hides=(hides,),
    )


CASES = (
    named("a blank behind a source column", "Index CIN ", "Index CIN", on_spark=True),
    named("a blank behind both", "Index CIN ", " Index CIN "),
    named("a byte order mark before a source column", "\ufeffIndex", "Index"),
    named("a no-break space", "Index\u00a0", "Index"),
    named("composed and decomposed", "Gr\u00f6\u00dfe", "Gro\u0308\u00dfe"),
    named("decomposed and composed", "Gro\u0308\u00dfe", "Gr\u00f6\u00dfe"),
    named("a zero-width space in the file", "Index", "Index\u200b"),
    named("a source column of blanks is none", "  ", "age"),
    Case(
        name="two source columns that are one name",
        files={"d.csv": f"{HEAD}patient,patient_id,string,global,\npatient,age,integer,,A\n"
                        "patient,old,integer,,A \n",
               "p.csv": "patient_id,A\nP1,7\n"},
        command=LOAD,
        code=11,
        rules={"field_repeated": 1, **OPTIONAL},
    ),
    Case(
        name="rows of an extension are named by either",
        files={"d.csv": f"{HEAD}patient,patient_id,string,global,\npatient,age,integer,,Age \n",
               "p.csv": "patient_id,Age\nP1,5\n", "n.csv": "patient_id,\u00a0Age\nP1,7\n"},
        before=[LOAD[:-2]],
        command=("extend", "s", "--data", "patient=n.csv"),
        stored=STORED,
    ),
    unknown("one unwanted column", "patient_id,age,MRN-2", "P1,7,1", 1, "column 3 is not in the",
            "header_unknown_column: warn", hides="MRN-2"),
    unknown("many unwanted columns are one line", "patient_id,age," + ",".join(
            f"MRN-{each}" for each in range(17)), "P1,7" + ",1" * 17, 17,
            "columns 3, 4, 5", "17 times", hides="MRN-"),
    unknown("an unwanted column twice", "patient_id,age,MRN,x", "P1,7,1,2", 2, "columns 3 and 4",
            hides="MRN"),
    Case(
        name="a policy may leave unwanted columns out",
        files={"d.csv": PLAIN, "p.csv": "patient_id,MRN-2,age\nP1,x,7\n",
               "policy.yaml": "rules: {header_unknown_column: warn}\n"},
        command=(*LOAD, "--policy", "policy.yaml"),
        rules={"header_unknown_column": 1, **OPTIONAL},
        hides=("MRN-2",),
        stored=STORED,
    ),
    Case(
        name="the number of the column that was meant",
        files={"d.csv": PLAIN, "p.csv": "patient_id,agge\nP1,7\n"},
        command=LOAD,
        code=10,
        rules={"header_missing_column": 1, "header_unknown_column": 1, **OPTIONAL},
        says=("is it column 2?", "did you mean 'age'?"),
        hides=("agge",),
    ),
    Case(
        name="no far-fetched suggestion",
        files={"d.csv": PLAIN, "p.csv": "patient_id,stage\nP1,7\n"},
        command=LOAD,
        code=10,
        hides=("is it column", "did you mean", "stage"),
    ),
    Case(
        name="the same unknown name twice",
        files={"d.csv": PLAIN, "p.csv": "patient_id,age,MRN,MRN\nP1,7,1,2\n"},
        command=LOAD,
        code=10,
        rules={"header_repeated_column": 1, "header_unknown_column": 1, **OPTIONAL},
        says=("columns 3 and 4",),
        hides=("MRN",),
    ),
    Case(
        name="a row where the header should be",
        files={"d.csv": PLAIN, "p.csv": "MRN-JOHN,7\nMRN-JANE,8\n"},
        command=LOAD,
        code=10,
        says=("is the header missing?",),
        hides=("MRN-",),
    ),
    Case(
        name="an extension whose header lost its line end prints no row",
        files={"d.csv": PLAIN, "p.csv": "patient_id,age\nP1,7\nP2,8\n",
               "n.csv": "patient_id,bmiMRN-JOHN,22.5\nP2,21.5\n"},
        before=[LOAD[:-2]],
        command=("extend", "s", "--data", "patient=n.csv", "--report", "report"),
        code=10,
        rules={"row_length": 1},
        says=("columns 2 and 3 are not fields",),
        hides=("MRN-JOHN", "22.5"),
    ),
    Case(
        name="an extension of a header that swallowed the only row stores nothing of it",
        files={"d.csv": PLAIN, "p.csv": "patient_id,age\nP1,7\n",
               "n.csv": "patient_id,bmiMRN-JOHN,22.5\n"},
        before=[LOAD[:-2]],
        command=("extend", "s", "--data", "patient=n.csv", "--report", "report"),
        code=10,
        rules={"file_empty": 1},
        hides=("MRN-JOHN", "22.5"),
    ),
    Case(
        name="a new entity whose header lost its line end prints no row",
        files={"d.csv": PLAIN, "p.csv": "patient_id,age\nP1,7\nP2,8\n",
               "n.csv": "patient_id,drugMRN-JOHN,22.5\nP2,21.5\n"},
        before=[LOAD[:-2]],
        command=("extend", "s", "--data", "drug=n.csv", "--report", "report"),
        code=10,
        rules={"row_length": 1},
        hides=("MRN-JOHN", "22.5"),
    ),
    Case(
        name="columns of an extension that differ by case",
        files={"d.csv": PLAIN, "p.csv": "patient_id,age\nP1,7\n",
               "n.csv": "patient_id,MRN,mrn\nP1,1,2\n"},
        before=[LOAD[:-2]],
        command=("extend", "s", "--data", "patient=n.csv", "--report", "report"),
        code=11,
        rules={"field_repeated": 1},
        says=("columns 2 and 3",),
    ),
)  # fmt: skip
