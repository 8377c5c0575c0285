"""Write a matrix of an assay to a file, piece by piece where the format allows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.read.matrix import to_anndata
from apollo_spark.assays.expression.read.matrix_memory import require_memory
from apollo_spark.assays.expression.read.people_fields import PeopleFields
from apollo_spark.assays.expression.read.reader import AssayFiles
from apollo_spark.assays.expression.read.rows import is_anndata, write_anndata, write_matrix
from apollo_spark.assays.expression.read.select import PairSelection
from apollo_spark.errors import UsageError
from apollo_spark.export.packages import need_package
from apollo_spark.export.rows import format_of, require_free

Describe = Callable[[], tuple[pa.Table | PeopleFields, pa.Table]]
"""Gives the fields of all samples and the annotation of all features."""


@dataclass(frozen=True)
class MatrixFile:
    """A matrix of an assay, and the file that it is written to.

    Attributes:
        files: The assay.
        layers: The layer; for h5ad also several, of which the first is X.
        selection: Features and samples, in the order of columns and rows.
        target: A path that ends with .csv, .tsv, .parquet or .h5ad, or `-`.
        force: Whether to overwrite an existing file.
        max_memory: Bytes of values in memory at one time.
        describe: What h5ad says about samples and features.
    """

    files: AssayFiles
    layers: Sequence[LayerRecord]
    selection: PairSelection
    target: str
    force: bool
    max_memory: int
    describe: Describe

    def write(self) -> int:
        """Write the matrix, and return its number of rows.

        Csv, tsv and Parquet are written some samples at a time, within the memory; h5ad needs the
        whole matrix. Without a feature there is no row.

        Raises:
            UsageError: The file exists, its ending names no format, several units are asked for in
                a format that holds one, or a matrix does not fit.
            BrokenPinError: A pinned table cannot be read.
            EnvironmentProblemError: The package anndata is not installed.
        """
        require_free(self.target, force=self.force)
        features, samples = self.selection.features, self.selection.samples
        if not len(features):
            samples = samples[:0]
        if is_anndata(self.target):
            write_anndata(self.anndata(), self.target, force=self.force)
            return len(samples)
        return self._write_pieces(features, samples)

    def _write_pieces(self, features: np.ndarray, samples: np.ndarray) -> int:
        if len(self.layers) > 1:
            raise UsageError(
                "A table holds one unit.", fix="Write .h5ad, or one file for each unit."
            )
        (layer,) = self.layers
        pieces = self.files.read_by_samples(layer, features, samples, max_memory=self.max_memory)
        return write_matrix(
            pieces, self.files.ids_of(features), self.target, format_of(self.target),
            whole=layer.storage == "integer", force=self.force,
        )  # fmt: skip

    def anndata(self) -> Any:
        """Return the matrix as AnnData, with what is known of its samples and features.

        Raises:
            UsageError: The matrix does not fit into memory.
            BrokenPinError: A pinned table cannot be read.
            EnvironmentProblemError: The package anndata is not installed.
        """
        need_package("anndata")
        features, samples = self.selection.features, self.selection.samples
        if not len(features):
            samples = samples[:0]
        require_memory(len(samples), len(features) * len(self.layers), self.max_memory)
        found = {
            each.unit: self.files.read_matrix(each, features, samples, max_memory=self.max_memory)
            for each in self.layers
        }
        return to_anndata(found, *self.describe())
