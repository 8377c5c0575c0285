"""Whole numbers up to 64 bits: exact to the last digit, or refused."""

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
LONG, MOST, LEAST = "9007199254740993", "9223372036854775807", "-9223372036854775807"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source", "m.csv",
        "--report", "report")  # fmt: skip
SCORES = tuple("other:score" if each == "count" else each for each in LOAD)
MATRIX = "extract expression study --matrix"
PAIRS = "extract expression study"
HEADER = "feature_id,sample_id,expression"
FIELDS = (
    "entity,name,type,primary_key_type\npatient,patient_id,integer,global\npatient,n,integer,\n"
)
PATIENTS = f"patient_id,n\n{LONG},{MOST}\n9007199254740992,\n"
CLINICAL = (
    ("load", "clinical", "people", "--dictionary", "f.csv", "--data", "patient=p.csv"),
)  # fmt: skip
PEOPLE = {"f.csv": FIELDS, "p.csv": PATIENTS}


def _filter(least: str) -> str:
    given = f'{{"annotation":{{"feature_id":["{A}"]}},"expression":{{"min_value":{least}}}}}'
    return f"extract expression study --filter-json {given}"


CASES = (
    Case(
        name="a count that no double holds",
        files={"m.csv": f"gene_id,S1,S2\n{A},{LONG},1\n{B},,{MOST}\n"},
        command=LOAD,
        rules={},
        stored={
            MATRIX: [f"sample_id,{A},{B}", f"S1,{LONG},", f"S2,1,{MOST}"],
            PAIRS: [
                "feature_id,sample_id,expression",
                f"{A},S1,{LONG}",
                f"{A},S2,1",
                f"{B},S2,{MOST}",
            ],
            _filter(LONG): [HEADER, f"{A},S1,{LONG}"],
            _filter("9007199254740994"): [HEADER],
        },
        on_spark=True,
    ),
    Case(
        name="a score below zero, turned",
        files={"m.csv": f"sample_id,{A},{B}\nS1,{LEAST},2\nS2,1,\n"},
        command=SCORES,
        stored={MATRIX: [f"sample_id,{A},{B}", f"S1,{LEAST},2", "S2,1,"]},
    ),
    Case(
        name="a long file",
        files={"m.csv": f"gene,sample,count\n{A},S1,{LONG}\n{A},S2,5\n{B},S2,{MOST}\n"},
        command=(*LOAD, "--format", "long"),
        stored={MATRIX: [f"sample_id,{A},{B}", f"S1,{LONG},", f"S2,5,{MOST}"]},
        on_spark=True,
    ),
    Case(
        name="files of one sample each",
        files={
            "m.csv": "sample_id,file\nS1,one.tsv\nS2,two.tsv\n",
            "one.tsv": f"gene_id\tcount\n{A}\t{LONG}\n{B}\t2\n",
            "two.tsv": f"gene_id\tcount\n{A}\t3\n{B}\t{MOST}\n",
        },
        command=(*LOAD, "--format", "manifest"),
        stored={MATRIX: [f"sample_id,{A},{B}", f"S1,{LONG},2", f"S2,3,{MOST}"]},
    ),
    Case(
        name="with a point and zeros, or an exponent",
        files={"m.csv": f"gene_id,S1,S2\n{A},{LONG}.0,9.007199254740993e15\n{B},1e3,7\n"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A},{B}", f"S1,{LONG},1000", f"S2,{LONG},7"]},
    ),
    Case(
        name="a measured value with an exponent beside fractions",
        files={"m.csv": f"gene_id,S1,S2\n{A},-3.92850495262325e+16,0.5\n{B},1,7\n"},
        command=SCORES,
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,-3.92850495262325e+16,1.0", "S2,0.5,7.0"]},
    ),
    Case(
        name="a fraction that a double would lose",
        files={"m.csv": f"gene_id,S1,S2\n{A},{LONG}.5,1\n{B},1125899906842624.01,1\n"},
        command=LOAD,
        code=12,
        rules={"expression_fraction": 2},
    ),
    Case(
        name="more than 64 bits",
        files={"m.csv": f"gene_id,S1,S2\n{A},9223372036854775808,1\n{B},18446744073709551615,1\n"},
        command=LOAD,
        code=12,
        rules={"expression_inexact": 2},
    ),
    Case(
        name="beside fractions, which nothing holds",
        files={"m.csv": f"gene_id,S1,S2\n{A},{LONG},1\n{B},0.25,1\n"},
        command=SCORES,
        code=12,
        rules={"expression_inexact": 1},
    ),
    Case(
        name="beside fractions in a long file",
        files={"m.csv": f"gene,sample,score\n{A},S1,{LONG}\n{B},S1,0.25\n"},
        command=(*SCORES, "--format", "long"),
        code=12,
        rules={"expression_inexact": 1},
    ),
    Case(
        name="a sum of repeated features that a double would lose",
        files={"m.csv": f"gene_id,S1\n{A}.1,9007199254740992\n{A}.2,1\n{B},1\n"},
        command=(*LOAD, "--on-duplicate", "sum"),
        stored={MATRIX: [f"sample_id,{A},{B}", f"S1,{LONG},1"]},
        on_spark=True,
    ),
    Case(
        name="a sum of more than 64 bits",
        files={"m.csv": f"gene_id,S1\n{A}.1,{MOST}\n{A}.2,1\n{B},1\n"},
        command=(*LOAD, "--on-duplicate", "sum"),
        code=12,
        says=("more than 64 bits", "--on-duplicate first or mean"),
    ),
    Case(
        name="more samples for an assay",
        files={"m.csv": f"gene_id,S1\n{A},1\n{B},2\n", "n.csv": f"gene_id,S2\n{A},{LONG}\n{B},3\n"},
        before=(LOAD[:-2],),
        command=("extend", "study", "--assay", "rna", "--source", "n.csv"),
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,1,2", f"S2,{LONG},3"]},
    ),
    Case(
        name="fractions for an assay of long numbers",
        files={
            "m.csv": f"gene_id,S1\n{A},{LONG}\n{B},2\n",
            "n.csv": f"gene_id,S2\n{A},0.5\n{B},3\n",
        },
        before=(SCORES[:-2],),
        command=("extend", "study", "--assay", "rna", "--source", "n.csv"),
        code=12,
        says=("Nothing holds both to the last digit",),
        stored={MATRIX: [f"sample_id,{A},{B}", f"S1,{LONG},2"]},
    ),
    Case(
        name="in AnnData beside missing values",
        files={"m.csv": f"gene_id,S1,S2\n{A},{LONG},1\n{B},,2\n"},
        before=(LOAD[:-2],),
        command=("extract", "expression", "study", "--matrix", "-o", "out.h5ad"),
        code=2,
        says=("1 values are whole numbers of more than 15 digits",),
    ),
    Case(
        name="a key of people in a filter",
        files=PEOPLE,
        before=CLINICAL,
        command=("view", "people", "--as", "one", "--rows", f"patient.patient_id = {LONG}"),
        stored={
            "extract fields one --fields patient.patient_id,patient.n": [
                "patient.patient_id,patient.n",
                f"{LONG},{MOST}",
            ],
        },
    ),
)
