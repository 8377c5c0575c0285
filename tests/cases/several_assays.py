"""What answers where several could, and links, codings and assays that clash or change."""

from tests.support.cases import Case

A = "ENSG00000000001"
PEOPLE = "entity,name,type,primary_key_type\npatient,patient_id,string,global\npatient,n,integer,\n"
FILES = {
    "people.csv": PEOPLE,
    "patient.csv": "patient_id,n\nP1,1\nP2,2\n",
    "link.csv": "sample,person\nS1,P1\nS2,P2\n",
    "m.csv": f"gene_id,S1,S2\n{A},1,2\n",
    "t.csv": f"gene_id,S1,S2\n{A},1.5,2.5\n",
    "n.csv": f"gene_id,S3\n{A},3\n",
}
LOAD = ("load", "expression", "cells", "--assay", "rna", "--unit", "count", "--source", "m.csv")
TPM = ("load", "expression", "cells", "--assay", "rna", "--unit", "tpm", "--source", "t.csv")
CLINICAL = (
    "load", "clinical", "people", "--dictionary", "people.csv", "--data", "patient=patient.csv",
)  # fmt: skip
MERGE = ("merge", "assay", "cells", "people", "--as", "both", "--assay", "rna", "--link-file",
         "link.csv")  # fmt: skip
TWICE = ("merge", "assay", "cells", "both", "--as", "two", "--assay", "rna", "--name", "late",
         "--link-file", "link.csv")  # fmt: skip
MORE = ("extend", "cells", "--assay", "rna", "--source", "n.csv")

CASES = (
    Case(
        name="of two assays the first answers, and that is said",
        files=FILES,
        before=(CLINICAL, LOAD, MERGE, TWICE),
        command=("extract", "expression", "two"),
        says=("note: the assay rna answers, of 2: --assay names another (late)",),
    ),
    Case(
        name="one that is named needs no note",
        files=FILES,
        before=(CLINICAL, LOAD, MERGE, TWICE),
        command=("extract", "expression", "two", "--assay", "late"),
        hides=("answers",),
    ),
    Case(
        name="an estimate says it too",
        files=FILES,
        before=(CLINICAL, LOAD, MERGE, TWICE),
        command=("extract", "expression", "two", "--dry-run"),
        says=("the assay rna answers, of 2",),
    ),
    Case(
        name="of two units the default answers",
        files=FILES,
        before=(LOAD, TPM),
        command=("extract", "expression", "cells", "--matrix"),
        says=("note: the unit count answers, of 2: --unit names another (tpm)",),
        on_spark=False,
    ),
    Case(
        name="ids of samples in a field of whole numbers are a clash",
        files=FILES,
        before=(CLINICAL, LOAD),
        command=(
            "merge",
            "assay",
            "cells",
            "people",
            "--as",
            "x",
            "--assay",
            "rna",
            "--link",
            "patient.n",
        ),
        code=14,
        says=("patient.n cannot hold the ids of samples",),
    ),
    Case(
        name="text linked to whole numbers is a clash",
        files=FILES,
        before=(CLINICAL, LOAD),
        command=(
            "merge",
            "clinical",
            "cells",
            "people",
            "--as",
            "x",
            "--link",
            "sample.sample_id=patient.n",
        ),
        code=14,
        says=("The first is string, the second integer",),
    ),
    Case(
        name="a plan of a rebase counts samples",
        files=FILES,
        before=(CLINICAL, LOAD, MERGE, MORE),
        command=("rebase", "both", "--onto", "cells@2"),
        says=("assay rna: 2 samples now, 1 added, 0 lost; 1 features now, 0 added, 0 lost",),
    ),
    Case(
        name="a plan of a rebase names units",
        files=FILES,
        before=(CLINICAL, LOAD, MERGE, TPM),
        command=("rebase", "both", "--onto", "cells@2"),
        says=("assay rna: 2 samples now, 0 added, 0 lost", "units added tpm"),
    ),
    Case(
        name="a diff counts features",
        files={**FILES, "f.csv": "gene_id,S1,S2\nENSG00000000002,1,2\n"},
        before=(LOAD, (*LOAD[:-1], "f.csv", "--replace")),
        command=("diff", "cells@1", "cells@2"),
        says=("assay rna: 0 samples added, 0 removed; 1 features added, 1 removed",),
    ),
    Case(
        name="show counts what a view shows",
        files=FILES,
        before=(CLINICAL, LOAD, MERGE, ("view", "both", "--as", "one", "--rows", "patient.n > 1")),
        command=("show", "one", "--json"),
        says=('"rows": 1', '"samples": 1', '"not_counted": []'),
    ),
)
