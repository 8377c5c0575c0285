"""Files of expression without a header, and headers that name no sample."""

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source", "m.tsv",
        "--report", "report")  # fmt: skip
ANY = (*LOAD, "--feature-ids", "any")
MATRIX = "extract expression study --matrix"
BARE = {"m.tsv": "g1\t5\t7\ng2\t1\t2\n"}
ONE = [f"sample_id,{A},{B}", "S1,5,7"]
HEADLESS = {"matrix_header": 1}


def quantity(word: str, *, on_spark: bool = False) -> Case:
    return Case(
        name=f"a header that names {word}",
        files={"m.tsv": f"gene_id\t{word}\n{A}\t5\n{B}\t7\n"},
        command=LOAD,
        code=10,
        rules=HEADLESS,
        says=("column 2", "manifest", "--samples"),
        on_spark=on_spark,
    )


def htseq(name: str, text: str, *options: str, on_spark: bool = False) -> Case:
    return Case(
        name=name,
        files={"S1.txt": text},
        command=("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source",
                 "S1.txt", *options),
        stored={MATRIX: ONE},
        on_spark=on_spark,
    )  # fmt: skip


CASES = (
    Case(
        name="a first row of numbers under any ids",
        files=BARE,
        command=ANY,
        code=10,
        rules=HEADLESS,
        says=("--no-header", "--samples", "manifest"),
        on_spark=True,
    ),
    Case(
        name="a first row of numbers with a missing one",
        files={"m.tsv": "g1\tNA\t7\ng2\t1\t2\n"},
        command=ANY,
        code=10,
        rules=HEADLESS,
    ),
    Case(
        name="a first row of a long file",
        files={"m.tsv": "g1\tS1\t7\ng2\tS1\t2\n"},
        command=ANY,
        code=10,
        rules=HEADLESS,
        hides=("S1",),
    ),
    Case(
        name="a first row under Ensembl ids",
        files={"m.tsv": f"{A}\t5\t7\n{B}\t1\t2\n"},
        command=LOAD,
        code=10,
        rules=HEADLESS,
        says=("--no-header",),
    ),
    Case(
        name="a first row of a turned matrix",
        files={"m.tsv": "P1\t5\t7\nP2\t1\t2\n"},
        command=ANY,
        code=10,
        rules=HEADLESS,
        hides=("P1", "P2"),
    ),
    Case(
        name="numbers that are samples below a name of ids",
        files={"m.tsv": f"gene_id\t101\t102\n{A}\t5\t7\n"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A}", "101,5", "102,7"]},
    ),
    Case(
        name="a list names the samples",
        files=BARE,
        command=(*ANY, "--no-header", "--samples", "S2, S1"),
        stored={MATRIX: ["sample_id,g1,g2", "S1,7,2", "S2,5,1"]},
        on_spark=True,
    ),
    Case(
        name="a list that is too long",
        files=BARE,
        command=(*ANY, "--no-header", "--samples", "S1,S2,S3"),
        code=10,
        rules=HEADLESS,
        says=("3 samples", "2 columns"),
    ),
    Case(
        name="a list that names a sample twice",
        files=BARE,
        command=(*ANY, "--no-header", "--samples", "S1,S1"),
        code=2,
    ),
    Case(
        name="no header and no names",
        files=BARE,
        command=(*ANY, "--no-header"),
        code=10,
        rules=HEADLESS,
        says=("--samples", "manifest"),
    ),
    Case(
        name="a manifest names the samples of files without header",
        files={"m.tsv": "sample_id\tfile\nS1\ta.tsv\nS2\tb.tsv\n",
               "a.tsv": f"{A}\t5\n{B}\t7\n", "b.tsv": f"{A}\t6\n{B}\t8\n"},
        command=(*LOAD, "--no-header"),
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,5,7", "S2,6,8"]},
        on_spark=True,
    ),
    Case(
        name="files of a manifest without header need the option",
        files={"m.tsv": "sample_id\tfile\nS1\ta.tsv\n", "a.tsv": f"{A}\t5\n{B}\t7\n"},
        command=LOAD,
        code=10,
        rules=HEADLESS,
        says=("--no-header",),
    ),
    Case(
        name="a byte order mark before the first row",
        files={"m.tsv": "\ufeffg1\t5\t7\ng2\t1\t2\n"},
        command=(*ANY, "--no-header", "--samples", "S1,S2"),
        stored={MATRIX: ["sample_id,g1,g2", "S1,5,1", "S2,7,2"]},
    ),
    Case(
        name="rows of htseq-count over several alignments",
        files={"m.tsv": f"{A}\t5\t6\n{B}\t7\t8\n__no_feature\t1\t2\n"},
        command=(*LOAD, "--no-header", "--samples", "S1,S2"),
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,5,7", "S2,6,8"]},
    ),
    Case(
        name="an extension by a list of samples",
        files={"m.tsv": f"gene_id\tS1\n{A}\t5\n{B}\t7\n", "n.tsv": f"{A}\t6\n{B}\t8\n"},
        before=[LOAD[:9]],
        command=("extend", "study", "--assay", "rna", "--source", "n.tsv", "--no-header",
                 "--samples", "S2"),
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,5,7", "S2,6,8"]},
    ),
    *(quantity(word, on_spark=word == "count") for word in ("count", "TPM", "fpkm", "NumReads",
      "value", "expression", "raw_count", "Read Counts", "expected_count", "FPKM-UQ")),
    Case(
        name="a quantity beside a sample",
        files={"m.tsv": f"gene_id\tS1\tcount\n{A}\t5\t1\n{B}\t7\t2\n"},
        command=LOAD,
        code=10,
        rules=HEADLESS,
        says=("column 3",),
    ),
    Case(
        name="a list names the sample of a quantity",
        files={"m.tsv": f"gene_id\tcount\n{A}\t5\n{B}\t7\n"},
        command=(*LOAD, "--samples", "S1"),
        stored={MATRIX: ONE},
    ),
    Case(
        name="of several quantities in a file of a manifest that of the unit is taken",
        files={"m.tsv": "sample_id\tfile\nS1\ta.tsv\n",
               "a.tsv": f"gene_id\ttpm\tcount\n{A}\t0.5\t5\n{B}\t0.7\t7\n"},
        command=LOAD,
        stored={MATRIX: ONE},
    ),
    Case(
        name="of several quantities in a long file that of the unit is taken",
        files={"m.tsv": f"gene_id\tsample_id\ttpm\tcount\n{A}\tS1\t0.5\t5\n{B}\tS1\t0.7\t7\n"},
        command=LOAD,
        stored={MATRIX: ONE},
    ),
    htseq("htseq-count with an attribute", f"{A}\tTP53\t5\n{B}\tA1BG\t7\n__no_feature\t\t1\n",
          on_spark=True),
    htseq("htseq-count with two attributes",
          f"{A}\tTP53\tchr1\t5\n{B}\tA1BG\tchr2\t7\n__ambiguous\t\t\t1\n"),
    htseq("htseq-count with attributes of numbers",
          f"{A}\t7157\t5\n{B}\t1\t7\n__no_feature\t\t1\n"),
    htseq("htseq-count with a blank attribute",
          f"{A}\t\t5\n{B}\tA1BG\t7\n__no_feature\t\t1\n"),
    htseq("htseq-count with an attribute that is stated", f"{A}\tTP53\t5\n{B}\tA1BG\t7\n",
          "--format", "htseq"),
    htseq("htseq-count with two attributes that is stated",
          f"{A}\tTP53\tchr1\t5\n{B}\tA1BG\tchr2\t7\n", "--format", "htseq"),
    htseq("htseq-count of two columns", f"{A}\t5\n{B}\t7\n__no_feature\t1\n"),
    Case(
        name="cells that are separated by semicolons",
        files={"m.tsv": f"gene_id;S1\n{A};5\n{B};7\n"},
        command=LOAD,
        code=10,
        rules={"source_format": 1},
        says=("--delimiter ';'",),
    ),
    Case(
        name="a delimiter that is stated",
        files={"m.tsv": f"gene_id;S1\n{A};5\n{B};7\n"},
        command=(*LOAD, "--delimiter", ";"),
        stored={MATRIX: ONE},
        on_spark=True,
    ),
    Case(
        name="a folder of files",
        files={"m.tsv/a.tsv": f"gene_id\tS1\n{A}\t5\n"},
        command=LOAD[:9],
        stored={MATRIX: [f"sample_id,{A}", "S1,5"]},
    ),
)  # fmt: skip
