"""Write a matrix of an assay to a file, piece by piece where the format allows it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.read.matrix import to_anndata
from apollo_spark.assays.expression.read.matrix_memory import require_memory
from apollo_spark.assays.expression.read.reader import AssayFiles
from apollo_spark.assays.expression.read.rows import is_anndata, write_anndata, write_matrix
from apollo_spark.assays.expression.read.select import PairSelection
from apollo_spark.errors import UsageError
from apollo_spark.export.packages import need_package
from apollo_spark.export.rows import format_of, require_free

Describe = Callable[[], tuple[pa.Table, pa.Table]]
"""Gives the fields of all samples and the annotation of all features."""


def write_matrix_file(
    files: AssayFiles,
    layers: Sequence[LayerRecord],
    selection: PairSelection,
    target: str,
    *,
    force: bool,
    max_memory: int,
    describe: Describe,
) -> int:
    """Write the matrix of a selection, and return its number of rows.

    Csv, tsv and Parquet are written some samples at a time, within the memory; h5ad needs the
    whole matrix. Without a feature there is no row.

    Args:
        files: The assay.
        layers: The layer; for h5ad also several, of which the first is X.
        selection: Features and samples, in the order of columns and rows.
        target: A path that ends with .csv, .tsv, .parquet or .h5ad, or `-`.
        force: Whether to overwrite an existing file.
        max_memory: Bytes of values in memory at one time.
        describe: What h5ad says about samples and features.

    Raises:
        UsageError: The file exists, its ending names no format, several units are asked for in a
            format that holds one, or a matrix does not fit.
        BrokenPinError: A pinned table cannot be read.
        EnvironmentProblemError: The package anndata is not installed.
    """
    require_free(target, force=force)
    if not len(selection.features):
        selection = replace(selection, samples=selection.samples[:0])
    if is_anndata(target):
        need_package("anndata")
        return _write_anndata(
            files, layers, selection, target, force=force, max_memory=max_memory, describe=describe
        )
    if len(layers) > 1:
        raise UsageError("A table holds one unit.", fix="Write .h5ad, or one file for each unit.")
    (layer,) = layers
    pieces = files.read_by_samples(
        layer, selection.features, selection.samples, max_memory=max_memory
    )
    return write_matrix(
        pieces, files.ids_of(selection.features), target, format_of(target),
        whole=layer.storage == "integer", force=force,
    )  # fmt: skip


def _write_anndata(
    files: AssayFiles,
    layers: Sequence[LayerRecord],
    selection: PairSelection,
    target: str,
    *,
    force: bool,
    max_memory: int,
    describe: Describe,
) -> int:
    require_memory(len(selection.samples), len(selection.features) * len(layers), max_memory)
    found = {
        each.unit: files.read_matrix(
            each, selection.features, selection.samples, max_memory=max_memory
        )
        for each in layers
    }
    write_anndata(to_anndata(found, *describe()), target, force=force)
    return len(selection.samples)
