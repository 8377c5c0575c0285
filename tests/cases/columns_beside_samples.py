"""Columns of a matrix that are not samples: known by name, suspected by content, chosen by hand."""

from tests.support.cases import Case

A, B, C = "ENSG00000000001", "ENSG00000000002", "ENSG00000000003"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "tpm", "--source", "m.csv",
        "--report", "report")  # fmt: skip
ANY = (*LOAD, "--feature-ids", "any")
MATRIX = "extract expression study --matrix"
TWO = [f"sample_id,{A},{B}", "S1,5,7"]


def known(name: str, column: str, cells: tuple[str, str], *, on_spark: bool = False) -> Case:
    """A column that is left out with its name in a note."""
    return Case(
        name=name,
        files={"m.csv": f"gene_id,{column},S1\n{A},{cells[0]},5\n{B},{cells[1]},7\n"},
        command=LOAD,
        says=("note: ", f"'{column}'", "--sample-columns"),
        stored={MATRIX: TWO},
        on_spark=on_spark,
    )


def suspected(name: str, rows: str, column: int) -> Case:
    """A column that is refused by its number; its header is in the report alone."""
    return Case(
        name=name,
        files={"m.csv": rows},
        command=LOAD,
        code=10,
        rules={"matrix_header": 1},
        says=(f"column {column} ", "--sample-columns"),
        hides=("where",),
    )


def misspelt(name: str, first: str, second: str, *, on_spark: bool = False) -> Case:
    """A column of values that cannot be read as numbers: it is not text that is left out."""
    return Case(
        name=name,
        files={"m.csv": f"gene_id,where,S1\n{A},{first},5\n{B},{second},7\n"},
        command=LOAD,
        code=10,
        rules={"matrix_header": 1},
        says=("column 2 holds numbers that cannot be read", "--sample-columns"),
        hides=("where",),
        on_spark=on_spark,
    )


RISING = "\n".join(f"ENSG0000000{n:04d},{n * 3},{(n * 7) % 5},{(n * 3) % 4}" for n in range(1, 13))
CHOSEN = {"m.csv": f"gene_id,where,S1,S2\n{A},7661779,5,6\n{B},55019017,7,8\n"}
BOTH = [f"sample_id,{A},{B}", "S1,5,7", "S2,6,8"]
OPTION = ("--sample-columns",)
SHUFFLED = [(n * 23) % 61 for n in range(1, 61)]

