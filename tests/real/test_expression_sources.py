"""Every real expression file is recognised, with as many samples and features as pandas counts."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.assays.expression.sources.annotation.annotate import annotate
from apollo_spark.assays.expression.sources.annotation.annotation import read_annotation
from apollo_spark.assays.expression.sources.files.detected import Detected
from apollo_spark.assays.expression.sources.files.files import find_files
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.files.top import SourceFile
from apollo_spark.assays.expression.sources.formats.detect import detect_source
from apollo_spark.assays.expression.sources.formats.samples import name_samples, rename_alignments
from apollo_spark.assays.expression.sources.ids.features import IdRule, resolve_feature_ids

pd = pytest.importorskip("pandas")

QUANT = "quantifier_outputs"
GEUVADIS = f"{QUANT}/geuvadis_tximportData"
ENCODE = f"{QUANT}/encode_chr19"
DOWN, ACROSS = "features_by_samples", "samples_by_features"
SUMMARY = re.compile(r"N_(unmapped|multimapping|noFeature|ambiguous)|__\w+")

# path, id rule, format, orientation, samples, features, kind
MATRICES = [
    ("tb_suscept_GSE94116/counts.txt.gz", "ensembl", "matrix", DOWN, 50, 11_336, "ENSG"),
    ("tb_suscept_GSE94116/subread-counts-per-sample.txt.gz", "ensembl", "matrix", ACROSS,
     50, 19_797, "ENSG"),
    ("tcga_ACC_rtcga/ACC.rnaseq.samples_x_genes.csv.gz", "any", "matrix", ACROSS,
     79, 20_531, "any"),
    ("tcga_CHOL_rtcga/CHOL.rnaseq.genes_x_samples.tsv.gz", "any", "matrix", DOWN,
     45, 20_531, "any"),
    ("tcga_LGG_legacy/LGG.raw_count.tsv.gz", "ensembl", "matrix", DOWN, 20, 20_153, "ENSG"),
    ("tcga_LGG_legacy/LGG.scaled_estimate.tsv.gz", "ensembl", "matrix", DOWN, 20, 20_153, "ENSG"),
    (f"{GEUVADIS}/cufflinks/isoforms.count_table.gz", "any", "matrix", DOWN, 6, 47_255, "any"),
    (f"{GEUVADIS}/cufflinks/isoforms.fpkm_table.gz", "any", "matrix", DOWN, 6, 47_255, "any"),
    (f"{ENCODE}/featurecounts/gene_counts.txt.gz", "any", "featurecounts", DOWN, 2, 3_756, "any"),
    (f"{ENCODE}/featurecounts/gene_counts_extraAttributes.txt.gz", "any", "featurecounts", DOWN,
     2, 3_756, "any"),
    (f"{QUANT}/resolwe_20genes/featurecounts/gene_counts.txt", "ensembl", "featurecounts", DOWN,
     3, 20, "ENSG"),
    (f"{QUANT}/resolwe_20genes/featurecounts/gene_counts_extraAttributes.txt", "ensembl",
     "featurecounts", DOWN, 3, 20, "ENSG"),
    (f"{QUANT}/derived_layouts/featurecounts/tb_50samples.featureCounts.txt.gz", "ensembl",
     "featurecounts", DOWN, 50, 11_311, "ENSG"),
]  # fmt: skip

# folder, stated format, unit, samples, features, summary rows, kind
FOLDERS = [
    ("macrophage_salmon_PRJEB18997/quants", "auto", "tpm",
     ["SAMEA103885102", "SAMEA103885136", "SAMEA103885182", "SAMEA103885347"],
     205_870, 0, "ENST"),
    (f"{GEUVADIS}/salmon", "auto", "expected_count", ["ERR188021", "ERR188088", "ERR188288"],
     48_009, 0, "any"),
    (f"{GEUVADIS}/sailfish", "sailfish", "tpm", ["ERR188021"], 48_009, 0, "any"),
    (f"{GEUVADIS}/kallisto", "auto", "tpm", ["ERR188021", "ERR188088", "ERR188288"],
     48_009, 0, "any"),
    (f"{GEUVADIS}/rsem", "auto", "fpkm", ["ERR188021", "ERR188088", "ERR188288"],
     25_343, 0, "any"),
    (f"{QUANT}/multiqc/star", "auto", "count", ["ERR458837_subsamp_1"], 57_773, 4, "ENSG"),
    (f"{QUANT}/multiqc/htseq", "auto", "count", ["human"], 57_773, 5, "ENSG"),
    (f"{QUANT}/derived_layouts/gdc_star", "auto", "fpkm_uq", ["ERR458837"], 57_773, 4, "ENSG"),
    (f"{ENCODE}/salmon", "auto", "tpm",
     ["ENCSR653DFZ_rep1_chr19_10000reads", "ENCSR653DFZ_rep2_chr19_10000reads"],
     11_563, 0, "any"),
    (f"{ENCODE}/kallisto", "auto", "tpm",
     ["ENCSR653DFZ_rep1_chr19_10000reads", "ENCSR653DFZ_rep2_chr19_10000reads"],
     11_567, 0, "any"),
    (f"{ENCODE}/stringtie", "auto", "fpkm", ["ENCSR653DFZ_rep1", "ENCSR653DFZ_rep2"],
     3_756, 0, "any"),
]  # fmt: skip


def detect(path: Path, id_rule: IdRule) -> Detected:
    file = SourceFile(label=path.name, path=str(path))
    detection = detect_source([file], reading=Reading(id_rule=id_rule))
    assert detection.findings == ()
    return rename_alignments(detection.files[0])


def read(path: Path, detected: Detected) -> Any:
    return pd.read_csv(
        path,
        sep=detected.delimiter,
        header=0 if detected.has_header else None,
        comment="#" if detected.format in ("featurecounts", "gdc") else None,
        dtype=str,
        keep_default_na=False,
    )


def strip(ids: Sequence[str], kind: str) -> list[str]:
    """What the rules make of ids, said another way."""
    kept = [each for each in ids if not SUMMARY.fullmatch(each)]
    return kept if kind == "any" else [re.sub(r"\.\d+", "", each) for each in kept]


@pytest.mark.parametrize("case", MATRICES, ids=lambda case: Path(case[0]).name)
def test_matrices_are_recognised(shared: Path, case: tuple[Any, ...]) -> None:
    name, id_rule, word, orientation, samples, features, kind = case
    path = shared / "data" / name
    found = detect(path, id_rule)
    table = read(path, found)

    rows = ["-".join(cells) for cells in table.iloc[:, list(found.id_columns)].to_numpy()]
    columns = [each.name for each in found.value_columns]
    feature_ids, sample_ids = (rows, columns) if orientation == DOWN else (columns, rows)
    resolved = resolve_feature_ids(feature_ids, id_rule=id_rule, on_duplicate="sum")

    assert (found.format, found.orientation) == (word, orientation)
    assert (len(sample_ids), len(set(sample_ids))) == (samples, samples)
    assert (len(resolved.ids), resolved.kind, resolved.findings) == (features, kind, ())
    assert resolved.ids.to_pylist() == list(dict.fromkeys(strip(feature_ids, kind)))
    values = table.iloc[:, [each.index for each in found.value_columns]]
    assert values.astype(float).shape == (len(rows), len(columns))


@pytest.mark.parametrize("case", FOLDERS, ids=lambda case: case[0])
def test_folders_of_quantifiers_are_recognised(shared: Path, case: tuple[Any, ...]) -> None:
    name, stated, unit, samples, features, summary_rows, kind = case
    files = find_files([str(shared / "data" / name)], stated)
    detection = detect_source(files.files, stated=stated)
    named = name_samples(detection.files, unit)

    assert (files.findings, detection.findings, named.findings) == ((), (), ())
    assert [each.sample_id for each in named.files] == samples
    for detected, sample in zip(detection.files, named.files, strict=True):
        table = read(Path(sample.path), detected)
        ids = table.iloc[:, sample.id_column].tolist()
        found = resolve_feature_ids(ids, id_rule="any" if kind == "any" else "ensembl")
        assert (len(found.ids), found.summary_rows) == (features, summary_rows)
        assert (found.kind, found.findings) == (kind, ())
        assert found.ids.to_pylist() == strip(ids, kind)
        values = table.iloc[:, sample.value_column][found.feature_of_row >= 0]
        assert values.astype(float).ge(0).all()


def test_exon_counts_and_legacy_genes_repeat_features(shared: Path) -> None:
    exons = shared / "data" / QUANT / "resolwe_20genes/featurecounts/exon_counts.txt"
    legacy = shared / "data" / "tcga_LGG_legacy/LGG.raw_count.tsv.gz"
    found = []
    for path in (exons, legacy):
        detected = detect(path, "ensembl")
        ids = read(path, detected).iloc[:, detected.id_columns[0]]
        resolved = resolve_feature_ids(ids.tolist())
        assert resolved.repeated == int((ids.value_counts() > 1).sum())
        found += [(each.rule, each.count) for each in resolved.findings]
        assert found[-1][1] == int(ids.duplicated().sum())

    assert found == [("feature_repeated", 681), ("feature_repeated", 869)]


def test_tables_that_hold_no_values_are_refused(shared: Path) -> None:
    paths = (f"{GEUVADIS}/cufflinks/isoforms.attr_table.gz", f"{GEUVADIS}/tx2gene.csv.gz",
             "tcga_LGG_legacy/LGG.gene_annotation.tsv.gz")  # fmt: skip
    for name in paths:
        file = SourceFile(label=name, path=str(shared / "data" / name))
        assert [each.rule for each in detect_source([file]).findings] == ["source_format"]


def test_the_annotation_gives_tb_genes_their_place_and_counts_the_retired(shared: Path) -> None:
    path = shared / "data" / "gene_annotation_grch38/grch38.tsv.gz"
    annotation = read_annotation(SourceFile(label=path.name, path=str(path))).annotation
    assert annotation is not None
    source = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=3)
    counts = shared / "data" / "tb_suscept_GSE94116/counts.txt.gz"
    ids = read(counts, detect(counts, "ensembl")).iloc[:, 0].tolist()

    found = annotate(resolve_feature_ids(ids).ids, annotation)

    assert (annotation.table.num_rows, annotation.other_loci) == (69_299, 5_819)
    assert (found.annotated, found.retired, found.unknown) == (11_311, 25, 0)
    first = source.drop_duplicates("ensgene").set_index("ensgene").reindex(ids)
    assert found.table["symbol"].to_pylist() == [each or None for each in first["symbol"].where(
        first["symbol"].notna(), None)]  # fmt: skip
    starts = [None if pd.isna(each) else int(each) for each in first["start"]]
    assert found.table["start"].to_pylist() == starts


def test_the_transcript_table_annotates_transcripts(shared: Path) -> None:
    path = shared / "data" / "gene_annotation_grch38/grch38_tx2gene.tsv.gz"
    annotation = read_annotation(SourceFile(label=path.name, path=str(path))).annotation

    assert annotation is not None
    assert annotation.table.num_rows == 274_578
