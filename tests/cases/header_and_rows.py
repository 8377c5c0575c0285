"""Headers that are one cell shorter than the rows: R's row names, or a table that is damaged."""

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source",
        "m.tsv", "--report", "report")  # fmt: skip
MATRIX = "extract expression study --matrix"
ROWS = f"{A}\t1\t2\n{B}\t3\t4\n"
LONGER = f"{A}\t1\t2\t5\n{B}\t3\t4\t6\n"
REFUSED = {"matrix_header": 1}


def refused(name: str, header: str, rows: str = LONGER, *says: str, on_spark: bool = False) -> Case:
    return Case(
        name=name,
        files={"m.tsv": f"{header}\n{rows}"},
        command=LOAD,
        code=10,
        rules=REFUSED,
        says=("line 1", *says),
        on_spark=on_spark,
    )


CASES = (
    Case(
        name="a header of samples alone is R's",
        files={"m.tsv": f"S1\tS2\n{ROWS}"},
        command=LOAD,
        says=("the header has one name less than the rows have cells",),
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,1,3", "S2,2,4"]},
        on_spark=True,
    ),
    Case(
        name="a header of barcodes alone is R's",
        files={"m.tsv": f"TCGA-3X-01A\tTCGA-4G-01A\n{ROWS}"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A},{B}", "TCGA-3X-01A,1,3", "TCGA-4G-01A,2,4"]},
    ),
    Case(
        name="one sample alone is R's",
        files={"m.tsv": f"S1\n{A}\t1\n{B}\t3\n"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,1,3"]},
    ),
    Case(
        name="a turned matrix whose header holds features alone is R's",
        files={"m.tsv": f"{A}\t{B}\nS1\t1\t3\nS2\t2\t4\n"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,1,3", "S2,2,4"]},
    ),
    refused("an id column and a name too few", "Geneid\tS1\tS2", LONGER,
            "names a column of ids", on_spark=True),
    refused("gene_id and a name too few", "gene_id\tS1\tS2"),
    refused("a symbol column and a name too few", "Hugo_Symbol\tS1\tS2"),
    refused("an id in another spelling", "Ensembl.Gene.ID\tS1\tS2"),
    refused("the name of a row", "row.names\tS1\tS2"),
    refused("a name that may be either", "x\tS1\tS2", LONGER, "cannot be told"),
    refused("words that may be either", "WT\tKO", ROWS, "cannot be told"),
    refused("words that differ by case alone", "WT\twt", ROWS, "cannot be told"),
    refused("a name of ids made as the others are", "gene1\tgene2\tgene3", LONGER,
            "names a column of ids"),
    refused("a number alone", "7", f"{A}\t1\n{B}\t3\n", "cannot be told"),
    refused("samples over rows that end with a tab", "S1\tS2", f"{A}\t1\t\n{B}\t3\t\n",
            "the header has 2 columns and the rows below it have 3"),
    Case(
        name="a quantity alone above a file whose sample a manifest names",
        files={"m.tsv": "sample_id\tfile\nS1\tone.tsv\n", "one.tsv": f"count\n{A}\t1\n{B}\t3\n"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,1,3"]},
    ),
    refused("a letter with a number that no sample begins with", "v1\tS1\tS2"),
    refused("a quantity over ids and values", "x\tcount", ROWS),
    refused("a title above a matrix of one sample", "Counts of study X",
            f"gene_id\tS1\n{A}\t1\n"),
    refused("a sample column in a turned matrix", f"sample_id\t{A}", "S1\t1\t3\nS2\t2\t4\n"),
    refused("two names too few", "S1", LONGER),
    Case(
        name="the option decides what may be either",
        files={"m.tsv": f"WT\tKO\n{ROWS}"},
        command=(*LOAD, "--sample-columns", "WT|KO"),
        stored={MATRIX: [f"sample_id,{A},{B}", "KO,2,4", "WT,1,3"]},
    ),
    Case(
        name="an extension refuses it too",
        files={"m.tsv": f"gene_id\tS1\tS2\n{ROWS}", "n.tsv": f"Geneid\tS3\tS4\n{LONGER}"},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.tsv", "--report", "report"),
        code=10,
        rules=REFUSED,
    ),
    Case(
        name="a long file refuses rows that are longer than its header",
        files={"m.tsv": f"gene_id\tsample_id\tvalue\n1\t{A}\tS1\t5\n2\t{B}\tS1\t6\n"},
        command=LOAD,
        code=10,
        rules={"row_length": 2},
    ),
    Case(
        name="a file of a manifest refuses it too",
        files={
            "m.tsv": "sample_id\tfile\nS1\tone.tsv\n",
            "one.tsv": f"gene_id\tcount\n{A}\tx\t1\n{B}\ty\t2\n",
        },
        command=LOAD,
        code=10,
        rules=REFUSED,
    ),
)  # fmt: skip
