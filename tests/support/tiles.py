"""A small expression assay as pinned Parquet files, written from plain matrices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord, Storage
from apollo_spark.assays.expression.query import STATISTICS, statistic_column
from apollo_spark.model.assay import name_table
from apollo_spark.model.pin import TablePin
from tests.support.tables import pin

NAN = float("nan")
ASSAY = "rna"
_TYPES = {"integer": pa.int32(), "scaled": pa.int32(), "double": pa.float64()}


@dataclass
class TileTables:
    """The tables of one assay: Parquet files of a folder, each table with a pin."""

    folder: Path
    assay: ExpressionAssay
    schemas: dict[str, pa.Schema] = field(default_factory=dict)

    @property
    def pins(self) -> dict[str, TablePin]:
        return {name: pin(name) for name in self.schemas}

    def files(self, pin: TablePin) -> list[str]:
        return sorted(str(each) for each in (self.folder / pin.table).glob("*.parquet"))

    def schema(self, pin: TablePin) -> pa.Schema:
        return self.schemas[pin.table]

    def write(self, name: str, tables: Sequence[pa.Table], *, group_rows: int = 1024) -> None:
        (self.folder / name).mkdir(parents=True)
        self.schemas[name] = tables[0].schema
        for number, each in enumerate(tables):
            path = self.folder / name / f"part-{number}.parquet"
            pq.write_table(each, path, row_group_size=group_rows, compression="zstd")


def write_assay(
    folder: Path,
    feature_ids: Sequence[str],
    sample_ids: Sequence[str],
    units: Mapping[str, Any],
    *,
    annotation: Mapping[str, Sequence[Any]] | None = None,
    block_size: int = 3,
    group_rows: int = 2,
    files: int = 2,
) -> TileTables:
    """Write matrices of features x samples, with NaN where a value is missing.

    Each file holds a range of features, ordered by block and feature.
    """
    matrices = {unit: np.array(each, dtype=np.float64) for unit, each in units.items()}
    layers = tuple(
        _layer(unit, each, is_default=number == 0)
        for number, (unit, each) in enumerate(matrices.items())
    )
    assay = ExpressionAssay(
        name=ASSAY, uuid="id", feature_id_kind="any", samples_table=f"{ASSAY}_samples",
        features_table=f"{ASSAY}_features", layers=layers, sample_count=len(sample_ids),
        feature_count=len(feature_ids), block_count=-(-len(sample_ids) // block_size),
        block_size=block_size,
    )  # fmt: skip
    tables = TileTables(folder, assay)
    for layer in layers:
        parts = np.array_split(np.arange(len(feature_ids)), files)
        tiles = [
            _tiles(feature_ids, matrices[layer.unit], layer, each, block_size) for each in parts
        ]
        tables.write(layer.table, tiles, group_rows=group_rows)
    place = np.arange(len(sample_ids), dtype=np.int32)
    samples = {"sample_id": list(sample_ids), "sample": place, "block": place // block_size}
    samples |= {"position": place % block_size, **_statistics(matrices, axis=0)}
    tables.write(assay.samples_table, [pa.table(samples)])
    empty = {each: pa.nulls(len(feature_ids), type_) for each, type_ in _ANNOTATION.items()}
    features = {
        "feature_id": list(feature_ids),
        "feature": np.arange(len(feature_ids), dtype=np.int32),
        **empty,
        **{name: pa.array(each, _ANNOTATION[name]) for name, each in (annotation or {}).items()},
        **_statistics(matrices, axis=1),
    }
    # The order of the rows of this table says nothing.
    tables.write(assay.features_table, [pa.table(features).take(_reversed(len(feature_ids)))])
    return tables


_ANNOTATION = {
    "symbol": pa.string(), "chrom": pa.string(), "start": pa.int64(), "end": pa.int64(),
    "strand": pa.string(), "biotype": pa.string(),
}  # fmt: skip


def _reversed(count: int) -> pa.Array:
    return pa.array(np.arange(count)[::-1])


def _layer(unit: str, matrix: np.ndarray, *, is_default: bool) -> LayerRecord:
    storage, scale = _storage(matrix)
    table = name_table(ASSAY, f"tiles_{unit}")
    return LayerRecord(unit=unit, table=table, storage=storage, scale=scale, is_default=is_default)


def _storage(matrix: np.ndarray) -> tuple[Storage, int]:
    known = matrix[~np.isnan(matrix)]
    for scale in range(10):
        with np.errstate(over="ignore"):
            scaled = np.rint(known * 10.0**scale)
        if (scaled / 10.0**scale == known).all() and (np.abs(scaled) < 2**31).all():
            return ("scaled" if scale else "integer"), scale
    return "double", 0


def _tiles(
    feature_ids: Sequence[str],
    matrix: np.ndarray,
    layer: LayerRecord,
    features: np.ndarray,
    block_size: int,
) -> pa.Table:
    rows = []
    stored = matrix * 10.0**layer.scale if layer.storage == "scaled" else matrix
    for block, start in enumerate(range(0, matrix.shape[1], block_size)):
        for feature in features.tolist():
            values = stored[feature, start : start + block_size].tolist()
            items = [None if each != each else each for each in values]  # noqa: PLR0124 NaN
            if layer.storage != "double":
                items = [None if each is None else round(each) for each in items]
            rows.append((feature, feature_ids[feature], block, items))
    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    type_ = pa.list_(pa.field("element", _TYPES[layer.storage]))
    schema = pa.schema(
        [("feature", pa.int32()), ("feature_id", pa.string()), ("block", pa.int32()),
         ("values", type_)]
    )  # fmt: skip
    arrays = [pa.array(list(each), kind.type) for each, kind in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _statistics(matrices: Mapping[str, np.ndarray], *, axis: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for unit, matrix in matrices.items():
        known = np.where(np.isnan(matrix), 0, matrix)
        count = (~np.isnan(matrix)).sum(axis=axis)
        total = known.sum(axis=axis)
        mean = np.divide(total, count, out=np.full(len(total), NAN), where=count > 0)
        off = np.where(np.isnan(matrix), 0, matrix - np.expand_dims(mean, axis))
        variance = np.divide(
            (off**2).sum(axis=axis), count - 1, out=np.full(len(total), NAN), where=count > 1
        )
        detected = (known > 0).sum(axis=axis).astype(np.int64)
        columns = (count.astype(np.int64), detected, total, mean, variance)
        for name, values in zip(STATISTICS, columns, strict=True):
            found[statistic_column(name, unit)] = values
    return found
