"""Small files that are called alike in several folders: a finding says which one it is about."""

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type,coding_name\n"
    "patient,patient_id,string,global,\n"
    "patient,sex,string,,sex\n"
)  # fmt: skip
CODINGS = "coding_name,code,meaning\nsex,F,Female\n"
FILES = {
    "a/x.csv": DICTIONARY,
    "b/x.csv": CODINGS,
    "c/x.csv": "entity,entity_title\npatient,Patients\n",
    "p.csv": "patient_id,sex\nP1,F\n",
    "m.csv": "gene_id,S1\nENSG00000141510,1\n",
}
LOAD = ("load", "clinical", "study", "--dictionary", "a/x.csv", "--codings", "b/x.csv",
        "--entities", "c/x.csv", "--data", "patient=p.csv", "--report", "report")  # fmt: skip
RNA = ("load", "expression", "rna", "--assay", "rna", "--unit", "count", "--source", "m.csv",
       "--report", "report")  # fmt: skip

CASES = (
    Case(
        name="a dictionary",
        files={**FILES, "a/x.csv": DICTIONARY.replace("sex,string", "sex,text")},
        command=LOAD,
        code=11,
        rules={"field_type": 1, "dictionary_optional_columns": 1},
        says=["a/x.csv: line 3"],
    ),
    Case(
        name="codings",
        files={**FILES, "b/x.csv": f"{CODINGS}sex,F,Female\n"},
        command=LOAD,
        code=11,
        says=["b/x.csv: line 3"],
        hides=["a/x.csv: line 3"],
    ),
    Case(
        name="entities",
        files={**FILES, "c/x.csv": "entity,entity_title\nvisit,Visits\n"},
        command=LOAD,
        code=11,
        says=["c/x.csv: line 2"],
    ),
    Case(
        name="all of them at once",
        files={
            **FILES,
            "a/x.csv": DICTIONARY.replace("sex,string", "sex,text"),
            "b/x.csv": f"{CODINGS}sex,F,Female\n",
            "c/x.csv": "entity,entity_title\nvisit,Visits\n",
        },
        command=LOAD,
        code=11,
        says=["a/x.csv: line 3", "b/x.csv: line 3", "c/x.csv: line 2"],
    ),
    Case(
        name="an id map",
        files={**FILES, "d/x.csv": "from,to,more\na,b,c\n"},
        command=(*RNA, "--id-map", "d/x.csv"),
        code=10,
        says=["d/x.csv"],
    ),
    Case(
        name="a linking file",
        files={**FILES, "d/x.csv": "sample_id\nS1\n"},
        before=[LOAD, RNA],
        command=(
            "merge",
            "assay",
            "rna",
            "study",
            "--as",
            "both",
            "--assay",
            "rna",
            "--link-file",
            "d/x.csv",
        ),
        code=10,
        says=["d/x.csv"],
    ),
    Case(
        name="files that are right",
        files=FILES,
        command=LOAD,
        stored={"extract fields study --fields patient.sex": ["patient.sex", "F"]},
        on_spark=True,
    ),
)
