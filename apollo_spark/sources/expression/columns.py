"""What the columns of a matrix hold: ids, descriptions or values."""

import re
from collections.abc import Sequence

NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*\Z")
NUMBER_WORDS = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "nil", "inf", "-inf", "+inf", "infinity", "-", "."}
)
"""Cells that may stand for a missing number: a column of them alone is not taken for text."""

FEATURE_WORDS = frozenset(
    {
        "feature_id", "feature", "features", "geneid", "gene_id", "gene id", "gene", "genes",
        "ensgene", "ensembl", "ensembl_id", "ensembl_gene_id", "ensembl_transcript_id",
        "transcript_id", "transcript", "enstxp", "target_id", "tracking_id", "probe_id",
    }
)  # fmt: skip
SAMPLE_WORDS = frozenset(
    {
        "sample_id", "sample", "samples", "sampleid", "sample_name", "individual", "donor",
        "patient", "patient_id", "subject", "subject_id", "participant", "barcode", "run",
    }
)  # fmt: skip
VALUE_WORDS = frozenset(
    {
        "value", "expression", "count", "counts", "expected_count", "tpm", "fpkm", "fpkm_uq",
        "fpkm-uq", "rpkm",
    }
)  # fmt: skip
METADATA_WORDS = frozenset(
    {
        "gene_name", "gene name", "gene_symbol", "genename", "symbol", "hgnc_symbol", "hgnc_id",
        "gene_short_name", "external_gene_name", "description", "gene_type", "gene_biotype",
        "biotype", "transcript_type", "transcript_biotype", "chr", "chrom", "chromosome",
        "seqname", "seqnames", "start", "end", "strand", "locus", "length", "effective_length",
        "effectivelength", "eff_length", "width", "entrez", "entrezgene", "entrez_id",
        "entrezid", "gene_id", "transcript_id", "transcript_id(s)", "ensembl_gene_id", "tss_id",
        "class_code", "nearest_ref_id",
    }
)  # fmt: skip


def is_number(cell: str) -> bool:
    """Say whether a cell is a decimal number."""
    return NUMBER.match(cell) is not None


def is_text_column(cells: Sequence[str]) -> bool:
    """Say whether cells hold texts and not a single number.

    One number is enough for a column of values: a typing error must not hide a sample. Cells that
    may mean a missing number prove nothing.
    """
    if any(is_number(each) for each in cells):
        return False
    return any(each.strip().lower() not in NUMBER_WORDS for each in cells)


def find_metadata(
    names: Sequence[str], rows: Sequence[Sequence[str]], ids: Sequence[int]
) -> tuple[int, ...]:
    """Return the places of the columns beside values.

    Those are the columns known by name, and those of text before the first or behind the last
    column of values: text between values is a wrong value.
    """
    rest = [at for at in range(len(names)) if at not in ids]
    named = {at for at in rest if names[at].strip().lower() in METADATA_WORDS}
    is_text = {at: is_text_column([row[at] for row in rows if at < len(row)]) for at in rest}
    values = [at for at in rest if at not in named and not is_text[at]]
    first, last = (values[0], values[-1]) if values else (len(names), -1)
    outside = {at for at in rest if is_text[at] and not first < at < last}
    return tuple(sorted(named | outside))
