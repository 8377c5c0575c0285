"""Headers that are one cell shorter than the rows: R's row names, or a table that is damaged."""

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source",
        "m.tsv", "--report", "report")  # fmt: skip
MATRIX = "extract expression study --matrix"

CASES = (
    Case(
        name="a header of samples alone is R's",
        files={"m.tsv": f"S1\tS2\n{A}\t1\t2\n{B}\t3\t4\n"},
        command=LOAD,
        stored={MATRIX: [f"sample_id,{A},{B}", "S1,1,3", "S2,2,4"]},
        on_spark=True,
    ),
)
