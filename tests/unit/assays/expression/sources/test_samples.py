"""Whose values a file holds, and in which column."""

from pathlib import Path

import pytest

from apollo_spark.assays.expression.sources.files.files import find_files
from apollo_spark.assays.expression.sources.formats.detect import detect_source
from apollo_spark.assays.expression.sources.formats.manifest import read_manifest
from apollo_spark.assays.expression.sources.formats.samples import (
    NamedSampleFile,
    compile_pattern,
    find_repeated_columns,
    find_repeated_rows,
    find_samples_across,
    name_from_alignment,
    name_from_path,
    name_samples,
    rename_alignments,
)
from apollo_spark.errors import UsageError
from tests.unit.assays.expression.sources.conftest import Write

QUANT = ("Name Length EffectiveLength TPM NumReads", "ENST01.1 10 9 1.5 3")
STAR = ("N_unmapped 5 5 5", "ENSG01 3 1 2")
GDC = (
    "# gene-model: GENCODE v36",
    (
        "gene_id gene_name gene_type unstranded stranded_first stranded_second "
        "tpm_unstranded fpkm_unstranded fpkm_uq_unstranded"
    ),
    "ENSG01.1 A x 3 1 2 0.1 0.2 0.3",
)


@pytest.mark.parametrize(
    ("path", "word", "sample"),
    [
        ("quants/S1/quant.sf.gz", "salmon", "S1"),
        ("S1_quant.sf", "salmon", "S1"),
        ("out/S1/abundance.tsv", "kallisto", "S1"),
        ("S1.genes.results.gz", "rsem", "S1"),
        ("S1.isoforms.results", "rsem", "S1"),
        ("S1_subsampReadsPerGene.out.tab", "star", "S1_subsamp"),
        ("S1/ReadsPerGene.out.tab", "star", "S1"),
        ("a/S1.htseq-count.txt", "htseq", "S1"),
        ("S1/t_data.ctab", "stringtie", "S1"),
        ("u/S1.rna_seq.augmented_star_gene_counts.tsv", "gdc", "S1"),
        ("u/S1.v2.tsv.gz", "matrix", "S1.v2"),
        ("u/plain", "htseq", "plain"),
    ],
)
def test_a_file_or_its_folder_names_the_sample(path: str, word: str, sample: str) -> None:
    assert name_from_path(path, word) == sample


def test_a_sample_of_feature_counts_is_the_name_of_its_alignment() -> None:
    pattern = compile_pattern(r"([^/]+)/Aligned")

    assert name_from_alignment("bam/S1.sorted.bam") == "S1.sorted"
    assert name_from_alignment(r"C:\run\S2.SAM") == "S2"
    assert name_from_alignment("S3/Aligned.out.bam", pattern) == "S3"


def test_columns_of_feature_counts_get_the_names_of_samples(write: Write) -> None:
    header = "Geneid Chr Start End Strand Length gene_name a/S1.bam a/S2.bam"
    file = write("f.txt", "# Program:featureCounts", header, "ENSG01 1;1 5;6 7;8 +;+ 9 A 3 4")

    found = rename_alignments(detect_source([file]).files[0])

    assert [(each.index, each.name) for each in found.value_columns] == [(7, "S1"), (8, "S2")]


def test_files_are_described_for_the_tasks(write: Write) -> None:
    quant, gdc = write("S1/quant.sf.gz", *QUANT), write("S2.x.tsv", *GDC)

    salmon = name_samples(detect_source([quant]).files, "expected_count")
    strand = name_samples(detect_source([gdc]).files, "count", strand="reverse")

    assert salmon.files == (
        NamedSampleFile(
            sample_id="S1", path=quant.path, label="S1/quant.sf.gz", delimiter="\t",
            compression="gzip", header=("Name", "Length", "EffectiveLength", "TPM", "NumReads"),
            data_start=41, data_line=2, id_column=0, value_column=4,
        ),
    )  # fmt: skip
    assert [(each.sample_id, each.data_line, each.value_column) for each in strand.files] == [
        ("S2.x", 3, 5)
    ]


def test_a_file_without_header_has_nothing_above_its_rows(write: Write) -> None:
    found = name_samples(detect_source([write("S1ReadsPerGene.out.tab", *STAR)]).files, "count")

    assert [(each.data_start, each.data_line, each.value_column) for each in found.files] == [
        (0, 1, 1)
    ]


def test_a_column_of_any_name_is_another_unit(write: Write) -> None:
    files = detect_source([write("S1/quant.sf", *QUANT)]).files

    assert name_samples(files, "other:effectivelength").files[0].value_column == 2


def test_an_absent_unit_is_refused_with_those_that_are_there(write: Write) -> None:
    files = detect_source([write("S1/quant.sf", *QUANT), write("S2/quant.sf", *QUANT)]).files

    found = name_samples(files, "count").findings

    assert [(each.rule, each.file, each.message) for each in found] == [
        ("source_format", f"{sample}/quant.sf",
         "Salmon quant.sf has no column of unit 'count'; it has 'tpm', 'expected_count'")
        for sample in ("S1", "S2")
    ]  # fmt: skip


def test_a_pattern_names_samples_and_must_find_each(write: Write) -> None:
    files = detect_source([write("run7/S1/quant.sf", *QUANT), write("S2/quant.sf", *QUANT)]).files

    found = name_samples(files, "tpm", pattern=compile_pattern(r"run\d+/([^/]+)/"))

    assert [each.sample_id for each in found.files] == ["S1"]
    assert [(each.rule, each.file) for each in found.findings] == [("manifest_file", "S2/quant.sf")]


def test_a_pattern_that_is_no_expression_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        compile_pattern("(")


