"""More samples for an assay after a withdrawal: those that are withdrawn are left out."""

from collections.abc import Mapping, Sequence

from tests.support.cases import Case

G = ("ENSG00000000001", "ENSG00000000002")
OLD = f"gene_id\tS1\tS2\tHID3\n{G[0]}\t1\t2\t3\n{G[1]}\t4\t5\t6\n"
LOAD = ("load", "expression", "rna", "--assay", "a", "--unit", "count", "--source", "m.tsv")
WITHDRAW = ("withdraw", "gone.csv", "--of", "rna.sample", "--apply")
MATRIX = "extract expression rna --matrix"
HEADER = f"sample_id,{G[0]},{G[1]}"
BEFORE = [HEADER, "S1,1,4", "S2,2,5"]
ONE = "1 sample withdrawn, left out"


def _case(
    name: str,
    source: str,
    *more: str,
    files: Mapping[str, str],
    stored: Sequence[str] = BEFORE,
    says: Sequence[str] = (),
    on_spark: bool = False,
) -> Case:
    return Case(
        name=name,
        files={"m.tsv": OLD, "gone.csv": "sample_id\nHID3\n", **files},
        before=(LOAD, WITHDRAW),
        command=("extend", "rna", "--assay", "a", "--source", source, *more, "--json"),
        says=says,
        hides=("HID",),
        stored={MATRIX: stored},
        on_spark=on_spark,
    )


CASES = (
    _case(
        "a column of a matrix",
        "n.tsv",
        files={"n.tsv": f"gene_id\tN1\tHID3\tN2\n{G[0]}\t7\t8\t9\n{G[1]}\t10\t11\t12\n"},
        stored=[*[HEADER, "N1,7,10", "N2,9,12"], *BEFORE[1:]],
        says=('"samples": 2', '"samples_before": 2', '"withdrawn_left_out": 1', ONE),
        on_spark=True,
    ),
    _case(
        "a row of a matrix",
        "n.csv",
        files={"n.csv": f"sample,{G[0]},{G[1]}\nHID3,8,11\nN1,7,10\n"},
        stored=[HEADER, "N1,7,10", *BEFORE[1:]],
        says=('"samples": 1', '"samples_before": 2', '"withdrawn_left_out": 1', ONE),
    ),
    _case(
        "rows of a long file",
        "n.csv",
        files={
            "n.csv": "gene_id,sample_id,value\n"
            + "".join(f"{g},{s},{v}\n" for s, v in (("HID3", 8), ("N1", 7)) for g in G)
        },
        stored=[HEADER, "N1,7,7", *BEFORE[1:]],
        says=('"samples": 1', '"withdrawn_left_out": 1', ONE),
    ),
    _case(
        "a file of a manifest",
        "manifest.csv",
        files={
            "manifest.csv": "sample_id,file\nN1,one.tsv\nHID3,two.tsv\n",
            "one.tsv": f"gene_id\tcount\n{G[0]}\t7\n{G[1]}\t10\n",
            "two.tsv": f"gene_id\tcount\n{G[0]}\t8\n{G[1]}\t11\n",
        },
        stored=[HEADER, "N1,7,10", *BEFORE[1:]],
        says=('"samples": 1', '"withdrawn_left_out": 1', ONE),
    ),
    _case(
        "nothing but a withdrawn sample",
        "n.tsv",
        files={"n.tsv": f"gene_id\tHID3\n{G[0]}\t8\n{G[1]}\t11\n"},
        says=('"published": []', '"withdrawn_left_out": 1', ONE),
    ),
    _case(
        "a dry run",
        "n.tsv",
        "--dry-run",
        files={"n.tsv": f"gene_id\tHID3\tN1\n{G[0]}\t8\t7\n{G[1]}\t11\t10\n"},
        says=('"samples": 1', '"samples_before": 2', '"withdrawn_left_out": 1'),
    ),
    _case(
        "wrong cells of a withdrawn sample are not told",
        "n.tsv",
        files={"n.tsv": f"gene_id\tHID3\tN1\n{G[0]}\tx\t7\n{G[1]}\t-1\t10\n"},
        stored=[HEADER, "N1,7,10", *BEFORE[1:]],
        says=('"samples": 1', '"withdrawn_left_out": 1'),
    ),
)
