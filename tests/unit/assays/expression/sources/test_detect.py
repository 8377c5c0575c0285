"""What a file is, by its columns and rows, and what is said when that is not what was stated."""

import gzip
from pathlib import Path

import pytest

from apollo_spark.assays.expression.sources.files.detected import Detected, Detection
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.formats.detect import (
    detect_sample_file,
    detect_source,
    require_format,
)
from apollo_spark.assays.expression.sources.formats.header import HOW_TO_READ, R_NOTE
from apollo_spark.errors import UsageError
from tests.unit.assays.expression.sources.conftest import Write

QUANT = ("Name Length EffectiveLength TPM NumReads", "ENST01.1 10 9 1.5 3")
STAR = ("N_unmapped 5 5 5", "N_multimapping 1 1 1", "ENSG01 3 1 2")
HTSEQ = ("ENSG01 3", "ENSG02 4", "__no_feature 9")


def findings(detection: Detection) -> list[tuple[str, str | None, str]]:
    return [(each.rule, each.file, each.message) for each in detection.findings]


def only(detection: Detection) -> Detected:
    assert findings(detection) == []
    assert len(detection.files) == 1
    return detection.files[0]


def names(detected: Detected) -> tuple[list[str], list[str], list[str]]:
    """Ids, columns beside the values, and values, by name."""
    return (
        [detected.header[at] for at in detected.id_columns],
        [each.name for each in detected.metadata_columns],
        [each.name for each in detected.value_columns],
    )


def test_a_matrix_of_genes_by_samples_in_commas(write: Write) -> None:
    file = write("m.csv", "feature_id s1 s2", "ENSG01 1 2", delimiter=",")

    assert only(detect_source([file])) == Detected(
        file=file,
        format="matrix",
        orientation="features_by_samples",
        delimiter=",",
        compression="none",
        header=("feature_id", "s1", "s2"),
        id_columns=(0,),
        value_columns=({"index": 1, "name": "s1"}, {"index": 2, "name": "s2"}),
        data_start=17,
        data_line=2,
    )


def test_a_blank_first_header_cell_is_fine(write: Write) -> None:
    found = only(detect_source([write("m.txt.gz", " s1 s2", "ENSG01 1 2")]))

    assert (found.format, found.compression, found.notes) == ("matrix", "gzip", ())
    assert names(found) == ([""], [], ["s1", "s2"])


def test_a_header_without_a_name_above_the_row_names_is_shifted_and_said(write: Write) -> None:
    found = only(detect_source([write("m.txt", "s1 s2", "ENSG01 1 2", "ENSG02 3 4")]))

    assert names(found) == ([""], [], ["s1", "s2"])
    assert found.notes == (R_NOTE,)


def test_rows_that_end_in_a_delimiter_are_no_shifted_header(write: Write) -> None:
    file = write("m.txt", "id s1 s2", "ENSG01 1 2 ", "ENSG02 3 4 ")

    assert findings(detect_source([file])) == [
        ("matrix_header", "m.txt", "the header has 3 columns and the rows below it have 4"),
    ]


def test_a_missing_header_is_said(write: Write) -> None:
    assert findings(detect_source([write("m.txt", "ENSG01 1 2", "ENSG02 3 4")])) == [
        ("matrix_header", "m.txt",
         ("the first line is a row of values, and a header with the sample ids is missing; "
         f"{HOW_TO_READ}")),
    ]  # fmt: skip


def test_one_row_of_wrong_length_is_left_to_the_check_of_rows(write: Write) -> None:
    file = write("m.txt", "id s1 s2", "ENSG01 1 2", "ENSG02 3", "ENSG03 4 5")

    assert names(only(detect_source([file]))) == (["id"], [], ["s1", "s2"])


def test_columns_beside_the_values_are_known_by_name_or_by_text(write: Write) -> None:
    file = write(
        "m.tsv", "gene_id gene_name entrez remark s1 s2 end",
        "ENSG01 A 1 x 1 2 9", "ENSG02 B 2 y 3 4 8",
    )  # fmt: skip

    found = only(detect_source([file]))

    assert names(found) == (["gene_id"], ["gene_name", "entrez", "remark", "end"], ["s1", "s2"])
    assert found.notes == (
        (
            "columns beside the values were not taken for samples or features: "
            "'gene_name', 'entrez', 'end' and column 4 (--sample-columns says otherwise)"
        ),
    )


def test_a_sample_with_texts_stays_a_sample(write: Write) -> None:
    """Its cells are wrong or missing, which is for the checks to say."""
    file = write(
        "m.tsv", "gene_id s1 s2 s3", "ENSG01 NA 1 2", "ENSG02 NA oops 3", "ENSG03 NA ouch 4"
    )

    assert names(only(detect_source([file]))) == (["gene_id"], [], ["s1", "s2", "s3"])


