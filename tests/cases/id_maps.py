"""Id maps, annotations and linking files that name nothing or little of what they are given for."""

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
SYMBOLS = "gene,S1,S2\nTP53,1,2\nEGFR,3,4\nKRAS,5,6\n"
GENES = f"gene_id,S1,S2\n{A},1,2\n{B},3,4\n"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source", "m.csv",
        "--report", "report")  # fmt: skip
MAPPED = (*LOAD, "--id-map", "map.csv")
MATRIX = "extract expression study --matrix"
PEOPLE = "entity,name,type,primary_key_type\npatient,patient_id,string,global\n"
BEFORE = (
    ("load", "clinical", "people", "--dictionary", "people.csv", "--data", "patient=patient.csv"),
    ("load", "expression", "cells", "--assay", "rna", "--unit", "count", "--source", "m.csv"),
)
MERGE = ("merge", "assay", "cells", "people", "--as", "both", "--assay", "rna", "--link-file",
         "link.csv")  # fmt: skip
STUDY = {"people.csv": PEOPLE, "patient.csv": "patient_id\nP1\nP2\n", "m.csv": GENES}
GTF = (
    '1\ttest\tgene\t10\t20\t.\t+\t.\tgene_id "{}"; gene_name "{}"; gene_biotype "protein_coding";\n'
)

CASES = (
    Case(
        name="in small letters where the file has capital ones",
        files={"m.csv": SYMBOLS, "map.csv": f"from,to\ntp53,{A}\negfr,{B}\n"},
        command=MAPPED,
        code=12,
        rules={"id_map_nothing": 1},
        says=("none of the 3 ids", "without regard to capital letters it would name 2 of these"),
        on_spark=True,
    ),
    Case(
        name="of a third of the ids",
        files={"m.csv": SYMBOLS, "map.csv": f"from,to\nTP53,{A}\n"},
        command=MAPPED,
        says=("the id map names 1 of 3 ids; 2 are not in it, and are left out",),
        stored={MATRIX: [f"sample_id,{A}", "S1,1", "S2,2"]},
        on_spark=True,
    ),
    Case(
        name="that is whole says so",
        files={"m.csv": SYMBOLS, "map.csv": f"from,to\nTP53,{A}\nEGFR,{B}\nKRAS,ENSG00000000003\n"},
        command=MAPPED,
        says=("the id map names 3 of 3 ids",),
        stored={MATRIX: [f"sample_id,{A},{B},ENSG00000000003", "S1,1,3,5", "S2,2,4,6"]},
    ),
    Case(
        name="with versions that the file lacks",
        files={"m.csv": GENES, "map.csv": f"from,to\n{A}.4,X1\n{B}.2,X2\n"},
        command=(*MAPPED, "--feature-ids", "any"),
        code=12,
        rules={"id_map_nothing": 1},
        says=("without versions behind a point it would name 2 of these",),
    ),
    Case(
        name="with its columns exchanged",
        files={"m.csv": SYMBOLS, "map.csv": f"to,from\n{A},TP53\n{B},EGFR\n"},
        command=MAPPED,
        code=12,
        rules={"id_map_nothing": 1},
        says=("with its columns exchanged it would name 2 of these",),
    ),
    Case(
        name="of other ids altogether",
        files={"m.csv": SYMBOLS, "map.csv": f"from,to\n7157,{A}\n"},
        command=MAPPED,
        code=12,
        rules={"id_map_nothing": 1},
        says=("none of the 3 ids",),
        hides=("it would name",),
    ),
    Case(
        name="of a long file, with several names for one id",
        files={
            "m.csv": "gene,sample,count\nTP53,S1,1\nEGFR,S1,2\nKRAS,S1,3\n",
            "map.csv": f"from,to\nTP53,{A}\nTP53,{B}\nEGFR,{B}\n",
        },
        command=(*MAPPED, "--format", "long"),
        says=("names 1 of 3 ids; 1 are not in it and 1 have several names in it",),
        stored={MATRIX: [f"sample_id,{B}", "S1,2"]},
    ),
    Case(
        name="as an annotation that describes nothing",
        files={"m.csv": GENES, "a.gtf": GTF.format("ENSMUSG00000000001", "Gnai3")},
        command=(*LOAD, "--annotation", "a.gtf"),
        code=12,
        rules={"annotation_nothing": 1},
        says=("describes none of the 2 features",),
    ),
    Case(
        name="as an annotation of a part",
        files={"m.csv": GENES, "a.gtf": GTF.format(A, "TP53")},
        command=(*LOAD, "--annotation", "a.gtf"),
        says=("the annotation describes 1 of 2 features; 1 have no symbol and no place",),
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,1,3", "S2,2,4"]},
    ),
    Case(
        name="as a linking file in small letters",
        files={**STUDY, "link.csv": "sample,person\ns1,P1\ns2,P2\n"},
        before=BEFORE,
        command=MERGE,
        code=12,
        says=("links nothing", "without regard to capital letters 2 would be found"),
        hides=("s1", "P1"),
    ),
    Case(
        name="as a linking file to people in small letters",
        files={**STUDY, "link.csv": "sample,person\nS1,p1\nS2,p2\n"},
        before=BEFORE,
        command=MERGE,
        code=12,
        says=("links nothing", "without regard to capital letters 2 would be found"),
    ),
    Case(
        name="as a linking file with its columns exchanged",
        files={**STUDY, "link.csv": "person,sample\nP1,S1\n"},
        before=BEFORE,
        command=MERGE,
        code=12,
        says=("links nothing",),
    ),
    Case(
        name="as a linking file of a part",
        files={**STUDY, "link.csv": "sample,person\nS1,P1\nS2,P9\n"},
        before=BEFORE,
        command=MERGE,
        says=("samples_matched 1",),
    ),
)
