"""An expression assay in this process: which features and samples there are, and their matrix."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord
from apollo_spark.assays.expression.query import statistic_column
from apollo_spark.assays.expression.read.matrix import MatrixResult
from apollo_spark.assays.expression.read.matrix_memory import (
    CELL_BYTES,
    MAX_MEMORY,
    ReadEstimate,
    pieces,
    require_memory,
)
from apollo_spark.assays.expression.read.shown_features import find_known
from apollo_spark.assays.expression.read.tile_index import (
    NOT_WANTED,
    BlockPlaces,
    TileGroup,
    TileIndex,
    WantedTiles,
    find_groups,
    read_index,
)
from apollo_spark.assays.expression.read.tiles import MISSING_WHOLE, fill_matrix
from apollo_spark.engines.base import TableFiles
from apollo_spark.engines.reading import read_rows
from apollo_spark.errors import naming_only
from apollo_spark.model.pin import TablePin
from apollo_spark.query.sql import pin_named


class AssayFiles:
    """The tables of one assay at its pins. They never change, so what was read is kept.

    Args:
        files: Where pinned tables are.
        pins: Pins by table name.
        assay: The assay.
        shown: Gives the ids of the samples that are shown; None shows all of them.
    """

    def __init__(
        self,
        files: TableFiles,
        pins: Mapping[str, TablePin],
        assay: ExpressionAssay,
        *,
        shown: Callable[[], pa.Array] | None = None,
    ) -> None:
        self.assay = assay
        self._shown = shown
        self._files = files
        self._pins = pins
        self._indexes: dict[str, TileIndex] = {}

    @cached_property
    def feature_ids(self) -> pa.StringArray:
        """The ids of the features, in the order of their numbers."""
        found = self._features.sort_by("feature")
        return _one_array(found.column("feature_id"))

    @cached_property
    def sample_ids(self) -> pa.StringArray:
        """The ids of the samples, in the order in which they came."""
        return _one_array(self._samples.column("sample_id"))

    def find_features(self, ids: Sequence[str]) -> np.ndarray:
        """Return the place of each id among the features, or NOT_WANTED."""
        return _places(ids, self.feature_ids)

    def find_samples(self, ids: Sequence[str]) -> np.ndarray:
        """Return the place of each id among the samples, or NOT_WANTED."""
        return _places(ids, self.sample_ids)

    def ids_of(self, features: np.ndarray) -> tuple[str, ...]:
        """Return the ids of features at some places."""
        return tuple(self.feature_ids.take(pa.array(features)).to_pylist())

    def feature_numbers(self, places: np.ndarray) -> np.ndarray:
        """Return the numbers that features at some places have in the tiles."""
        numbers: np.ndarray = self._feature_numbers[places]
        return numbers

    def blocks_of(self, places: np.ndarray) -> np.ndarray:
        """Return the blocks in which samples at some places lie, each once."""
        return np.unique(self._block[places])

    def estimate(
        self, layer: LayerRecord, features: np.ndarray, samples: np.ndarray
    ) -> ReadEstimate:
        """Return what the matrix of features and samples at some places costs; reads footers."""
        cells = len(features) * len(samples)
        is_told = cells and self._shown is None
        groups = self._groups(layer, self._wanted(features, samples)) if is_told else ()
        return ReadEstimate(
            samples=len(samples),
            features=len(features),
            rows=cells,
            bytes=cells * CELL_BYTES,
            stored_bytes=None if self._shown else sum(each.stored_bytes for each in groups),
        )

    def read_matrix(
        self,
        layer: LayerRecord,
        features: np.ndarray,
        samples: np.ndarray,
        *,
        max_memory: int = MAX_MEMORY,
    ) -> MatrixResult:
        """Return the values of features and samples at some places, in their orders.

        Raises:
            UsageError: The matrix needs more memory than it may have.
            BrokenPinError: A file is missing or damaged.
        """
        require_memory(len(samples), len(features), max_memory)
        whole = layer.storage == "integer"
        matrix = _empty(layer, (len(features), len(samples)))
        if matrix.size:
            wanted = self._wanted(features, samples)
            filled = self._fill(layer, wanted, matrix)
        missing = None
        if whole and matrix.size and filled < matrix.size:
            missing = matrix == MISSING_WHOLE
            matrix[missing] = 0
        return MatrixResult(
            feature_ids=self.ids_of(features),
            sample_ids=tuple(self.sample_ids.take(pa.array(samples)).to_pylist()),
            values=matrix.T,
            missing=None if missing is None else missing.T,
        )

    def read_by_features(
        self, layer: LayerRecord, features: np.ndarray, samples: np.ndarray, *, max_memory: int
    ) -> Iterator[MatrixResult]:
        """Yield the matrix in pieces of all samples and as many features as memory allows.

        Raises:
            UsageError: Not even one feature fits.
            BrokenPinError: A file is missing or damaged.
        """
        for some in pieces(features, len(samples), max_memory):
            yield self.read_matrix(layer, some, samples, max_memory=max_memory)

    def read_by_samples(
        self, layer: LayerRecord, features: np.ndarray, samples: np.ndarray, *, max_memory: int
    ) -> Iterator[MatrixResult]:
        """Yield the matrix in pieces of all features and as many samples as memory allows.

        Raises:
            UsageError: Not even one sample fits.
            BrokenPinError: A file is missing or damaged.
        """
        for some in pieces(samples, len(features), max_memory):
            yield self.read_matrix(layer, features, some, max_memory=max_memory)

    def read_table(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Return columns of one of the assay's small tables.

        Raises:
            BrokenPinError: A file is missing or damaged.
        """
        return read_rows(self._files, pin_named(self._pins, name), columns)

    def stored_type(self, layer: LayerRecord) -> pa.DataType:
        """Return the type of the stored values of a layer."""
        schema = self._files.schema(pin_named(self._pins, layer.table))
        return schema.field("values").type.value_type

    def _fill(self, layer: LayerRecord, wanted: WantedTiles, matrix: np.ndarray) -> int:
        with naming_only(pin_named(self._pins, layer.table).read_by):
            return fill_matrix(self._groups(layer, wanted), wanted, layer, matrix)

    def _groups(self, layer: LayerRecord, wanted: WantedTiles) -> tuple[TileGroup, ...]:
        if layer.table not in self._indexes:
            pin = pin_named(self._pins, layer.table)
            with naming_only(pin.read_by):
                self._indexes[layer.table] = read_index(self._files.files(pin))
        return find_groups(self._indexes[layer.table], wanted)

    @cached_property
    def _features(self) -> pa.Table:
        """The features, but those that were measured in hidden samples only: they are not there."""
        measured = [statistic_column("measured", each.unit) for each in self.assay.layers]
        columns = ["feature_id", "feature"]
        if self._shown is None:
            return self.read_table(self.assay.features_table, columns)
        found = self.read_table(self.assay.features_table, [*columns, *measured])
        counts = [np.nan_to_num(_numbers(found, each)) for each in measured]
        known = find_known(
            _numbers(found, "feature"),
            np.max(counts, axis=0, initial=0),
            everybody=self.assay.sample_count,
            shown=len(self._samples),
            has_value=self._has_value,
        )
        return found.select(columns).filter(pa.array(known))

    def _has_value(self, numbers: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return whether each of some features has a value, in any unit, in one of some samples."""
        found = np.zeros(len(numbers), bool)
        wanted = self._wanted_numbers(numbers, samples)
        for layer in self.assay.layers:
            matrix = _empty(layer, (len(numbers), len(samples)))
            self._fill(layer, wanted, matrix)
            is_whole = layer.storage == "integer"
            cells = matrix != MISSING_WHOLE if is_whole else ~np.isnan(matrix)
            found |= np.asarray(cells.any(axis=1), bool)
        return found

    @cached_property
    def _feature_numbers(self) -> np.ndarray:
        return np.sort(_numbers(self._features, "feature"))

    @cached_property
    def _number_limit(self) -> int:
        """One more than the largest number of a feature in the tiles."""
        known = (
            self._features
            if self._shown is None
            else self.read_table(self.assay.features_table, ["feature"])
        )
        return int(_numbers(known, "feature").max(initial=0)) + 1

    @cached_property
    def _samples(self) -> pa.Table:
        columns = ["sample_id", "sample", "block", "position"]
        found = self.read_table(self.assay.samples_table, columns)
        if self._shown is not None:
            ids = found.column("sample_id").cast(pa.string())
            found = found.filter(pc.is_in(ids, value_set=self._shown()))
        return found.sort_by("sample")

    @cached_property
    def _block(self) -> np.ndarray:
        return _numbers(self._samples, "block")

    @cached_property
    def _position(self) -> np.ndarray:
        return _numbers(self._samples, "position")

    def _wanted(self, features: np.ndarray, samples: np.ndarray) -> WantedTiles:
        return self._wanted_numbers(self._feature_numbers[features], samples)

    def _wanted_numbers(self, numbers: np.ndarray, samples: np.ndarray) -> WantedTiles:
        columns = np.full(self._number_limit, NOT_WANTED, np.int64)
        columns[numbers] = np.arange(len(numbers))
        block, position = self._block[samples], self._position[samples]
        order = np.argsort(block, kind="stable")
        borders = np.flatnonzero(np.diff(block[order])) + 1
        parts = np.split(order, borders) if len(order) else []
        return WantedTiles(
            columns, {int(block[part[0]]): BlockPlaces(position[part], part) for part in parts}
        )


def _empty(layer: LayerRecord, shape: tuple[int, int]) -> np.ndarray:
    """Return a matrix for values of a layer, all of them missing."""
    if layer.storage == "integer":
        return np.full(shape, MISSING_WHOLE, np.int64)
    return np.full(shape, np.nan, np.float64)


def _numbers(table: pa.Table, column: str) -> np.ndarray:
    numbers: np.ndarray = table.column(column).to_numpy()
    return numbers


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.string()).combine_chunks()


def _places(ids: Sequence[str], known: pa.Array) -> np.ndarray:
    found = pc.index_in(pa.array(ids, pa.string()), value_set=known)
    places: np.ndarray = pc.fill_null(found, NOT_WANTED).to_numpy()
    return places
