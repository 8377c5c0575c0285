"""Ids that are neither ENSG nor ENST: the message says what they look like."""

from collections.abc import Sequence

from tests.support.cases import Case

LOAD = ("load", "expression", "study", "--assay", "rna", "--unit", "count", "--source", "m.csv",
        "--report", "report")  # fmt: skip
KINDS: dict[str, Sequence[str]] = {
    "Entrez gene ids": ("7157", "1956", "672"),
    "gene symbols": ("TP53", "EGFR", "HLA-A"),
    "UniProt accessions": ("P04637", "P00533", "A0A024R1R8"),
    "probe sets of Affymetrix": ("1007_s_at", "1053_at", "AFFX-BioB-5_at"),
    "probes of Illumina": ("ILMN_1343291", "ILMN_1651228", "ILMN_1651229"),
    "RefSeq accessions": ("NM_000546.6", "NM_005228", "NR_024540"),
    "symbols with Entrez gene ids": ("TP53|7157", "?|100130426", "EGFR|1956"),
    "Ensembl ids of another species": ("ENSMUSG00000059552", "ENSMUSG00000020122", "FBgn0000014"),
    "Ensembl proteins or exons": ("ENSP00000269305", "ENSE00001146308", "ENSP00000275493"),
    "miRNA names": ("hsa-miR-21-5p", "hsa-let-7a-5p", "hsa-mir-10b"),
    "dates that a spreadsheet made of gene symbols": ("1-Mar", "2-Sep", "Dec-01"),
}


def matrix(ids: Sequence[str]) -> str:
    rows = "".join(f"{each},{number}\n" for number, each in enumerate(ids))
    return f"gene_id,S1\n{rows}"


CASES = (
    *(
        Case(
            name=kind,
            files={"m.csv": matrix(ids)},
            command=LOAD,
            code=12,
            rules={"feature_kind": len(ids)},
            says=(f"ids are neither ENSG nor ENST: they look like {kind}", "--id-map",
                  "--feature-ids any"),
            hides=tuple(ids[:2]) if kind != "Entrez gene ids" else (),
            on_spark=kind == "gene symbols",
        )
        for kind, ids in KINDS.items()
    ),
    Case(
        name="symbols in a header",
        files={"m.csv": "sample_id,TP53,EGFR\nS1,1,2\n"},
        command=LOAD,
        code=12,
        rules={"feature_kind": 2},
        says=("they look like gene symbols, in column 2, 3",),
    ),
    Case(
        name="most are of a kind",
        files={"m.csv": matrix(("7157", "1956", "672", "x y"))},
        command=LOAD,
        code=12,
        rules={"feature_kind": 4},
        says=("most look like Entrez gene ids",),
    ),
    Case(
        name="ids of no known kind",
        files={"m.csv": matrix(("x y", "z_z", "__"))},
        command=LOAD,
        code=12,
        rules={"feature_kind": 3},
        says=("neither ENSG nor ENST; map them",),
    ),
)  # fmt: skip
