"""Ids and cells of expression files, which may be people's, are in the report alone."""

from tests.support.cases import Case

A, B, T = "ENSG00000000001", "ENSG00000000002", "ENST00000000003"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source", "m.csv",
        "--report", "report")  # fmt: skip
WHO = "MRN-JOHN-SMITH"
PERSON = ("MRN", "JOHN", "SMITH")
MATRIX = "extract expression study --matrix"
PEOPLE = {"d.csv": "entity,name,type,primary_key_type\npatient,pid,integer,global\n",
          "p.csv": "pid\n1\n2\n"}  # fmt: skip
LOAD_PEOPLE = ("load", "clinical", "people", "--dictionary", "d.csv", "--data", "patient=p.csv")


def told(
    name: str,
    text: str,
    rules: dict[str, int],
    code: int = 12,
    *options: str,
    on_spark: bool = False,
    says: tuple[str, ...] = (),
) -> Case:
    return Case(
        name=name,
        files={"m.csv": text},
        command=(*LOAD, *options),
        code=code,
        rules=rules,
        says=says,
        hides=PERSON,
        on_spark=on_spark,
    )


def linked(name: str, text: str, says: tuple[str, ...], code: int) -> Case:
    """Return the case of a file that links samples to people whose key is a number."""
    return Case(
        name=name,
        files={**PEOPLE, "m.csv": f"gene_id,S1,S2\n{A},1,2\n", "link.csv": text},
        before=[LOAD[:9], LOAD_PEOPLE],
        command=("merge", "assay", "study", "people", "--as", "both", "--assay", "rna",
                 "--link-file", "link.csv"),
        code=code,
        says=says,
        hides=PERSON,
    )  # fmt: skip


def mistaken(name: str, option: str) -> Case:
    """Return the case of people without a header in the place of a file that describes them."""
    words = {"--dictionary": "d.csv", option: "n.csv"}
    return Case(
        name=name,
        files={**PEOPLE, "n.csv": f"{WHO}-1,7\n{WHO}-2,8\n"},
        command=("load", "clinical", "people", *(word for each in words.items() for word in each),
                 "--data", "patient=p.csv"),
        code=11,
        says=("is it another file, or its header missing?",),
        hides=PERSON,
    )  # fmt: skip


