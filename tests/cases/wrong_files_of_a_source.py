"""Several wrong files in one source: each is named with its own counts."""

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
MANIFEST = "sample_id,file\nS1,one.csv\nS2,two.csv\nS3,three.csv\n"
GOOD = f"gene_id,value\n{A},1\n{B},2\n"
SALMON = "Name\tLength\tEffectiveLength\tTPM\tNumReads\n"


def load(unit: str, *sources: str) -> tuple[str, ...]:
    given = [word for each in sources for word in ("--source", each)]
    return ("load", "expression", "study", "--assay", "rna", "--unit", unit, *given,
            "--report", "report")  # fmt: skip


CASES = (
    Case(
        name="cells of two files of a manifest",
        files={"m.csv": MANIFEST, "one.csv": f"gene_id,value\n{A},x\n{B},y\n", "two.csv": GOOD,
               "three.csv": f"gene_id,value\n{A},1\n{B},z\n"},
        command=load("count", "m.csv"),
        code=12,
        rules={"expression_number": 3},
        says=("one.csv: line 2, column 2", "(expression_number), 2 times", "three.csv: line 3",
              "(expression_number), once"),
        on_spark=True,
    ),
    Case(
        name="cells of two files in a folder of outputs",
        files={f"q/S{n}/quant.sf": f"{SALMON}{A}\t1\t1\tx\t1\n{B}\t1\t1\t{last}\t1\n"
               for n, last in ((1, "y"), (2, "1"))},
        command=load("tpm", "q"),
        code=12,
        rules={"expression_number": 3},
        says=("q/S1/quant.sf: line 2, column 4", "2 times", "q/S2/quant.sf: line 2", "once"),
        on_spark=True,
    ),
    Case(
        name="rows of wrong length in two files",
        files={"m.csv": MANIFEST, "one.csv": f"{GOOD}{A},1,1\n", "two.csv": f"{GOOD}{A}\n{B}\n",
               "three.csv": GOOD},
        command=load("count", "m.csv"),
        code=10,
        rules={"row_length": 3},
        says=("one.csv: line 4", "two.csv: line 4", "lines 4, 5"),
    ),
    Case(
        name="repeated features in two files",
        files={"m.csv": MANIFEST, "one.csv": f"{GOOD}{A},1\n", "two.csv": f"{GOOD}{A},1\n{B},1\n",
               "three.csv": GOOD},
        command=load("count", "m.csv"),
        code=12,
        rules={"feature_repeated": 3},
        says=("one.csv: line 4", "two.csv: line 4", "2 times"),
    ),
    Case(
        name="negative counts and fractions",
        files={"m.csv": MANIFEST, "one.csv": GOOD.replace(",1", ",-1"),
               "two.csv": GOOD.replace(",1", ",0.5"), "three.csv": GOOD.replace(",2", ",-2")},
        command=load("count", "m.csv"),
        code=12,
        rules={"expression_negative": 2, "expression_fraction": 1},
        says=("one.csv: line 2, column 2: a value is below zero",
              "two.csv: line 2, column 2: a count has a fraction", "three.csv: line 3"),
        hides=("not so",),
    ),
    Case(
        name="cells of two matrices",
        files={"a.csv": f"gene_id,S1\n{A},x\n{B},1\n", "b.csv": f"gene_id,S2\n{A},1\n{B},y\n"},
        command=load("count", "a.csv", "b.csv"),
        code=12,
        rules={"expression_number": 2},
        says=("a.csv: line 2, column 2", "b.csv: line 3, column 2"),
    ),
    Case(
        name="ids of two long files",
        files={"a.csv": f"gene_id,sample_id,value\n{A},S1,1\nTP53,S1,1\n",
               "b.csv": f"gene_id,sample_id,value\n{A},S2,1\nEGFR,S2,1\nA1BG,S2,1\n"},
        command=load("count", "a.csv", "b.csv"),
        code=12,
        rules={"feature_kind": 3},
        says=("a.csv: line 3", "b.csv: line 3", "lines 3, 4"),
    ),
    Case(
        name="samples without id in two long files",
        files={"a.csv": f"gene_id,sample_id,value\n{A},S1,1\n{B},,1\n",
               "b.csv": f"gene_id,sample_id,value\n{A}, ,1\n"},
        command=load("count", "a.csv", "b.csv"),
        code=12,
        rules={"key_missing": 2},
        says=("a.csv: line 3", "b.csv: line 2"),
    ),
    Case(
        name="samples without id in a turned matrix",
        files={"a.csv": f"sample_id,{A}\nS1,1\n,1\n", "b.csv": f"sample_id,{A}\n,1\nS2,1\n ,1\n"},
        command=load("count", "a.csv", "b.csv"),
        code=12,
        rules={"key_missing": 3},
        says=("a.csv: line 3", "b.csv: line 2", "lines 2, 4"),
    ),
    Case(
        name="an extension by two wrong files",
        files={"m.csv": "sample_id,file\nS0,zero.csv\n", "zero.csv": GOOD, "n.csv": MANIFEST,
               "one.csv": GOOD.replace(",1", ",x"), "two.csv": GOOD,
               "three.csv": GOOD.replace(",1", ",y").replace(",2", ",z")},
        before=[load("count", "m.csv")[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.csv", "--report", "report"),
        code=12,
        rules={"expression_number": 3},
        says=("one.csv: line 2", "three.csv: line 2", "2 times"),
    ),
)  # fmt: skip
