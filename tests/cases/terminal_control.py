r"""Text that would act on a terminal: escape sequences, direction marks, what nobody sees."""

from tests.support.cases import Case

ODD = "\x1b[31m\u202e\u200b\x9b2J\u3164"
"""Red, right to left, nothing, a C1 control, a filler."""
SHOWN = r"\x1b[31m\u202e\u200b\x9b2J\u3164"
SEEN = ("\x1b", "\u202e", "\u200b", "\x9b", "\u3164")
HEADER = (
    "entity,name,type,primary_key_type,coding_name,concept,description,folder_path,"
    "is_multi_select,is_sparse_coding,linkout,longitudinal_axis_type,referenced_entity_field,"
    "relationship,title,units\n"
)
DICTIONARY = (
    HEADER + f'patient,patient_id,string,global,,,,,,,,,,,"Title{ODD}\nerror: not one",\n'
    f'patient,sex,string,,"sex{ODD}",,,"Folder{ODD} > B",,,,,,,Sex,"kg{ODD}"\n'
)
CODINGS = (
    f'coding_name,code,meaning,concept,display_order,parent_code\n"sex{ODD}",F,"Female{ODD}",,1,\n'
)
ENTITIES = (
    "entity,entity_title,entity_description,entity_label_plural,entity_label_singular\n"
    f'patient,"People{ODD}",,,\n'
)
FILE = f"p{ODD}.csv"
FILES = {
    "d.csv": DICTIONARY,
    "c.csv": CODINGS,
    "e.csv": ENTITIES,
    FILE: "patient_id,sex\nP1,F\n",
    "more.csv": f'patient_id,"head{ODD}"\nP1,"a{ODD}"\n',
}
LOAD = ("load", "clinical", "study", "--dictionary", "d.csv", "--codings", "c.csv", "--entities",
        "e.csv", "--data", f"patient={FILE}")  # fmt: skip
EXTENDED = (LOAD, ("extend", "study", "--data", "patient=more.csv"))
PLAIN = {
    "d.csv": HEADER + "patient,patient_id,string,global,,,,,,,,,,,Patient,\n",
    "p.csv": "patient_id\nP1\n",
}
LOAD_PLAIN = ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=p.csv")


def _shown(name: str, *command: str, says: tuple[str, ...] = (SHOWN,), code: int = 0) -> Case:
    """Return a case of a loaded study whose answer names the odd text and cannot act."""
    return Case(
        name=name, files=FILES, before=EXTENDED, command=command, code=code, says=says, hides=SEEN
    )


CASES = (
    Case(
        name="a load with odd titles, codings and file names",
        files=FILES,
        command=LOAD,
        hides=SEEN,
        stored={"extract fields study --fields patient.sex": ["patient.sex", "F"]},
        on_spark=True,
    ),
    _shown("titles of entities in show", "show", "study"),
    _shown(
        "titles, folders, codings and units in fields, one line each",
        "fields",
        "study",
        says=(SHOWN, rf"{SHOWN}\nerror: not one"),
    ),
    _shown("file names in lineage", "lineage", "study"),
    _shown("file names and headers in trace", "trace", "study", "patient", "P1", "sex"),
    _shown(
        "a cell that is asked for in trace",
        "trace",
        "study",
        "patient",
        "P1",
        "head_31m2J",
        "--value",
    ),
    _shown(
        "a list of fields that are not there",
        "extract",
        "fields",
        "study",
        "--fields",
        f"patient.{ODD}",
        code=13,
    ),
    _shown(
        "a filter",
        "view",
        "study",
        "--as",
        "part",
        "--rows",
        f'patient.{ODD} = "F"',
        code=2,
        says=(),
    ),
    _shown("a pattern", "fields", "study", f"({ODD}", code=2, says=()),
    _shown("a verb", f"lo{ODD}ad", code=2),
    _shown("an option", "list", f"--x{ODD}", code=2),
    _shown(
        "a choice", "extract", "fields", "study", "--fields", "patient.sex", "--engine", ODD, code=2
    ),
    _shown("a name", "show", f"s{ODD}", code=2),
    _shown(
        "a file that is not there", "withdraw", f"gone{ODD}.csv", "--of", "study.patient", code=10
    ),
    _shown(
        "a file that cannot be written",
        "extract",
        "fields",
        "study",
        "--fields",
        "patient.sex",
        "-o",
        f"none{ODD}/rows.csv",
        code=2,
    ),
    _shown(
        "json of show", "show", "study", "--json", says=(r"People\u001b[31m\u202e\u200b\u009b",)
    ),
    _shown("json of fields", "fields", "study", "--json", says=(r"Title\u001b[31m\u202e\u200b",)),
    Case(
        name="a header in an inferred dictionary",
        files=FILES,
        before=(LOAD,),
        command=("extend", "study", "--data", "patient=more.csv"),
        says=(SHOWN,),
        hides=SEEN,
    ),
    Case(
        name="a refusal that names a file",
        files={**PLAIN, f"q{ODD}\nerror: x.csv": "patient_id\nP1,2\n"},
        command=(
            "load",
            "clinical",
            "study",
            "--dictionary",
            "d.csv",
            "--data",
            f"patient=q{ODD}\nerror: x.csv",
        ),
        code=10,
        says=(rf"q{SHOWN}\nerror: x.csv",),
        hides=(*SEEN, "\nerror: x.csv"),
    ),
    Case(
        name="a file name that is not text",
        files={**PLAIN, "q\udcff.csv": "patient_id\nP1\n"},
        before=(
            ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=q\udcff.csv"),
        ),
        command=("lineage", "study", "--json"),
        says=(r"q\\udcff.csv",),
    ),
    Case(
        name="a policy with an odd key",
        files={**PLAIN, "policy.yaml": '"k\\x1b\\u202e": 1\n'},
        command=(*LOAD_PLAIN, "--policy", "policy.yaml"),
        code=11,
        hides=SEEN,
    ),
    Case(
        name="rows on stdout are data and stay as they are",
        files=FILES,
        before=EXTENDED,
        command=("extract", "fields", "study", "--fields", "patient.head_31m2J"),
        says=(f"a{ODD}",),
    ),
)
