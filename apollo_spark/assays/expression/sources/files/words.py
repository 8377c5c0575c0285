"""Header cells that are known by name: ids, what is known of a feature or a sample, quantities.

A name is compared without case, blanks and signs: `Entrez_Gene_Id` is `entrezgeneid`. What is not
in these tables may be anything, a person's id among it, and is named by the number of its column.
"""

import re
from collections.abc import Iterable

_BETWEEN = re.compile(r"[\W_]+")
_MADE_UP = re.compile(r"(unnamed:? ?\d*|\.\.\.\d+)", re.IGNORECASE)
"""What pandas and R call a column without name."""


def _table(text: str) -> frozenset[str]:
    return frozenset(text.split())


FEATURE_WORDS = _table(
    """feature features featureid featureids gene genes geneid geneids ensgene ensembl ensemblid
    ensemblids ensemblgene ensemblgeneid ensemblgeneids ensembltranscript ensembltranscriptid ensg
    enst ensgid enstid genestableid genestableidversion transcriptstableid transcriptstableidversion
    transcript transcripts transcriptid transcriptids isoform isoformid enstxp targetid
    trackingid probe probes probeid probeset probesetid idref"""
)
SAMPLE_WORDS = _table(
    """sample samples sampleid sampleids samplename individual individualid donor donorid patient
    patientid patientids subject subjectid participant participantid person personid barcode
    bcrpatientbarcode bcrsamplebarcode samplebarcode patientbarcode aliquot aliquotid specimen
    specimenid case caseid cell cellid library libraryid run runid mrn"""
)
SAMPLES_AS_SUCH = _table(
    "sample samples sampleid sampleids samplename bcrsamplebarcode samplebarcode"
)
"""Of these, the names that count before those of people where a file has both."""
ID_WORDS = _table("id ids identifier identifiers name names key rowname rownames accession")
"""Other names of the column above ids, which do not say whose ids they are."""

SYMBOL_WORDS = _table(
    """genename genenames genesymbol genesymbols symbol symbols hugo hugosymbol hugogenesymbol hgnc
    hgncsymbol hgncid geneshortname shortname externalgenename associatedgenename
    officialgenesymbol mgisymbol mgiid entrez entrezgene entrezgeneid entrezgeneids entrezid
    entrezids ncbi ncbigene ncbigeneid ncbiid genbank refseq refseqid refseqmrna uniprot uniprotid
    uniprotswissprot swissprot protein proteinid mirna mirnaid"""
)
"""Other ids and names of features; a first column of that name holds features."""
BESIDE_FEATURES = SYMBOL_WORDS | _table(
    """alias aliases synonym synonyms description desc genedescription title genetitle definition
    annotation product genetype genebiotype biotype transcriptname transcripttype
    transcriptbiotype genesource genestatus source status type class category
    chr chrom chromosome chromosomename seqname seqnames seqid contig scaffold band cytoband
    cytogeneticband karyotypeband start end stop startposition endposition startpos endpos
    genestart geneend txstart txend transcriptstart transcriptend cdsstart cdsend chromstart
    chromend chrstart chrend position positions pos location loc locus coordinate coordinates tss
    transcriptionstartsite tssid strand
    length genelength transcriptlength effectivelength efflength len width size exonlength
    exoniclength unionexonlength mergedexonlength lengthbp lengthkb bp kb exoncount exons numexons
    nexons transcriptcount
    gc gccontent gcpercent gcpercentage gcpct percentgc percentgccontent percentagegccontent
    percentagegenegccontent genepercentgccontent genegccontent
    genestartbp geneendbp transcriptstartbp transcriptendbp chromosomescaffoldname
    transcriptlengthincludingutrsandcds ncbigeneformerlyentrezgeneid
    transcriptids ucsc ucscid ccds ccdsid mirbase unigene unigeneid omim omimid vega havanagene
    version versions geneversion transcriptversion ensemblversion idversion level levels
    havanalevel evidencelevel tag tags transcriptsupportlevel tsl classcode nearestrefid
    total totals sum rowsum rowsums mean means rowmean rowmeans average averages avg median medians
    sd std stdev stddev standarddeviation sem stderr standarderror var variance cv minimum maximum
    basemean basevar meanexpression aveexpr avgexpr logcpm log2foldchange logfoldchange logfc
    log2fc lfcse foldchange pvalue pval padj qvalue qval fdr adjpval adjpvalue dispersion stat
    statistic teststatistic wald waldstat zscore log2foldchangeshrunk
    row rows rownumber rownumbers rownum rowid rowindex index ordinal linenumber number no nr
    rank"""
)
"""What is known of a feature, and what programs write beside values: no sample is called so."""
BESIDE_SAMPLES = _table(
    """age sex gender race ethnicity batch plate lane tissue organ condition group arm treatment
    dose time timepoint visit visitday day status diagnosis disease stage grade weight height bmi
    smoker smoking rin rinscore librarysize libsize sizefactor sizefactors totalreads mappedreads
    readdepth depth sequencingdepth site center centre study project country date
    collectiondate row rows rownumber rownumbers rownum rowid rowindex index ordinal
    linenumber"""
)
"""What is known of a sample; no gene is called so."""

