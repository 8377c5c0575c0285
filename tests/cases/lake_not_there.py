"""A lake that is not there: nothing at its place, an empty folder, another folder, a wrong name."""

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type\npatient,patient_id,string,global\npatient,w,float,\n"
)
FILES = {
    "d.csv": DICTIONARY,
    "p.csv": "patient_id,w\nP1,1.5\nP2,2\n",
    "m.csv": "feature_id,S1,S2\nENSG00000000001,1,2\n",
    "gone.csv": "patient_id\nP1\n",
}
LOAD = ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=p.csv")
MATRIX = ("load", "expression", "rna", "--assay", "rna", "--unit", "count", "--source", "m.csv")
MISSING = "There is no lake in "

VERBS = (
    "list", "show study", "history study", "fields study", "lineage study", "diff study study",
    "trace study patient P1 w", "extract fields study --fields patient.w",
    "extract expression study", "extract dictionary study -o out", "extract sql study",
    "extract sealed study -o out", "verify", "verify --deep", "verify study", "verify --sources",
    "doctor", "gc", "gc --apply", "compact", "compact study", "compact --apply",
    "retire study@1", "retire study@1 --dry-run", "withdraw gone.csv --of study.patient",
    "withdraw gone.csv --of study.patient --apply", "view study --as part",
    "view study --as part --dry-run", "rebase part --onto study@1", "rebase --undo part@2",
    "merge clinical study study --as both", "merge assay study study --as both --assay rna",
    "extend study --data patient=p.csv", "extend study --data patient=p.csv --dry-run",
    "extend study --assay rna --source m.csv",
)  # fmt: skip

CASES = (
    *(
        Case(name=f"{verb}, and nothing is there", files=FILES, command=verb.split(), code=13,
             says=(MISSING, "The folder is not there."), hides=("Did you mean",))
        for verb in VERBS
    ),
    *(
        Case(name=f"{verb} of an empty folder", files={**FILES, "void": None},
             command=(*verb.split(), "--lake", "void"), code=13,
             says=(MISSING, "The folder is empty."))
        for verb in ("list", "verify --deep", "gc --apply", "compact", "show study")
    ),
    *(
        Case(name=f"{verb} of a folder with something else in it",
             files={**FILES, "other/registry/notes.txt": "hello", "other/tables/x.csv": "1"},
             command=(*verb.split(), "--lake", "other"), code=13,
             says=(MISSING, "What lies in the folder is not a lake."))
        for verb in ("list", "verify --deep", "gc --apply", "compact", "doctor", "show study")
    ),
    *(
        Case(name=f"{verb} of a file", files=FILES, command=(*verb.split(), "--lake", "p.csv"),
             code=2, says=("is not a folder",))
        for verb in ("list", "verify", "gc", " ".join(LOAD))
    ),
    *(
        Case(name=f"{verb} with a typo beside a real lake", files=FILES, before=(LOAD,),
             command=(*verb.split(), "--lake", "lakee"), code=13,
             says=("/lakee.", "Did you mean ", "/lake?"),
             stored={"extract fields study --fields patient.w": ["patient.w", "1.5", "2.0"]})
        for verb in ("list", "verify", "show study", "extend study --data patient=p.csv")
    ),
    Case(
        name="the folder around a real lake", files=FILES, before=(LOAD,),
        command=("list", "--lake", "."), code=13, says=("Did you mean ", "/lake?"),
    ),
    Case(
        name="a load makes a lake and says so", files=FILES, command=LOAD,
        says=("made a new lake in ",), hides=("there is another one",),
        stored={"extract fields study --fields patient.w": ["patient.w", "1.5", "2.0"]},
        on_spark=True,
    ),
    Case(
        name="a load of a matrix makes a lake and says so", files=FILES, command=MATRIX,
        says=("made a new lake in ",),
        stored={"extract expression rna --matrix": ["sample_id,ENSG00000000001", "S1,1", "S2,2"]},
    ),
    Case(
        name="a second load makes none", files=FILES, before=(LOAD,), command=MATRIX,
        hides=("new lake",),
    ),
    Case(
        name="a load with a typo beside a real lake says where the other one is", files=FILES,
        before=(LOAD,), command=(*LOAD, "--lake", "lak"),
        says=("made a new lake in ", "there is another one in "),
    ),
    Case(
        name="a load into an empty folder", files={**FILES, "void": None},
        command=(*LOAD, "--lake", "void"), says=("made a new lake in ",),
    ),
    Case(
        name="a load into a lake", files=FILES, before=(LOAD,),
        command=(*LOAD, "--lake", "lake/tables/new"), code=2, says=("is inside the lake ",),
    ),
    Case(
        name="a dry run into a missing lake finds what is wrong",
        files={**FILES, "p.csv": "patient_id,w\nP1,heavy\nP1,2\n"},
        command=(*LOAD, "--dry-run", "--report", "report"), code=12,
        rules={"cell_float": 1, "key_unique": 2, "dictionary_optional_columns": 1},
        hides=("new lake",),
    ),
)  # fmt: skip
