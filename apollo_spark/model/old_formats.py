"""Records as earlier versions stored them: they are read for ever, and never written again."""

import json
from collections.abc import Mapping
from typing import Any

_FORMAT = "format"
_SHARED = (
    "name", "uuid", "type", "model_version", "entity", "field", "link", "origin", "guards",
    "sample_count",
)  # fmt: skip
_DETAILS = ("feature_id_kind", "feature_count", "block_count", "block_size")
_OF_LAYER = ("unit", "storage", "scale", "is_default")


def in_format_2(text: str) -> str:
    """Return the JSON of a dataset record of any format in format 2.

    In format 1 every assay was one of expression, and its tables and counts were beside its name.
    """
    # Records are many and large: only those that may be old are looked at.
    if '"format":1' not in text:
        return text
    record = json.loads(text)
    if record.get(_FORMAT) != 1:
        return text
    assays = [_assay_of_format_1(each) for each in record.get("assays", ())]
    return json.dumps({**record, _FORMAT: 2, "assays": assays})


def _assay_of_format_1(assay: Mapping[str, Any]) -> Mapping[str, Any]:
    layers = assay["layers"]
    tables = {
        "samples": assay["samples_table"],
        "features": assay["features_table"],
        **{f"tiles_{each['unit']}": each["table"] for each in layers},
    }
    release, sha256 = assay.get("annotation_release"), assay.get("annotation_sha256")
    return {
        **{name: assay[name] for name in _SHARED if name in assay},
        "tables": [{"role": role, "table": table} for role, table in tables.items()],
        "reference": {"release": release, "sha256": sha256} if release or sha256 else None,
        "details": {
            **{name: assay[name] for name in _DETAILS if name in assay},
            "layers": [{name: each[name] for name in _OF_LAYER if name in each} for each in layers],
        },
    }
