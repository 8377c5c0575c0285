"""The record of an expression assay, its units and names."""

import json

import pytest

from apollo_spark.assays.expression.assay import (
    ExpressionAssay,
    LayerRecord,
    expression_assays,
    normal_chromosome,
    parse_unit,
)
from apollo_spark.errors import BrokenPinError, UsageError
from apollo_spark.model.assay import AssayRecord, name_table

COUNT = LayerRecord(unit="count", table="rna_tiles_count", storage="integer")
TPM = LayerRecord(unit="tpm", table="rna_tiles_tpm", storage="scaled", scale=3, is_default=True)


def assay(*layers: LayerRecord) -> ExpressionAssay:
    return ExpressionAssay(
        name="rna",
        uuid="u",
        feature_id_kind="ENSG",
        samples_table="rna_samples",
        features_table="rna_features",
        layers=layers,
        sample_count=3,
        feature_count=2,
        block_count=1,
    )


def test_a_stored_assay_reads_back_equal() -> None:
    stored = assay(COUNT, TPM).as_record()

    again = AssayRecord.model_validate_json(stored.to_json())

    assert again == stored
    assert ExpressionAssay.of(again) == assay(COUNT, TPM)


def test_what_only_expression_knows_is_stored_as_an_object() -> None:
    details = json.loads(assay(TPM).as_record().to_json())["details"]

    assert details["feature_id_kind"] == "ENSG"
    assert details["layers"] == [
        {"unit": "tpm", "storage": "scaled", "scale": 3, "is_default": True}
    ]


def test_an_assay_names_its_tables_by_role() -> None:
    record = assay(COUNT, TPM).as_record()

    assert record.samples_table == "rna_samples"
    assert record.table_of("tiles_tpm") == "rna_tiles_tpm"
    assert record.all_tables == ("rna_samples", "rna_features", "rna_tiles_count", "rna_tiles_tpm")
    with pytest.raises(BrokenPinError, match="names no table of tiles_fpkm"):
        record.table_of("tiles_fpkm")


def test_expression_is_found_among_assays_of_other_types() -> None:
    record = assay(COUNT).as_record()
    other = record.model_copy(update={"type": "variants"})

    assert expression_assays([other, record]) == (assay(COUNT),)


def test_the_marked_layer_answers_when_no_unit_is_named_or_else_the_first() -> None:
    assert assay(COUNT, TPM).default_layer == TPM
    assert assay(COUNT).default_layer == COUNT
    assert assay(COUNT, TPM).find_layer("count") == COUNT
    assert assay(COUNT).find_layer("tpm") is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [("count", "count"), ("FPKM-UQ", "fpkm_uq"), ("TPM", "tpm"), ("other:zScore", "other:zScore")],
)
def test_units(text: str, unit: str) -> None:
    assert parse_unit(text) == unit


@pytest.mark.parametrize("text", ["", "reads", "other:", "other:a b", "other:1", "other:a\n"])
def test_what_is_no_unit(text: str) -> None:
    with pytest.raises(UsageError, match="not a unit"):
        parse_unit(text)


def test_tables_are_named_after_their_assay() -> None:
    assert name_table("rna", "tiles_other:z") == "rna_tiles_other_z"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("chr7", "7"), ("7", "7"), ("chrX", "X"), ("chry", "Y"), ("M", "MT"), ("chrMT", "MT"),
        ("CHR_HSCHR6_MHC", "CHR_HSCHR6_MHC"), ("chrUn_KI1", "chrUn_KI1"), (" 1 ", "1"),
    ],
)  # fmt: skip
def test_chromosomes_go_by_the_names_of_ensembl(given: str, stored: str) -> None:
    assert normal_chromosome(given) == stored
