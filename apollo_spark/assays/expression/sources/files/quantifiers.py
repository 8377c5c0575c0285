"""The files that quantifiers write, as data: their columns, units and file names."""

from typing import Literal

from apollo_spark.model.base import Record

Strand = Literal["unstranded", "forward", "reverse"]
STRANDS: tuple[Strand, ...] = ("unstranded", "forward", "reverse")


class UnitColumn(Record):
    """The column that holds a unit; where reads are counted per strand, for which strand."""

    unit: str
    column: str
    strand: Strand = "unstranded"


class Layout(Record):
    """One kind of file with the values of one sample.

    Attributes:
        format: The word of `--format`.
        title: What people call the file.
        header: Columns by which the file is recognised, the feature id first. Where the file has
            no header, these are the names by which its columns go here.
        units: Which column holds which unit; the first one is the natural one.
        endings: How its file name ends, in lower case and without `.gz`; what is before it is
            the sample, or, when nothing does, the folder is. Of several endings in one folder the
            first counts.
        has_header: Whether the first row names the columns.
        same_as: Other words of `--format` for files with the same columns.
    """

    format: str
    title: str
    header: tuple[str, ...]
    units: tuple[UnitColumn, ...]
    endings: tuple[str, ...]
    has_header: bool = True
    same_as: tuple[str, ...] = ()


def _units(**columns: str) -> tuple[UnitColumn, ...]:
    return tuple(UnitColumn(unit=unit, column=column) for unit, column in columns.items())


def _counts(*columns: str) -> tuple[UnitColumn, ...]:
    pairs = zip(columns, STRANDS, strict=True)
    return tuple(UnitColumn(unit="count", column=name, strand=strand) for name, strand in pairs)


LAYOUTS = (
    Layout(
        format="salmon",
        title="Salmon quant.sf",
        header=("Name", "Length", "EffectiveLength", "TPM", "NumReads"),
        units=_units(tpm="TPM", expected_count="NumReads"),
        endings=("quant.sf", "quant.genes.sf"),
        same_as=("sailfish",),
    ),
    Layout(
        format="sailfish",
        title="Sailfish quant.sf of older releases",
        header=("Name", "Length", "TPM", "RPKM", "KPKM", "EstimatedNumKmers", "EstimatedNumReads"),
        units=_units(tpm="TPM", rpkm="RPKM", expected_count="EstimatedNumReads"),
        endings=("quant.sf",),
    ),
    Layout(
        format="kallisto",
        title="kallisto abundance.tsv",
        header=("target_id", "length", "eff_length", "est_counts", "tpm"),
        units=_units(tpm="tpm", expected_count="est_counts"),
        endings=("abundance.tsv",),
    ),
    Layout(
        format="rsem",
        title="RSEM genes.results",
        header=("gene_id", "effective_length", "expected_count", "TPM", "FPKM"),
        units=_units(tpm="TPM", fpkm="FPKM", expected_count="expected_count"),
        endings=(".genes.results",),
    ),
    Layout(
        format="rsem",
        title="RSEM isoforms.results",
        header=("transcript_id", "effective_length", "expected_count", "TPM", "FPKM", "IsoPct"),
        units=_units(tpm="TPM", fpkm="FPKM", expected_count="expected_count"),
        endings=(".isoforms.results",),
    ),
    Layout(
        format="star",
        title="STAR ReadsPerGene.out.tab",
        header=("gene_id", "unstranded", "forward", "reverse"),
        units=_counts("unstranded", "forward", "reverse"),
        endings=("readspergene.out.tab",),
        has_header=False,
    ),
    Layout(
        format="htseq",
        title="htseq-count output",
        header=("feature_id", "count"),
        units=_units(count="count"),
        endings=(".htseq-count.txt", ".htseq.counts", ".htseq_counts.txt", ".htseq.txt", ".htseq"),
        has_header=False,
    ),
    Layout(
        format="stringtie",
        title="StringTie gene_abund.tab",
        header=("Gene ID", "Gene Name", "Reference", "Strand", "Coverage", "FPKM", "TPM"),
        units=_units(tpm="TPM", fpkm="FPKM"),
        endings=("gene_abund.tab", "gene_abundance.tab"),
    ),
    Layout(
        format="stringtie",
        title="StringTie t_data.ctab",
        header=("t_name", "t_id", "num_exons", "cov", "FPKM"),
        units=_units(fpkm="FPKM"),
        endings=("t_data.ctab",),
    ),
    Layout(
        format="gdc",
        title="GDC augmented STAR counts",
        header=("gene_id", "gene_name", "gene_type", "unstranded", "tpm_unstranded"),
        units=(
            *_counts("unstranded", "stranded_first", "stranded_second"),
            *_units(tpm="tpm_unstranded", fpkm="fpkm_unstranded", fpkm_uq="fpkm_uq_unstranded"),
        ),
        endings=(".rna_seq.augmented_star_gene_counts.tsv", ".augmented_star_gene_counts.tsv"),
    ),
)

FEATURE_COUNTS_HEADER = ("Geneid", "Chr", "Start", "End", "Strand", "Length")
FEATURE_COUNTS_ENDINGS = (".featurecounts.txt", ".featurecounts", "featurecounts.txt")
ALIGNMENT_ENDINGS = (".bam", ".sam", ".cram")

STAR_SUMMARY = ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")
HTSEQ_SUMMARY = (
    "__no_feature",
    "__ambiguous",
    "__too_low_aQual",
    "__not_aligned",
    "__alignment_not_unique",
    # Before version 0.6 they had no signs before them.
    "no_feature",
    "ambiguous",
    "too_low_aQual",
    "not_aligned",
    "alignment_not_unique",
)
SUMMARY_ROWS = STAR_SUMMARY + HTSEQ_SUMMARY
"""Row names that count reads without a feature."""

FORMATS = (
    "matrix",
    "long",
    "manifest",
    "salmon",
    "sailfish",
    "kallisto",
    "rsem",
    "star",
    "featurecounts",
    "htseq",
    "stringtie",
    "gdc",
)


def find_layout(names: tuple[str, ...]) -> Layout | None:
    """Return the layout whose columns all are in a header, or None."""
    given = set(names)
    return next(
        (each for each in LAYOUTS if each.has_header and given.issuperset(each.header)), None
    )


def layouts_of(word: str) -> tuple[Layout, ...]:
    """Return the layouts that a word of `--format` allows; `auto` allows all."""
    return tuple(each for each in LAYOUTS if word in ("auto", each.format) or word in each.same_as)