CASES = (
    Case(
        name="an Entrez id beside symbols",
        files={"m.csv": "Hugo_Symbol,Entrez_Gene_Id,P1\nTP53,7157,5.5\nEGFR,1956,2\n"},
        command=ANY,
        says=("'Entrez_Gene_Id'",),
        stored={MATRIX: ["sample_id,EGFR,TP53", "P1,2.0,5.5"]},
        on_spark=True,
    ),
    Case(
        name="ids and positions of BioMart",
        files={"m.csv": "ensembl_gene_id,entrezgene_id,start_position,S1\n"
                        f"{A},7157,7661779,5\n{B},1956,55019017,7\n"},
        command=LOAD,
        says=("'entrezgene_id', 'start_position'",),
        stored={MATRIX: TWO},
    ),
    known("the length of a gene", "Gene.Length", ("1200", "800")),
    known("gc content", "%GC content", ("41.5", "39")),
    known("a gene's start in BioMart", "Gene start (bp)", ("7661779", "55019017")),
    known("versions", "gene_version", ("3", "12")),
    known("levels", "level", ("1", "2")),
    known("a mean", "baseMean", ("100.5", "7")),
    known("a column without name", "Unnamed: 0", ("0", "1")),
    known("row numbers", "row_number", ("1", "2")),
    known("a sum", "Total", ("12", "7")),
    known("a deviation", "sd", ("0.5", "1")),
    known("a p value", "padj", ("0.5", "0.01")),
    misspelt("decimal commas", "\"1,5\"", "\"12,25\""),
    misspelt("thousands separated by commas", "\"1,000\"", "\"12,345,678.5\"", on_spark=True),
    misspelt("thousands separated by blanks", "1 000", "12\u00a0000"),
    misspelt("shares", "12%", "7 %"),
    misspelt("limits of detection", "<5", ">=100"),
    misspelt("hexadecimal numbers", "0x1F", "0x2A"),
    misspelt("one value, and one that is missing", "\"1,5\"", "NA"),
    Case(
        name="all values with decimal commas",
        files={"m.csv": f"gene_id;S1\n{A};1,5\n{B};2,25\n"},
        command=(*LOAD, "--delimiter", ";"),
        code=10,
        rules={"source_format": 1, "matrix_header": 1},
        says=("a decimal comma", "column 2 "),
    ),
    known("symbols with a comma", "alias", ("\"BCC7,LFS1\"", "\"HER1,1\"")),
    Case(
        name="numbers of enzymes are texts",
        files={"m.csv": f"gene_id,S1,EC\n{A},5,1.14.13.39\n{B},7,2.7.1.1\n"},
        command=LOAD,
        says=("column 3",),
        stored={MATRIX: TWO},
    ),
    Case(
        name="a text of unknown name is told by its number",
        files={"m.csv": f"gene_id,S1,MRN-2\n{A},5,x\n{B},7,y\n"},
        command=LOAD,
        says=("column 3", "--sample-columns"),
        hides=("MRN-2",),
        stored={MATRIX: TWO},
    ),
    Case(
        name="fields of samples in a turned matrix",
        files={"m.csv": "sample_id,age,batch,TP53,EGFR\nS1,61,2,5,6\nS2,50,1,7,8\n"},
        command=ANY,
        says=("'age', 'batch'",),
        stored={MATRIX: ["sample_id,EGFR,TP53", "S1,6,5", "S2,8,7"]},
    ),
    Case(
        name="counts that rise in all samples are values",
        files={"m.csv": "gene_id,S1,S2\n" + "".join(
            f"ENSG{n:011d},{n * 3},{n * 4}\n" for n in range(1, 10))},
        command=LOAD,
        stored={"extract expression study --dry-run": []},
    ),
    Case(
        name="numbers of their own order beside samples that agree",
        files={"m.csv": "gene_id,S1,S2,S3,where\n" + "".join(
            f"ENSG{n:011d},{n // 3},{n // 2},{n // 4},{(n * 37) % 61 + 1}\n" for n in SHUFFLED)},
        command=LOAD,
        code=10,
        rules={"matrix_header": 1},
        says=("column 5 ", "nothing to do with those of the other columns"),
        hides=("where",),
    ),
    Case(
        name="row numbers of pandas before the ids",
        files={"m.csv": ",gene_id,S1\n0,TP53,5\n1,EGFR,7\n2,A1BG,1\n"},
        command=ANY,
        says=("feature ids were taken from column 'gene_id'",),
        stored={MATRIX: ["sample_id,A1BG,EGFR,TP53", "S1,1,7,5"]},
    ),
    Case(
        name="row numbers of pandas before the samples",
        files={"m.csv": f",sample_id,{A},{B}\n0,S7,5,7\n1,S8,6,8\n"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A},{B}", "S7,5,7", "S8,6,8"]},
    ),
    Case(
        name="row numbers in place of the ids",
        files={"m.csv": ",S1,S2\n0,5,6\n1,7,8\n2,9,1\n"},
        command=ANY,
        code=10,
        rules={"source_format": 1},
        says=("numbers the rows",),
    ),
    Case(
        name="attributes of featureCounts",
        files={"m.csv": "Geneid,Chr,Start,End,Strand,Length,gene_version,own,S1.bam\n"
                        f"{A},1,5,9,+,5,3,x,5\n{B},1,5,9,+,5,3,y,7\n"},
        command=LOAD,
        says=("'gene_version'", "column 8"),
        hides=("own",),
        stored={MATRIX: TWO},
    ),
    suspected("whole positions", CHOSEN["m.csv"], 2),
    suspected("ids beside fractions",
              f"gene_id,S1,where,S2\n{A},0.5,672,1.5\n{B},2,7157,3.25\n{C},1,1956,2\n", 3),
    suspected("numbers that rise", f"gene_id,where,S1,S2\n{RISING}\n", 2),
    suspected("positions behind the samples",
              f"gene_id,S1,S2,where\n{A},5,6,7661779\n{B},7,8,55019017\n", 4),
    Case(
        name="an expression chooses the samples",
        files=CHOSEN,
        command=(*LOAD, *OPTION, "^S"),
        says=("--sample-columns took 2 columns for samples; left out: column 2",),
        hides=("where",),
        stored={MATRIX: BOTH},
        on_spark=True,
    ),
    Case(
        name="a file chooses the samples",
        files={**CHOSEN, "names.txt": "S2\nS1\n"},
        command=(*LOAD, *OPTION, "names.txt"),
        stored={MATRIX: BOTH},
    ),
    Case(
        name="what is suspected may be chosen",
        files=CHOSEN,
        command=(*LOAD, *OPTION, "where|S1"),
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,5,7", "where,7661779,55019017"]},
    ),
    Case(
        name="a file names a column that is not there",
        files={**CHOSEN, "names.txt": "S1\nMRN-9\n"},
        command=(*LOAD, *OPTION, "names.txt"),
        code=10,
        rules={"matrix_header": 1},
        hides=("MRN-9",),
    ),
    Case(
        name="an expression that takes every column",
        files=CHOSEN,
        command=(*LOAD, *OPTION, "."),
        code=10,
        rules={"matrix_header": 1},
        says=("none is left for the ids",),
    ),
    Case(
        name="a file of names that is not text",
        files={**CHOSEN, "names.csv": b"S1\nS\xff\n"},
        command=(*LOAD, *OPTION, "names.csv"),
        code=10,
        says=("Cannot read the sample columns in names.csv. It is not UTF-8 text.",),
    ),
    Case(
        name="an expression that finds nothing",
        files=CHOSEN,
        command=(*LOAD, *OPTION, "^T"),
        code=10,
        rules={"matrix_header": 1},
    ),
    Case(
        name="an expression that is none",
        files=CHOSEN,
        command=(*LOAD, *OPTION, "("),
        code=2,
    ),
    Case(
        name="the option beside a turned matrix",
        files={"m.csv": f"sample_id,{A},{B}\nS1,5,7\n"},
        command=(*LOAD, *OPTION, "ENSG"),
        code=10,
        rules={"source_format": 1},
    ),
    Case(
        name="the option beside a long file",
        files={"m.csv": f"gene_id,sample_id,value\n{A},S1,5\n"},
        command=(*LOAD, *OPTION, "S"),
        code=10,
        rules={"source_format": 1},
    ),
    Case(
        name="a dry run tells the first and last sample column",
        files={"m.csv": f"gene_id,length,S1,S2,note\n{A},9,5,6,x\n{B},8,7,8,y\n"},
        command=(*LOAD, "--dry-run"),
        says=("2 samples and 2 features",
              "m.csv: 2 sample columns, the first is column 3 and the last is column 4"),
    ),
    Case(
        name="a dry run of a turned matrix tells its feature columns",
        files={"m.csv": f"sample_id,age,{A},{B}\nS1,61,5,6\nS2,50,7,8\n"},
        command=(*LOAD, "--dry-run"),
        says=("2 samples and 2 features", "the first is column 3 and the last is column 4"),
    ),
    Case(
        name="an extension leaves the same columns out",
        files={"m.csv": f"gene_id,S1\n{A},5\n{B},7\n",
               "n.csv": f"gene_id,Entrez.ID,where,S2\n{A},1,7661779,6\n{B},2,55019017,8\n"},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.csv", *OPTION, "^S"),
        says=("'Entrez.ID' and column 3",),
        stored={MATRIX: BOTH},
        on_spark=True,
    ),
    Case(
        name="an extension refuses what is suspected",
        files={"m.csv": f"gene_id,S1\n{A},5\n{B},7\n",
               "n.csv": f"gene_id,where,S2\n{A},7661779,6\n{B},55019017,8\n"},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.csv", "--report", "report"),
        code=10,
        rules={"matrix_header": 1},
    ),
)  # fmt: skip
