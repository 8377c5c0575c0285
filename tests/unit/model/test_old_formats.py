"""Records of format 1 are read as those of today; their texts stay as they were stored."""

import json

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord
from apollo_spark.model.assay import AssayReference
from apollo_spark.model.dataset import DATASET_FORMAT, DatasetRecord
from apollo_spark.model.old_formats import in_format_2

LINEAGE = {
    "operation": "load expression",
    "fingerprint": "f",
    "actor": "ann",
    "time": "2026-03-01T00:00:00Z",
}
# As version 0.1.0 wrote it: nothing here is to be changed.
ASSAY = {
    "annotation_release": "Ensembl 110",
    "annotation_sha256": "abc",
    "block_count": 2,
    "block_size": 256,
    "entity": "patient",
    "feature_count": 3,
    "feature_id_kind": "ENSG",
    "features_table": "cells.rna_features",
    "field": "patient_id",
    "guards": [{"rule": 0, "column": "sample_id", "entity": "sample", "field": "sample_id"}],
    "layers": [
        {"is_default": True, "scale": 0, "storage": "integer", "table": "a", "unit": "count"},
        {"is_default": False, "scale": 3, "storage": "scaled", "table": "b", "unit": "other:z"},
    ],
    "link": {"table": "rna_link"},
    "model_version": "1",
    "name": "rna",
    "origin": "tables/cells/sample",
    "sample_count": 257,
    "samples_table": "cells.rna_samples",
    "type": "molecular_expression",
    "uuid": "u",
}


def stored(**changes: object) -> str:
    record = {
        "format": 1,
        "kind": "dataset",
        "name": "study",
        "version": 1,
        "id": "i",
        "main_entity": "patient",
        "entities": [],
        "pins": [],
        "lineage": LINEAGE,
        "receipt": "r",
        **changes,
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def test_an_assay_of_format_1_says_the_same_in_format_2() -> None:
    record = DatasetRecord.model_validate_json(stored(assays=[ASSAY]))

    (neutral,) = record.assays
    found = ExpressionAssay.of(neutral)
    assert record.format == DATASET_FORMAT == 2
    assert neutral.all_tables == ("cells.rna_samples", "cells.rna_features", "a", "b", "rna_link")
    assert found.reference == AssayReference(release="Ensembl 110", sha256="abc")
    assert found.layers == (
        LayerRecord(unit="count", table="a", storage="integer", is_default=True),
        LayerRecord(unit="other:z", table="b", storage="scaled", scale=3),
    )
    told = json.loads(found.to_json())
    same = set(ASSAY) - {"annotation_release", "annotation_sha256", "layers"}
    assert {name: told[name] for name in same} == {name: ASSAY[name] for name in same}


def test_what_described_no_features_is_none() -> None:
    bare = {**ASSAY, "annotation_release": None, "annotation_sha256": None}

    record = DatasetRecord.model_validate_json(stored(assays=[bare]))

    assert record.assays[0].reference is None


def test_a_record_read_from_format_1_is_stored_in_format_2() -> None:
    record = DatasetRecord.model_validate_json(stored(assays=[ASSAY]))

    again = DatasetRecord.model_validate_json(record.to_json())

    assert again == record
    assert '"format":2' in record.to_json()


def test_a_text_of_format_2_is_not_touched() -> None:
    inner = stored(format=2, title='"format":1', assays=[{"details": {"format": 1}}])

    assert '"format":1' in inner
    assert in_format_2(inner) is inner