CASES = (
    mistaken("people in the place of a dictionary", "--dictionary"),
    mistaken("people in the place of codings", "--codings"),
    mistaken("people in the place of entities", "--entities"),
    Case(
        name="people in the place of a list of fields",
        files={**PEOPLE, "n.csv": f"{WHO}-1\n\n{WHO}-2\n"},
        before=[LOAD_PEOPLE],
        command=("extract", "fields", "people", "--fields", "n.csv"),
        code=2,
        says=("2 lines of the list of fields 'n.csv' hold no ENTITY.FIELD: 1, 3.",),
        hides=PERSON,
    ),
    told("people in rows, more of them than genes",
         f",TP53,EGFR\n{WHO}-1,1,2\n{WHO}-2,3,4\n{WHO}-3,5,6\n{WHO}-4,5,6\n",
         {"feature_kind": 2}, on_spark=True, says=("in column 2, 3",)),
    told("people taken for features", f"gene_id,A1,A2\n{WHO}-1,1,2\n{WHO}-2,3,4\n",
         {"feature_kind": 2}, says=("lines 2, 3",)),
    told("people as columns of features", f"sample_id,{WHO}-1,{WHO}-2\nTP53,1,2\nEGFR,3,4\n",
         {"feature_kind": 2}, says=("in column 2, 3",)),
    told("a person twice among the features", f"gene_id,A1,A2\n{WHO},1,2\n{WHO},3,4\n",
         {"feature_repeated": 1}, 12, "--feature-ids", "any"),
    told("a person twice in the header of features", f"sample_id,{WHO},{WHO}\nS1,1,2\n",
         {"feature_repeated": 1}, 12, "--feature-ids", "any"),
    told("a person twice in the header of samples", f"gene_id,{WHO},{WHO}\n{A},1,2\n",
         {"header_repeated_column": 2}, 10, says=("2, 3",)),
    told("a cell of a person", f"gene_id,{WHO}\n{A},{WHO}-X\n{B},1\n",
         {"expression_number": 1}, says=("line 2, column 2",)),
    told("a cell of a turned matrix", f"sample_id,{A}\n{WHO},x\n{WHO}-2,1\n",
         {"expression_number": 1}, says=("line 2, column 2",)),
    told("a cell below a person", f"sample_id,{WHO}-9,TP53\nS1,{WHO}-X,1\nS2,1,1\n",
         {"expression_number": 1}, 12, "--feature-ids", "any", says=("line 2, column 2",)),
    told("long rows of people", f"sample_id,gene_id,value\nS1,{WHO}-1,1\nS1,{WHO}-2,2\n",
         {"feature_kind": 2}, on_spark=True, says=("lines 2, 3",)),
    told("a long cell below a name of its own", f"a,b,{WHO}\n{A},S1,{WHO}-X\n",
         {"expression_number": 1}, 12, "--format", "long", says=("line 2, column 3",)),
    told("ids of two kinds", f"gene_id,S1\n{A},1\n{B},1\n{T},2\n", {"feature_kind": 1},
         says=("line 4",)),
    Case(
        name="a file of a manifest whose header is a person",
        files={"m.csv": f"sample_id,file,{WHO}\nS1,one.csv,x\n",
               "one.csv": f"gene_id,{WHO}\n{A},x\n"},
        command=LOAD,
        code=12,
        rules={"expression_number": 1},
        says=("line 2, column 2",),
        hides=PERSON,
    ),
    Case(
        name="a column of a manifest that is a person",
        files={"m.csv": f"sample_id,file,{WHO}\nS1,one.csv,x\n", "one.csv": f"id,value\n{A},1\n"},
        command=LOAD,
        says=("column 3",),
        hides=PERSON,
        stored={"extract expression study": ["feature_id,sample_id,expression", f"{A},S1,1"]},
    ),
    Case(
        name="columns of text that are people",
        files={"m.csv": f"gene_id,S1,{WHO}-1,{WHO}-2\n{A},1,x,y\n"},
        command=LOAD,
        says=("columns 3, 4",),
        hides=PERSON,
        stored={"extract expression study": ["feature_id,sample_id,expression", f"{A},S1,1"]},
    ),
    Case(
        name="an extension by people in rows",
        files={"m.csv": f"gene_id,S1\n{A},1\n{B},2\n",
               "n.csv": f",TP53,EGFR\n{WHO}-1,1,2\n{WHO}-2,3,4\n{WHO}-3,5,6\n"},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.csv", "--report", "report"),
        code=12,
        rules={"feature_kind": 2, "features_differ": 4},
        hides=PERSON,
    ),
    Case(
        name="a manifest whose columns are exchanged",
        files={"m.csv": f"file,sample_id\n{WHO}-1,one.csv\n{WHO}-2,two.csv\n",
               "one.csv": f"gene_id,count\n{A},1\n", "two.csv": f"gene_id,count\n{A},1\n"},
        command=LOAD,
        code=10,
        rules={"manifest_file": 2},
        says=("a row names a file that is not there", "lines 2, 3"),
        hides=PERSON,
    ),
    Case(
        name="a column of an annotation that is a person",
        files={"m.csv": f"gene_id,S1\n{A},1\n", "a.csv": f"gene_id,symbol,{WHO}\n{A},TP53,x\n"},
        command=(*LOAD, "--annotation", "a.csv"),
        says=("columns of the annotation were not read: column 3",),
        hides=PERSON,
        stored={MATRIX: [f"sample_id,{A}", "S1,1"]},
    ),
    Case(
        name="people in the header of an extension that is refused",
        files={**PEOPLE, "n.csv": f"pid,{WHO}-1,{WHO}-2\nage,61,70\n"},
        before=[LOAD_PEOPLE],
        command=("extend", "people", "--data", "patient=n.csv"),
        code=12,
        hides=(*PERSON, "inferred dictionary"),
    ),
    Case(
        name="people in the header of an extension whose rows nobody has",
        files={**PEOPLE, "n.csv": f"pid,{WHO}-1,{WHO}-2\n7,61,70\n"},
        before=[LOAD_PEOPLE],
        command=("extend", "people", "--data", "patient=n.csv", "--dry-run"),
        code=12,
        hides=(*PERSON, "inferred dictionary"),
    ),
    linked("a linking file without a header, a person twice in its first line",
           f"{WHO},{WHO}\nS1,1\n", ("is the header missing?",), 10),
    linked("a linking file without a header whose people are not numbers",
           f"S1,{WHO}\nS2,{WHO}-2\n", ("line 2, column 2",), 12),
)  # fmt: skip
