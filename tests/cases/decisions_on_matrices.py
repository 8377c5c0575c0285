"""What a load of expression decides by itself is told, with the option that decides otherwise."""

from tests.support.cases import Case

A, B = "ENSG00000000001", "ENSG00000000002"
MATRIX = "extract expression study --matrix"
STAR = f"N_unmapped\t1\t1\t1\n{A}\t5\t3\t2\n{B}\t7\t4\t3\n"
FEATURE_COUNTS = "Geneid\tChr\tStart\tEnd\tStrand\tLength"


def told(name: str, file: str, text: str, *says: str, options: tuple[str, ...] = (),
         unit: str = "count", lines: tuple[str, ...] = (f"sample_id,{A},{B}", "S1,5,7"),
         on_spark: bool = False) -> Case:  # fmt: skip
    return Case(
        name=name,
        files={file: text},
        command=("load", "expression", "study", "--assay", "rna", "--unit", unit, "--source", file,
                 *options),
        says=says,
        stored={MATRIX: lines},
        on_spark=on_spark,
    )  # fmt: skip


ANY = ("--feature-ids", "any")

CASES = (
    told("a turned matrix", "m.csv", f"x,{A},{B}\nS1,5,7\n",
         "the header holds Ensembl ids, so rows are samples", "the matrix was turned",
         on_spark=True),
    told("a turned matrix by the name of its first column", "m.csv", "sample_id,p,q\nS1,5,7\n",
         "the first column is 'sample_id', so rows are samples", options=ANY,
         lines=("sample_id,p,q", "S1,5,7")),
    told("the longer side", "m.csv", "x,S1\np,5\nq,7\n", "the longer side was taken",
         "name the first column of the header", options=ANY, lines=("sample_id,p,q", "S1,5,7")),
    told("the side of gene symbols", "m.csv", "x,TP53,EGFR\nS1,5,7\nS2,5,7\nS3,5,7\nS4,5,7\n",
         "what looks like gene symbols, so rows are samples", "name the first column",
         options=ANY, lines=("sample_id,EGFR,TP53", *(f"S{n},7,5" for n in range(1, 5)))),
    told("ids in another column", "m.csv", f"symbol,ensembl_gene_id,S1\nTP53,{A},5\nX,{B},7\n",
         "feature ids were taken from column 'ensembl_gene_id'", "--feature-ids any"),
    told("versions", "m.csv", f"gene_id,S1\n{A}.3,5\n{B}.1,7\n",
         "the versions of 2 feature ids were taken away", "--feature-ids any"),
    told("a header of numbers in order", "m.csv", f"gene_id,0,1\n{A},5,6\n{B},7,8\n",
         "the header numbers its columns", "--samples",
         lines=(f"sample_id,{A},{B}", "0,5,7", "1,6,8")),
    told("rows of samples that are numbered", "m.csv", f",{A},{B}\n0,5,7\n1,6,8\n2,1,2\n",
         "the first column numbers the rows",
         lines=(f"sample_id,{A},{B}", "0,5,7", "1,6,8", "2,1,2")),
    told("the strand of STAR", "S1ReadsPerGene.out.tab", STAR,
         "counts without regard to strand were taken", "--strand"),
    told("a sample named by a file", "S1ReadsPerGene.out.tab", STAR,
         "sample ids were taken from the names of the files", "--sample-pattern"),
    told("a sample named by an alignment", "m.tsv",
         f"{FEATURE_COUNTS}\tbam/S1.bam\n{A}\t1\t1\t2\t+\t2\t5\n{B}\t1\t1\t2\t+\t2\t7\n",
         "sample ids are the names of the alignments", "--sample-pattern"),
    told("the columns of a long file without known names", "m.csv",
         f"a,b,c\n{A},S1,5\n{B},S1,7\n", "columns 1 to 3 were taken for feature, sample and value",
         options=("--format", "long")),
    told("a quantity of another unit", "m.csv", f"gene_id,sample_id,count\n{A},S1,5\n{B},S1,7\n",
         "column 'count' and are loaded as fpkm (--unit)", unit="fpkm"),
    told("dates in place of symbols", "m.csv", "gene_id,S1\n1-Mar,5\n2-Sep,7\n",
         "look like dates or numbers that a spreadsheet made", "--id-map", "feature_mangled",
         options=ANY, lines=("sample_id,1-Mar,2-Sep", "S1,5,7")),
    told("numbers in place of ids", "m.csv", "gene_id,S1\n2.31E+13,5\nTP53,7\n",
         "look like dates or numbers that a spreadsheet made", options=ANY,
         lines=("sample_id,2.31E+13,TP53", "S1,5,7")),
    told("sample ids of several columns", "m.csv",
         f"individual,treatment,{A},{B}\nc1,none,5,7\nc1,drug,6,8\n",
         "sample ids are columns 'individual', 'treatment' joined by '-'",
         lines=(f"sample_id,{A},{B}", "c1-drug,6,8", "c1-none,5,7")),
)  # fmt: skip