def test_text_between_values_is_a_wrong_value_and_no_description(write: Write) -> None:
    file = write("m.tsv", "gene_id s1 s2 s3", "ENSG01 1 low 2", "ENSG02 1 high 3")

    assert names(only(detect_source([file]))) == (["gene_id"], [], ["s1", "s2", "s3"])


def test_ensembl_ids_are_found_behind_other_ids(write: Write) -> None:
    file = write("m.tsv", "feature_id ensembl_gene_id s1", "A|1 ENSG01 5", "B|2 ENSG02 6")

    ensembl = only(detect_source([file]))
    as_they_are = only(detect_source([file], reading=Reading(id_rule="any")))

    assert names(ensembl) == (["ensembl_gene_id"], ["feature_id"], ["s1"])
    assert ensembl.notes[0] == (
        "feature ids were taken from column 'ensembl_gene_id' "
        "(--feature-ids any takes the first column)"
    )
    assert names(as_they_are) == (["feature_id"], ["ensembl_gene_id"], ["s1"])


def test_samples_by_features_is_recognised_by_the_header(write: Write) -> None:
    file = write("m.tsv", "sample age ENSG01 ENSG02", "s1 61 1 2", "s2 50 3 4", "s3 50 3 4")

    found = only(detect_source([file]))

    assert found.orientation == "samples_by_features"
    assert names(found) == (["sample"], ["age"], ["ENSG01", "ENSG02"])
    assert found.notes[0] == "the header holds Ensembl ids, so rows are samples"


def test_leading_texts_name_a_sample_together_where_the_first_does_not(write: Write) -> None:
    header = "individual status treatment ENSG01"
    file = write("m.tsv", header, "c1 well none 1", "c1 well drug 2", "c2 well none 3")

    found = only(detect_source([file]))

    assert names(found) == (["individual", "status", "treatment"], [], ["ENSG01"])
    assert found.notes[1] == (
        "sample ids are columns 'individual', 'status', 'treatment' joined by '-'"
    )


def test_leading_texts_are_beside_the_values_where_the_first_names_the_sample(
    write: Write,
) -> None:
    file = write("m.tsv", "sample status ENSG01", "s1 well 1", "s2 well 2")

    assert names(only(detect_source([file]))) == (["sample"], ["status"], ["ENSG01"])


def test_the_first_column_tells_the_sides_of_unknown_ids(write: Write) -> None:
    rows = write("a.tsv", "gene x y", "p 1 2", "q 3 4")
    columns = write("b.tsv", "sample_id p q", "x 1 3", "y 2 4")

    assert only(detect_source([rows])).orientation == "features_by_samples"
    assert only(detect_source([columns])).orientation == "samples_by_features"


def test_without_any_hint_the_longer_side_is_taken_and_said(write: Write) -> None:
    found = only(detect_source([write("m.tsv", "id x", "p 1", "q 3")]))

    assert found.orientation == "features_by_samples"
    assert found.notes == (
        (
            "no side has Ensembl ids; the longer side was taken for the features, so rows are "
            "features (name the first column of the header feature_id or sample_id to have it read "
            "otherwise)"
        ),
    )


def test_a_square_of_unknown_ids_cannot_be_told(write: Write) -> None:
    assert findings(detect_source([write("m.tsv", "id x y", "p 1 2", "q 3 4")])) == [
        ("source_format", "m.tsv",
         ("it cannot be told which side holds the features: the matrix has as many rows as "
         "columns; name the first column of the header feature_id or sample_id")),
    ]  # fmt: skip


def test_columns_without_name_are_found(write: Write) -> None:
    detection = detect_source([write("m.tsv", "id s1  s1 ", "ENSG01 1 2 3 4")])

    assert findings(detection) == [
        ("matrix_header", "m.tsv", "columns have no name in the header: 3, 5"),
    ]


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (QUANT, "salmon"),
        (("target_id length eff_length est_counts tpm", "ENST01 9 8 1 2"), "kallisto"),
        (STAR, "star"),
        (HTSEQ, "htseq"),
        (("sample_id file", "s1 s1.tsv"), "manifest"),
        (("sample_id feature_id value", "s1 ENSG01 2"), "long"),
        (("feature_id sample_id expression chrom", "ENSG01 s1 2 7"), "long"),
        (("id s1", "ENSG01 2"), "matrix"),
    ],
)
def test_formats_are_recognised_and_may_be_stated(
    write: Write, lines: tuple[str, ...], word: str
) -> None:
    file = write("f.txt", *lines)

    assert detect_source([file]).format == word
    assert detect_source([file], stated=word).format == word


def test_long_columns_are_found_in_any_order(write: Write) -> None:
    found = only(detect_source([write("l.tsv", "sample value remark gene", "s1 2 x ENSG01")]))

    assert (found.id_columns, found.sample_column) == ((3,), 0)
    assert names(found) == (["gene"], ["remark"], ["value"])


