"""Annotations: read from a GTF file or a table, and given to features by stated rules."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from apollo_spark.assays.expression.sources.annotation.annotate import annotate
from apollo_spark.assays.expression.sources.annotation.annotation import (
    Annotation,
    AnnotationReading,
    read_annotation,
)
from apollo_spark.assays.expression.sources.annotation.release import guess_release
from apollo_spark.assays.expression.sources.files.top import SourceFile
from tests.unit.assays.expression.sources.conftest import Write

HEADER = "ensgene symbol chr start end strand biotype"


def read(write: Write, name: str, *lines: str) -> Annotation:
    reading = read_annotation(write(name, *lines))
    assert reading.findings == ()
    assert reading.annotation is not None
    return reading.annotation


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


def gtf_line(chrom: str, kind: str, start: int, strand: str, attributes: str) -> str:
    return f"{chrom}\tsrc\t{kind}\t{start}\t{start + 9}\t.\t{strand}\t.\t{attributes}"


def write_gtf(path: Path, *lines: str) -> AnnotationReading:
    text = "\n".join(("#!genome-build GRCh38.p13", *lines)) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return read_annotation(SourceFile(label=path.name, path=str(path)))


def test_a_table_has_its_columns_in_any_order_and_others_are_named(write: Write) -> None:
    found = read(
        write, "a.tsv", "strand end start entrez chr symbol ensgene biotype",
        "-1 20 10 7 chrX A ENSG01.3 coding", "1 40 30 7 MT  ENSG02 ",
    )  # fmt: skip

    assert rows(found.table) == [
        ("ENSG01", "A", "X", 10, 20, "-", "coding"),
        ("ENSG02", None, "MT", 30, 40, "+", None),
    ]
    assert found.notes == ("columns of the annotation were not read: 'entrez'",)
    assert (found.release, found.other_loci) == (None, 0)


def test_columns_go_by_their_other_names_and_may_be_absent(write: Write) -> None:
    found = read(write, "a.csv", "transcript_id,gene_id,gene_name,chrom", "ENST01,ENSG01,A,1")

    assert rows(found.table) == [("ENST01", "A", "1", None, None, None, None)]
    assert found.notes == (
        "columns of the annotation were not read: 'gene_id'",
        "the annotation has no column of: 'start', 'end', 'strand', 'biotype'",
    )


def test_the_first_row_on_a_main_chromosome_stands_for_an_id(write: Write) -> None:
    found = read(
        write, "a.tsv", HEADER,
        "ENSG01 A CHR_HSCHR6 1 2 + x", "ENSG01 A 6 3 4 + x", "ENSG01 A 7 5 6 + x",
        "ENSG02 B KI270728.1 7 8 + x", "ENSG02 B KI270729.1 9 9 + x",
    )  # fmt: skip

    assert [row[:4] for row in rows(found.table)] == [
        ("ENSG01", "A", "6", 3),
        ("ENSG02", "B", "KI270728.1", 7),
    ]
    assert found.other_loci == 3


def test_a_row_on_y_beside_one_on_x_becomes_the_copy_on_y(write: Write) -> None:
    found = read(
        write, "a.tsv", HEADER, "ENSG01 A X 1 2 + x", "ENSG01 A Y 3 4 + x",
        "ENSG02 B Y 5 6 + x", "ENSG02 B Y 7 8 + x",
    )  # fmt: skip

    assert [row[:4] for row in rows(found.table)] == [
        ("ENSG01", "A", "X", 1),
        ("ENSG02", "B", "Y", 5),
        ("ENSG01_PAR_Y", "A", "Y", 3),
    ]


@pytest.mark.parametrize("name", ["a.gtf", "a.gtf.gz"])
def test_genes_and_transcripts_are_read_from_a_gtf(tmp_path: Path, name: str) -> None:
    gene = 'gene_id "ENSG01.5"; gene_name "A"; gene_type "coding";'
    transcript = (
        'gene_id "ENSG01"; transcript_id "ENST01"; transcript_version "2"; '
        'gene_name "A"; gene_biotype "coding"; transcript_biotype "retained";'
    )
    reading = write_gtf(
        tmp_path / name,
        gtf_line("chr1", "gene", 11, "+", gene),
        gtf_line("chr1", "transcript", 12, "-", transcript),
        gtf_line("chr1", "exon", 13, "+", transcript),
        gtf_line("chrY", "gene", 14, ".", 'gene_id "ENSG01.5_PAR_Y"; gene_biotype "c";'),
    )

    assert reading.annotation is not None
    assert rows(reading.annotation.table) == [
        ("ENSG01", "A", "1", 11, 20, "+", "coding"),
        ("ENST01", "A", "1", 12, 21, "-", "retained"),
        ("ENSG01_PAR_Y", None, "Y", 14, 23, None, "c"),
    ]
    assert reading.annotation.release == "GRCh38.p13"


@pytest.mark.parametrize(
    ("name", "comment", "release"),
    [
        ("Homo_sapiens.GRCh38.104.gtf.gz", "", "GRCh38.104"),
        ("gencode.v36.annotation.gtf", "", "GENCODE 36"),
        ("genes.gtf",
         "##description: evidence-based annotation of the human genome (GRCh38), version 44 (E)",
         "GENCODE 44 (GRCh38)"),
        ("genes.tsv", "", None),
    ],
)  # fmt: skip
def test_the_release_is_what_the_file_says_of_itself(
    tmp_path: Path, name: str, comment: str, release: str | None
) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(comment.encode()) if name.endswith("gz") else comment.encode())

    assert guess_release(path) == release


def test_what_is_wrong_with_an_annotation_is_said_at_once(write: Write) -> None:
    bad = write("a.tsv", HEADER, "ENSG01 A 1 x 2 + c", "ENSG02 A 1 1 y up c", "ENSG03 A 1 z 2 + c")
    files = [
        bad,
        write("b.tsv", "id start", "ENSG01 1"),
        write("c.tsv", HEADER, "ENSG01 A"),
        write("d.tsv", HEADER),
    ]

    found = [finding for file in files for finding in read_annotation(file).findings]

    assert [(each.rule, each.file, each.count, each.message) for each in found] == [
        ("source_format", "a.tsv", 2,
         "positions in column 'start' of the annotation are not whole numbers"),
        ("source_format", "a.tsv", 1,
         "positions in column 'end' of the annotation are not whole numbers"),
        ("source_format", "a.tsv", 1,
         "strands of the annotation are neither '+' and '-' nor '1' and '-1'"),
        ("source_format", "b.tsv", 1,
         "an annotation has a column feature_id, ensgene, enstxp, gene_id or transcript_id"),
        ("row_length", "c.tsv", 1, "a row does not have the cells of the others"),
        ("file_empty", "d.tsv", 1, "the annotation holds no gene and no transcript"),
    ]  # fmt: skip


def test_a_cut_off_or_absent_annotation_is_refused(tmp_path: Path) -> None:
    line = gtf_line("1", "gene", 1, "+", 'gene_id "ENSG01";')
    packed = gzip.compress("".join(f"{line}{at}\n" for at in range(20_000)).encode())
    (tmp_path / "a.gtf.gz").write_bytes(packed[: len(packed) // 2])

    found = [
        read_annotation(SourceFile(label=name, path=str(tmp_path / name))).findings[0].rule
        for name in ("a.gtf.gz", "gone.gtf", "gone.tsv")
    ]

    assert found == ["file_truncated", "file_missing", "file_missing"]


def test_features_are_annotated_in_their_order_and_the_others_are_counted(write: Write) -> None:
    annotation = read(
        write, "a.tsv", HEADER, "ENSG05 A X 1 2 + c", "ENSG07 B X 3 4 - c", "ENSG07 B Y 5 6 - c"
    )
    features = pa.array(
        ["ENSG07_PAR_Y", "ENSG05_PAR_Y", "ENSG07.2", "ENSG05", "ENSG06", "ENSG08", "ENST01", "A|1"]
    )

    found = annotate(features, annotation)

    assert rows(found.table) == [
        ("ENSG07_PAR_Y", "B", "Y", 5, 6, "-", "c"),
        ("ENSG05_PAR_Y", "A", None, None, None, "+", "c"),
        ("ENSG07.2", "B", "X", 3, 4, "-", "c"),
        ("ENSG05", "A", "X", 1, 2, "+", "c"),
        *((name, *[None] * 6) for name in ("ENSG06", "ENSG08", "ENST01", "A|1")),
    ]
    assert (found.annotated, found.versioned, found.par_y) == (4, 1, 1)
    assert (found.retired, found.unknown) == (1, 3)
