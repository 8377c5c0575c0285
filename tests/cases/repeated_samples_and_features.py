"""A sample twice in a header is a wrong header; a feature twice is joined where that is asked."""

from collections.abc import Mapping, Sequence

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source", "m.csv",
        "--report", "report")  # fmt: skip
MATRIX = "extract expression study --matrix"
DOWN = f"gene_id,S1,S2\n{A},1,2\n{A}.2,3,4\n{B},5,6\n"
ACROSS = f"sample_id,{A},{A}.2,{B}\nS1,1,3,5\nS2,2,4,6\n"
LONG = "gene_id,sample_id,count\n" + "".join(
    f"{gene},S{number},{value}\n"
    for gene, values in ((A, "12"), (f"{A}.2", "34"), (B, "56"))
    for number, value in enumerate(values, start=1)
)
JOINED: Mapping[str, Sequence[str]] = {
    "sum": [f"sample_id,{A},{B}", "S1,4,5", "S2,6,6"],
    "mean": [f"sample_id,{A},{B}", "S1,2,5", "S2,3,6"],
    "first": [f"sample_id,{A},{B}", "S1,1,5", "S2,2,6"],
}
TEXTS = {"rows": DOWN, "a header": ACROSS, "long rows": LONG}

CASES = (
    *(
        Case(
            name=f"a feature twice in {place}, joined by {rule}",
            files={"m.csv": text},
            command=(*LOAD, "--on-duplicate", rule),
            stored={MATRIX: lines},
            on_spark=rule == "sum",
        )
        for place, text in TEXTS.items()
        for rule, lines in JOINED.items()
    ),
    Case(
        name="a feature twice in rows",
        files={"m.csv": DOWN},
        command=LOAD,
        code=12,
        rules={"feature_repeated": 1},
        says=("line 3", "--on-duplicate"),
    ),
    Case(
        name="a feature twice in a header",
        files={"m.csv": ACROSS},
        command=LOAD,
        code=12,
        rules={"feature_repeated": 1},
        says=("column 3", "--on-duplicate"),
    ),
    Case(
        name="what was joined is told",
        files={"m.csv": ACROSS},
        command=(*LOAD, "--on-duplicate", "sum"),
        says=("1 features occur more than once", "--on-duplicate sum"),
        stored={MATRIX: JOINED["sum"]},
    ),
    Case(
        name="a sample twice in a header",
        files={"m.csv": f"gene_id,S1,S1\n{A},1,2\n"},
        command=LOAD,
        code=10,
        rules={"header_repeated_column": 2},
        on_spark=True,
    ),
    Case(
        name="a sample twice in R's header",
        files={"m.csv": f"S1,S2,S1\n{A},1,2,3\n"},
        command=LOAD,
        code=10,
        rules={"header_repeated_column": 2},
    ),
    Case(
        name="a sample twice once the blanks around it are gone",
        files={"m.csv": f"gene_id,S1, S1\n{A},1,2\n"},
        command=LOAD,
        code=10,
        rules={"header_repeated_column": 2},
    ),
    Case(
        name="two alignments of one sample",
        files={
            "m.csv": "Geneid,Chr,Start,End,Strand,Length,a/S1.bam,b/S1.bam\n"
            f"{A},1,1,2,+,2,1,2\n"
        },
        command=LOAD,
        code=10,
        rules={"header_repeated_column": 2},
    ),
    Case(
        name="a sample twice in rows",
        files={"m.csv": f"sample_id,{A}\nS1,1\nS1,2\n"},
        command=LOAD,
        code=12,
        rules={"sample_repeated": 1},
    ),
    Case(
        name="a sample twice in the header of an extension",
        files={"m.csv": f"gene_id,S1\n{A},1\n", "n.csv": f"gene_id,S2,S2\n{A},1,2\n"},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.csv", "--report", "report"),
        code=10,
        rules={"header_repeated_column": 2},
    ),
    Case(
        name="a feature twice in the header of an extension is joined",
        files={"m.csv": f"gene_id,S0\n{A},1\n{B},1\n", "n.csv": ACROSS},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.csv", "--on-duplicate",
                 "sum"),
        stored={MATRIX: [JOINED["sum"][0], "S0,1,1", *JOINED["sum"][1:]]},
    ),
    *(
        Case(
            name=f"samples that look alike in {place}",
            files={"m.csv": text},
            command=LOAD,
            code=12,
            rules={"key_lookalike": 2},
            on_spark=place == "rows",
        )
        for place, text in {
            "rows": f"sample_id,{A}\nS1,1\nS1 ,2\n",
            "a header": f"gene_id,S1,S\u200b1\n{A},1,2\n",
            "long rows": f"gene_id,sample_id,count\n{A},S1,1\n{A},S\u00a01,2\n{A},S 1,3\n",
        }.items()
    ),
    Case(
        name="samples that look alike in a manifest",
        files={"m.csv": "sample_id,file\ne\u0301,one.csv\n\u00e9,two.csv\n",
               "one.csv": f"id,value\n{A},1\n", "two.csv": f"id,value\n{A},2\n"},
        command=LOAD,
        code=12,
        rules={"key_lookalike": 2},
    ),
    Case(
        name="an added sample that looks like one of the assay",
        files={"m.csv": f"gene_id,S1\n{A},1\n", "n.csv": f"gene_id,S\u200b1\n{A},1\n"},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.csv", "--report", "report"),
        code=12,
        rules={"key_lookalike": 1},
    ),
)  # fmt: skip
