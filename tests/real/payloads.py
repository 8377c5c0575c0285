"""The original's expression filters as it sends them on, held against rows in plain Python."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

CONDITIONS = {
    "is": lambda value, given: value == given,
    "in": lambda value, given: value in given,
    "between": lambda value, given: given[0] <= value <= given[1],
    "less-than-eq": lambda value, given: value <= given,
    "greater-than-eq": lambda value, given: value >= given,
}


def holds(payload: Mapping[str, Any], row: Row) -> bool:
    """Whether a row fulfils a payload; columns are named `table$column`."""
    parts = [holds(each, row) for each in payload.get("compound", ())]
    for name, conditions in payload.get("filters", {}).items():
        value = row[name]
        parts.append(
            value is not None
            and all(CONDITIONS[each["condition"]](value, each["values"]) for each in conditions)
        )
    return any(parts) if payload.get("logic") == "or" else all(parts)


def columns_of(cell: Row) -> dict[str, Any]:
    """Return a cell with its annotation by the names that the three mappings have."""
    names = {"chr": "chrom", "CHROM": "chrom", "start": "start", "end": "end",
             "gene_name": "symbol", "feature_id": "feature_id"}  # fmt: skip
    values = {name: cell[name] for name in ("feature_id", "sample_id", "value")}
    annotation = {name: cell[own] for name, own in names.items()}
    return {
        **{f"expression${name}": value for name, value in values.items()},
        **{f"expr_annotation${name}": value for name, value in annotation.items()},
        **{
            f"expression_read_optimized${name}": value
            for name, value in {**values, **annotation}.items()
        },
    }
