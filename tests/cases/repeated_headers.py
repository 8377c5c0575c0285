"""A header that stands again among the rows, as in files that were joined."""

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type\npatient,patient_id,string,global\npatient,note,string,\n"
)
LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--data", "patient=p.csv", "--report",
        "report")  # fmt: skip
EXPRESSION = ("load", "expression", "s", "--assay", "rna", "--unit", "count", "--source", "m.csv",
              "--report", "report")  # fmt: skip
A, B = "ENSG00000000001", "ENSG00000000002"


def joined(name: str, again: str | bytes, *, on_spark: bool = False, times: int = 1) -> Case:
    middle = again if isinstance(again, bytes) else again.encode()
    return Case(
        name=name,
        files={
            "d.csv": DICTIONARY,
            "p.csv": b"patient_id,note\nP1,a\n" + middle + b"\nP2,b\n",
        },
        command=LOAD,
        code=10,
        rules={"header_repeated": times, "dictionary_optional_columns": 1},
        says=("line 3",),
        on_spark=on_spark,
    )


def matrix(name: str, text: str, *more: str) -> Case:
    return Case(
        name=name,
        files={"m.csv": text},
        command=(*EXPRESSION, *more),
        code=10,
        rules={"header_repeated": 1},
        says=("line 3",),
    )


def small(name: str, text: str, command: tuple[str, ...]) -> Case:
    """Return the case of a file that is read whole, with its header again on line 3."""
    return Case(
        name=name,
        files={"d.csv": DICTIONARY, "p.csv": "patient_id,note\nP1,a\n",
               "m.csv": f"gene_id,S1\n{A},3\n", "small.csv": text},
        command=command,
        code=10,
        says=("line 3: the header occurs again",),
    )  # fmt: skip


CASES = (
    joined("behind a byte order mark", "\ufeffpatient_id,note", on_spark=True),
    joined("as it is", "patient_id,note"),
    joined("in quotes behind a byte order mark", '\ufeff"patient_id","note"'),
    joined("with blanks", " patient_id ,note\t"),
    joined("with no-break spaces", "patient_id\u00a0,\u00a0note"),
    joined("with a carriage return", "patient_id,note\r"),
    joined("twice", "patient_id,note\n\ufeffpatient_id,note", times=2),
    joined("behind two marks", "\ufeff\ufeffpatient_id,note"),
    Case(
        name="at the end of the file, without a line feed",
        files={
            "d.csv": DICTIONARY,
            "p.csv": '\ufeffpatient_id,note\nP1,a\n\ufeff"patient_id",note',
        },
        command=LOAD,
        code=10,
        rules={"header_repeated": 1, "dictionary_optional_columns": 1},
    ),
    Case(
        name="in UTF-16",
        files={"d.csv": DICTIONARY,
               "p.csv": "patient_id,note\nP1,a\n".encode("utf-16")
               + "patient_id,note\nP2,b\n".encode("utf-16")},
        command=(*LOAD, "--encoding", "utf-16"),
        code=10,
        rules={"header_repeated": 1, "dictionary_optional_columns": 1},
    ),
    Case(
        name="a name of letters that are composed, decomposed in the second file",
        files={"d.csv": DICTIONARY.replace("type,primary_key_type", "type,primary_key_type,"
                                           "source_column").replace(
                   "global", "global,").replace("note,string,", "note,string,,Gr\u00f6\u00dfe"),
               "p.csv": "patient_id,Gr\u00f6\u00dfe\nP1,a\npatient_id,Gro\u0308\u00dfe\nP2,b\n"},
        command=LOAD,
        code=10,
        rules={"header_repeated": 1, "dictionary_optional_columns": 1},
    ),
    Case(
        name="a row that only holds the names is none",
        files={"d.csv": DICTIONARY, "p.csv": "patient_id,note\nP1,note\npatient_ids,note\n"},
        command=LOAD,
        stored={"extract fields s --fields patient.patient_id,patient.note":
                ["patient.patient_id,patient.note", "P1,note", "patient_ids,note"]},
    ),
    Case(
        name="a byte order mark of a row that is not a header stays",
        files={"d.csv": DICTIONARY, "p.csv": "patient_id,note\nP1,a\nP2,\ufeffnote\n"},
        command=LOAD,
        stored={"extract fields s --fields patient.note": ["patient.note", "a", "\ufeffnote"]},
    ),
    matrix("in a matrix", f"gene_id,1,2\n{A},3,4\ngene_id,1,2\n{B},5,6\n"),
    matrix("in a matrix behind a mark", f'gene_id,1,2\n{A},3,4\n\ufeff"gene_id",1,2\n{B},5,6\n'),
    matrix("in a matrix of any ids", "gene,1,2\nx,3,4\n gene ,1 ,2\ny,5,6\n", "--feature-ids",
           "any"),
    matrix("in a matrix with samples in rows", f"sample,{A},{B}\nS1,3,4\n\ufeffsample,{A},{B}\n"),
    small("in a dictionary",
          "entity,name,type,primary_key_type\npatient,patient_id,string,global\n"
          "\ufeffentity, name,type,primary_key_type\npatient,note,string,\n",
          ("load", "clinical", "s", "--dictionary", "small.csv", *LOAD[5:])),
    small("in codings", "coding_name,code,meaning\nsex,F,Female\n\ufeffcoding_name,code,meaning\n",
          (*LOAD, "--codings", "small.csv")),
    small("in an id map", f"from,to\n{A},{B}\nfrom,to\n",
          (*EXPRESSION, "--id-map", "small.csv")),
    matrix("in a long file", f"gene_id,sample_id,count\n{A},S1,3\ngene_id,sample_id,count\n"),
)  # fmt: skip