def test_two_files_of_one_sample_are_refused_and_its_id_goes_to_the_report(write: Write) -> None:
    files = detect_source([write("a/S1/quant.sf", *QUANT), write("b/S1/quant.sf", *QUANT)]).files

    found = name_samples(files, "tpm").findings

    assert [(each.rule, each.message) for each in found] == [
        ("sample_repeated", "files are of one sample: 'a/S1/quant.sf', 'b/S1/quant.sf'")
    ]
    assert found[0].places[0].value == "S1"


def test_samples_that_stand_again_are_found_by_columns_rows_and_files(write: Write) -> None:
    (matrix,) = detect_source([write("m.tsv", "id s1  s1 s2 ", "ENSG01 1 2 3 4 5")]).files

    found = [
        *find_repeated_columns(matrix),
        *find_repeated_rows(["s1", "", "s1", ""], [2, 3, 5, 6], "t.tsv"),
        *find_samples_across([["s1", "s1", ""], ["s3", "s1", ""]], ["a.tsv", "b.tsv"]),
    ]

    assert [(each.file, each.line, each.message) for each in found] == [
        ("m.tsv", 1, "columns name samples that occur again: 2, 4"),
        ("t.tsv", 5, "rows name samples that earlier rows name"),
        ("b.tsv", None, "samples are in a.tsv too"),
    ]
    rules = [each.rule for each in found]
    assert rules == ["header_repeated_column", "sample_repeated", "sample_repeated"]
    values = [[place.value for place in each.places] for each in found]
    assert values == [["s1", "s1"], ["s1"], ["s1"]]


def test_a_manifest_names_files_relative_to_itself(write: Write) -> None:
    sample = write("deep/s/one.tsv", "id n", "ENSG01 2")
    manifest = write("deep/m.csv", "file,sample_id,batch", "s/one.tsv,S1,7")

    found = read_manifest(manifest)

    assert found.findings == ()
    assert [(each.sample_id, each.file.label, each.file.path) for each in found.rows] == [
        ("S1", "deep/s/one.tsv", sample.path)
    ]
    assert found.notes == ("columns of the manifest were not read: 'batch'",)


def test_everything_wrong_with_a_manifest_is_found_at_once(write: Write) -> None:
    one, two = write("one.tsv", "id n", "ENSG01 2"), write("two.tsv", "id n", "ENSG01 2")
    manifest = write(
        "m.csv", "sample_id,file", "S1,one.tsv", "S2,gone.tsv", "S3,", ",one.tsv", "S1,one.tsv"
    )

    found = read_manifest(manifest, beside=[one, two])

    assert [
        (each.rule, each.file, [place.line for place in each.places], each.message)
        for each in found.findings
    ] == [
        ("manifest_file", "m.csv", [4], "a row names no file"),
        ("manifest_file", "m.csv", [5], "a row names no sample"),
        ("manifest_file", "m.csv", [3], "a row names a file that is not there"),
        ("sample_repeated", "m.csv", [6], "a row names a sample that an earlier row names"),
        ("manifest_file", "m.csv", [5, 6], "a row names a file that an earlier row names"),
        ("manifest_file", "two.tsv", [], "the file has no row in the manifest m.csv"),
    ]


def test_a_manifest_without_its_columns_or_rows_is_refused(write: Write) -> None:
    other = read_manifest(write("a.csv", "sample,path", "S1,x"))
    empty = read_manifest(write("b.csv", "sample_id,file"))

    assert [each.rule for each in (*other.findings, *empty.findings)] == [
        "source_format",
        "file_empty",
    ]


def test_a_folder_gives_the_files_that_a_quantifier_writes(write: Write, tmp_path: Path) -> None:
    write("q/S1/quant.sf.gz", *QUANT)
    write("q/S1/cmd_info.json", "{}")
    write("q/S2/quant.sf", *QUANT)

    found = find_files([str(tmp_path / "q")], "auto")

    assert [Path(each.path).parent.name for each in found.files] == ["S1", "S2"]
    assert (found.findings, found.notes) == ((), ())


def test_a_folder_of_two_quantifiers_wants_a_statement(write: Write, tmp_path: Path) -> None:
    write("q/S1/quant.sf", *QUANT)
    write("q/S1/abundance.tsv", "x")

    auto, stated = find_files([str(tmp_path / "q")], "auto"), find_files([str(tmp_path)], "salmon")
    other = find_files([str(tmp_path / "q")], "rsem")

    assert [each.rule for each in (*auto.findings, *other.findings)] == ["source_format"] * 2
    assert [each.path.endswith("quant.sf") for each in stated.files] == [True]


def test_of_two_outputs_of_one_quantifier_the_first_kind_counts_and_that_is_said(
    write: Write, tmp_path: Path
) -> None:
    write("S1.genes.results", "x")
    write("S1.isoforms.results", "x")

    found = find_files([str(tmp_path)], "auto")

    assert [Path(each.path).name for each in found.files] == ["S1.genes.results"]
    assert found.notes == (
        (
            f"{tmp_path}: 1 files named *.isoforms.results were left out; "
            "the folder also holds *.genes.results, which comes first"
        ),
    )


def test_plain_files_of_a_folder_and_what_is_not_there(write: Write, tmp_path: Path) -> None:
    write("m/b.tsv", "x")
    write("m/a.csv.gz", "x")
    write("m/notes.md", "x")
    (tmp_path / "none").mkdir()

    found = find_files([str(tmp_path / each) for each in ("m", "none", "gone")], "auto")

    assert [Path(each.path).name for each in found.files] == ["a.csv.gz", "b.tsv"]
    assert [(each.rule, each.message) for each in found.findings] == [
        ("file_missing", "the folder holds no data file"),
        ("file_missing", "the file or folder is not there"),
    ]