def test_three_columns_of_any_name_are_long_only_where_that_is_stated(write: Write) -> None:
    file = write("l.tsv", "a b c", "ENSG01 s1 2", "ENSG01 s2 3")

    assert detect_source([file]).format == "matrix"
    found = only(detect_source([file], stated="long"))
    assert (found.id_columns, found.sample_column, names(found)[2]) == ((0,), 1, ["c"])


def test_rows_without_header_are_given_the_names_of_their_format(write: Write) -> None:
    star = only(detect_source([write("s.tab", "# a comment", *STAR)]))
    htseq = only(detect_source([write("h.txt", *HTSEQ[:2])], stated="htseq"))

    assert (star.has_header, star.header) == (
        False,
        ("gene_id", "unstranded", "forward", "reverse"),
    )
    assert (star.data_start, star.data_line) == (len("# a comment\n"), 2)
    assert (htseq.has_header, htseq.header, htseq.data_start) == (False, ("feature_id", "count"), 0)


def test_old_and_new_outputs_of_sailfish_may_be_stated(write: Write) -> None:
    assert detect_source([write("quant.sf", *QUANT)], stated="sailfish").format == "sailfish"


def test_a_wrong_statement_says_what_was_found(write: Write) -> None:
    matrix = write("m.tsv", "id s1", "ENSG01 2")

    assert findings(detect_source([matrix], stated="long")) == [
        ("source_format", "m.tsv",
         ("the file was said to be a long table of feature, sample and value, and it looks like "
         "a matrix (2 columns)")),
    ]  # fmt: skip
    assert detect_source([matrix], stated="manifest").findings[0].rule == "source_format"


def test_files_of_one_source_have_one_format_and_orientation(write: Write) -> None:
    files = [
        write("a.tsv", "id s1", "ENSG01 2"),
        write("b.tsv", "id s2", "ENSG01 2"),
        write("c.tsv", "sample ENSG01", "s3 2"),
        write("d.tsv", *QUANT),
    ]

    detection = detect_source(files)

    assert (detection.format, [each.file for each in detection.files]) == ("matrix", files[:2])
    assert findings(detection) == [
        ("source_format", "c.tsv",
         "the matrix is turned: most of the source is features by samples"),
        ("source_format", "d.tsv",
         "the file is an output of Salmon, and most of the source is a matrix"),
    ]  # fmt: skip


def test_a_manifest_is_set_apart_from_the_files_given_with_it(write: Write) -> None:
    sample = write("s1.tsv", "id n", "ENSG01 2")
    manifest = write("manifest.csv", "sample_id file", "s1 s1.tsv", delimiter=",")

    for stated in ("auto", "manifest"):
        detection = detect_source([manifest, sample], stated=stated)
        assert (detection.format, detection.beside) == ("manifest", (sample,))
        assert only(detection).file == manifest


def test_all_unreadable_files_are_reported_together(write: Write, tmp_path: Path) -> None:
    packed = gzip.compress(b"id\ts1\n" + b"ENSG01\t2\n" * 2000)
    (tmp_path / "cut.tsv.gz").write_bytes(packed[: len(packed) // 2])
    cut = write("x.tsv").model_copy(
        update={"label": "cut.tsv.gz", "path": str(tmp_path / "cut.tsv.gz")}
    )
    empty, header_only = write("empty.tsv"), write("header.tsv", "id s1")

    assert findings(detect_source([cut, empty, header_only])) == [
        ("file_truncated", "cut.tsv.gz", "the compressed file is cut off or damaged"),
        ("file_empty", "empty.tsv", "the file has no header"),
        ("file_empty", "header.tsv", "the file has no rows below its header"),
    ]


def test_a_file_of_a_manifest_holds_one_sample(write: Write) -> None:
    assert detect_sample_file(write("a.tsv", "id n", "ENSG01 2")).findings == ()
    assert detect_sample_file(write("quant.sf", *QUANT)).findings == ()

    found = detect_sample_file(write("b.tsv", "id s1 s2", "ENSG01 2 3")).findings

    assert [(each.rule, each.message) for each in found] == [
        ("source_format", "a manifest names files of one sample, and this is a matrix of 2 samples")
    ]


def test_a_word_that_is_no_format_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="did you mean 'salmon'"):
        require_format("salmonn")


def test_ensembl_ids_on_both_sides_cannot_be_told(write: Write) -> None:
    file = write("m.tsv", "id ENSG01 ENSG02 ENSG03", "ENSG01 1 2 3", "ENSG02 4 5 6")

    assert findings(detect_source([file])) == [
        (
            "source_format",
            "m.tsv",
            (
                "it cannot be told which side holds the features: "
                "both the header and the rows hold Ensembl ids"
            ),
        )
    ]


def test_ids_and_numbers_alone_are_no_output_of_htseq_unless_that_is_stated(write: Write) -> None:
    file = write("h.txt", *HTSEQ[:2])

    assert [each.rule for each in detect_source([file]).findings] == ["matrix_header"]
    assert detect_source([file], stated="htseq").findings == ()