ROW_WORDS = _table(
    """row rows rownumber rownumbers rownum rowid rowindex index ordinal linenumber number no nr"""
)
_DIFFERENCES = _table(
    "log2foldchange logfoldchange logfc log2fc padj adjpval adjpvalue fdr lfcse basemean"
)
_STATISTICS = _table("t f b z p lr s df")

_NEUTRAL = _table(
    """value values val expression expressions expressionvalue expressionlevel expr exprs abundance
    abundances quantity quantification measurement score amount"""
)
QUANTITIES = {
    "count": _table(
        """count counts rawcount rawcounts readcount readcounts genecount genecounts numreads reads
        nreads hits htseqcount htseqcounts featurecount featurecounts rawreads rawreadcount
        umicount umicounts umi umis unstranded"""
    ),
    "expected_count": _table(
        """expectedcount expectedcounts estcount estcounts estimatedcount estimatedcounts
        estimatedreads estimatednumreads"""
    ),
    "tpm": _table("tpm tpms tpmunstranded"),
    "fpkm": _table("fpkm fpkms fpkmunstranded"),
    "fpkm_uq": _table("fpkmuq fpkmuqunstranded"),
    "rpkm": _table("rpkm rpkms"),
    "": _NEUTRAL
    | _table(
        """intensity signal cpm cpms rpm log2tpm logtpm log2fpkm logfpkm log2count log2counts
        log2cpm logcounts normalizedcount normalizedcounts normalisedcount normalisedcounts
        normcount normcounts normalized normalised scaledestimate coverage cov log2expression
        logexpression log2value rsem vst rlog"""
    ),
}
"""Names of quantities by the unit that they name; those under an empty unit name none."""
_UNITS = {word: unit for unit, words in QUANTITIES.items() for word in words}

NAMES_OF_IDS = re.compile(
    r"gene|transcript|feature|probe|ensembl|ensg|enst|entrez|refseq|symbol|hugo|hgnc|isoform|"
    r"mirna|locus|accession|uniprot|protein|peptide|identifier|(?:^|[\W_])(?:ids?|names?|"
    r"target|tracking|key|index|row)(?:$|[\W_])|(?-i:[a-z](?:Id|ID|Name)s?)$",
    re.IGNORECASE,
)


def squeeze(name: str) -> str:
    """Return a header cell without case, blanks and signs."""
    return _BETWEEN.sub("", name).lower()


def is_made_up(name: str) -> bool:
    """Say whether a program gave the name to a column that had none."""
    return _MADE_UP.fullmatch(name.strip()) is not None


def is_known(name: str) -> bool:
    """Say whether a header cell is a known name, which may be printed."""
    word = squeeze(name)
    tables = (FEATURE_WORDS, SAMPLE_WORDS, ID_WORDS, BESIDE_FEATURES, BESIDE_SAMPLES, _UNITS)
    return is_made_up(name) or any(word in each for each in tables)


def names_features(name: str) -> bool:
    """Say whether a first column of that name holds features."""
    return squeeze(name) in FEATURE_WORDS | SYMBOL_WORDS


def names_samples(name: str) -> bool:
    """Say whether a first column of that name holds samples."""
    return squeeze(name) in SAMPLE_WORDS


def names_ids(name: str) -> bool:
    """Say whether a header cell is, or may be, above a column of ids."""
    is_word = not name.strip() or (is_known(name) and squeeze(name) not in _UNITS)
    return is_word or NAMES_OF_IDS.search(name) is not None


def tests_differences(names: Iterable[str]) -> bool:
    """Say whether a header is that of a test of differences, as DESeq2, edgeR and limma write."""
    return any(squeeze(each) in _DIFFERENCES for each in names)


def is_statistic(name: str) -> bool:
    """Say whether a column is a statistic where a header is that of a test of differences."""
    return squeeze(name) in _STATISTICS


def numbers_rows(name: str) -> bool:
    """Say whether a first column of that name may hold numbers of rows rather than ids."""
    return not name.strip() or is_made_up(name) or squeeze(name) in ROW_WORDS


def is_beside_features(name: str) -> bool:
    """Say whether a column is known to hold neither samples nor values, by its name."""
    return squeeze(name) in BESIDE_FEATURES | FEATURE_WORDS or is_made_up(name)


def is_beside_samples(name: str) -> bool:
    """Say whether a column of a matrix with samples in its rows is known to hold no feature."""
    return squeeze(name) in BESIDE_SAMPLES | SAMPLE_WORDS or is_made_up(name)


def find_unit(name: str) -> str | None:
    """Return the unit of a quantity, an empty text of one that names none, None of other names."""
    return _UNITS.get(squeeze(name))


def is_other_quantity(name: str) -> bool:
    """Say whether a name is that of a quantity that has no unit here: logarithms, intensities.

    >>> is_other_quantity("log2TPM"), is_other_quantity("value"), is_other_quantity("tpm")
    (True, False, False)
    """
    return find_unit(name) == "" and squeeze(name) not in _NEUTRAL


def names_own_samples(name: str) -> bool:
    """Say whether a column is named for samples as such, and not for people, libraries or runs."""
    return squeeze(name) in SAMPLES_AS_SUCH
