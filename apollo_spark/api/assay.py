"""An expression assay of one version of a dataset, as Python users see it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from apollo_spark.api.choices import (
    MATRIX_FORMS,
    TABLE_FORMS,
    Names,
    Places,
    TableTarget,
    as_table,
    choose_features,
    require_form,
    require_session,
    texts,
)
from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord, parse_unit
from apollo_spark.assays.expression.query import FeatureChoice, expression_tree
from apollo_spark.assays.expression.read.matrix import long_batches, long_schema, to_anndata
from apollo_spark.assays.expression.read.matrix_files import write_matrix_file
from apollo_spark.assays.expression.read.matrix_memory import MAX_MEMORY, ReadEstimate
from apollo_spark.assays.expression.read.select import (
    OpenAssay,
    PairSelection,
    as_pairs,
    find_annotation,
    find_layer,
    select_pairs,
)
from apollo_spark.assays.expression.read.statistics import read_statistics
from apollo_spark.errors import UsageError
from apollo_spark.export.printable import printable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from apollo_spark.engines.spark import SparkEngine

logger = logging.getLogger(__name__)

MatrixTarget = Literal["pandas", "arrow", "numpy", "anndata", "spark"]
LongTarget = Literal["arrow", "pandas", "spark"]
HANDED_OVER = 200_000
"""Most values that Spark is handed ready: planning a scan of two Delta tables costs it more."""


class Assay:
    """Features x samples in one or more units, at its pins: it reads the same values for ever.

    Args:
        record: The assay.
        reading: Its tables, open for reading.
        spark_engine: Gives the engine that answers with a session.
        sample_fields: Gives the fields of the assay's samples, with the sample's id among them.
        is_kept: Whether `record` tells what is shown alone.
    """

    def __init__(
        self,
        record: ExpressionAssay,
        reading: OpenAssay,
        *,
        spark_engine: "Callable[[SparkSession], SparkEngine]",
        sample_fields: Callable[[], pa.Table],
        is_kept: bool = False,
    ) -> None:
        self._record = record
        self._is_kept = is_kept
        self._open = reading
        self._files = reading.files
        self._spark_engine = spark_engine
        self._sample_fields = sample_fields

    @cached_property
    def record(self) -> ExpressionAssay:
        """What the record says of the assay; of a view what it shows."""
        if not self._is_kept:
            return self._record
        return self._record.told(
            samples=len(self._files.sample_ids),
            features=len(self._files.feature_ids),
        )

    def __repr__(self) -> str:
        """Return the assay with its name and size."""
        if self._open.shown is not None:
            return f"<Assay {self.name}: the features and samples that are shown>"
        features, samples = self._record.feature_count, self._record.sample_count
        return f"<Assay {self.name}: {features:,} features x {samples:,} samples>"

    @property
    def name(self) -> str:
        """The name."""
        return self._record.name

    @property
    def units(self) -> tuple[str, ...]:
        """The units, one a layer."""
        return tuple(each.unit for each in self._record.layers)

    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        symbol: Names = None,
        location: Places = None,
        unit: str | Sequence[str] | None = None,
        to: MatrixTarget = "pandas",
        max_memory: int = MAX_MEMORY,
        to_file: str | None = None,
        force: bool = False,
        dry_run: bool = False,
        spark: "SparkSession | None" = None,
    ) -> Any:
        """Return values of samples (rows) x features (columns), missing ones missing.

        Args:
            features: Ids of features, in the order of the columns; all when nothing is chosen.
            samples: Ids of samples, in the order of the rows; all when not given.
            symbol: Features of these symbols: all of them where a symbol has several.
            location: Features that overlap `"7:1000-2000"` or `("7", 1000, 2000)`, or several.
            unit: The unit; for AnnData also several, of which the first is X.
            to: `pandas` (a DataFrame), `arrow` (a table with a column sample_id), `numpy` (a
                `MatrixResult`), `anndata`, or `spark` (a long DataFrame of feature_id, sample_id,
                value).
            max_memory: Bytes that a matrix in memory may take.
            to_file: Write a csv, tsv or parquet file, piece by piece within `max_memory`, or an
                h5ad file, and return its number of rows.
            force: Whether to overwrite the file.
            dry_run: Return what the matrix would cost (a `ReadEstimate`) and read no values.
            spark: The session, for `spark`.

        Raises:
            NotFoundError: A feature, a sample or the unit is not in the assay.
            UsageError: The matrix takes more than `max_memory`.
            BrokenPinError: A pinned table cannot be read.
            EnvironmentProblemError: The package anndata is not installed.
        """
        if not dry_run and to_file is None:
            require_form(to, (*MATRIX_FORMS, "anndata", "spark"))
        layers = self._layers(unit)
        choice = choose_features(features, symbol, location)
        selection = self._select(choice, samples)
        if dry_run:
            return self._estimate(layers, selection)
        if to_file is not None:
            return write_matrix_file(
                self._files, layers, selection, to_file, force=force, max_memory=max_memory,
                describe=self._describe,
            )  # fmt: skip
        if to == "spark":
            return self._spark_frame(layers[0], choice, samples, selection, spark)
        found = {
            each.unit: self._files.read_matrix(
                each, selection.features, selection.samples, max_memory=max_memory // len(layers)
            )
            for each in layers
        }
        if to == "anndata":
            return to_anndata(found, *self._describe())
        return MATRIX_FORMS[to](replace(found[layers[0].unit], notes=selection.notes))

    def expression(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        symbol: Names = None,
        location: Places = None,
        unit: str | None = None,
        minimum: int | float | None = None,
        maximum: int | float | None = None,
        to: LongTarget = "arrow",
        max_memory: int = MAX_MEMORY,
        spark: "SparkSession | None" = None,
    ) -> Any:
        """Return measured values as rows of feature_id, sample_id and value.

        A missing value is no row. The arguments are those of `matrix`, and:

        Args:
            features: Ids of features.
            samples: Ids of samples.
            symbol: Features of these symbols.
            location: Features that overlap these places.
            unit: The unit.
            minimum: The least value.
            maximum: The largest value.
            to: `arrow`, `pandas` or `spark`.
            max_memory: Bytes that the matrix of the chosen features and samples may take.
            spark: The session, for `spark`.

        Raises:
            NotFoundError: A feature, a sample or the unit is not in the assay.
            UsageError: The values take more than `max_memory`.
            BrokenPinError: A pinned table cannot be read.
        """
        require_form(to, TABLE_FORMS)
        (layer,) = self._layers(unit)[:1]
        choice = choose_features(features, symbol, location)
        selection = self._select(choice, samples)
        if to == "spark":
            return self._spark_frame(
                layer, choice, samples, selection, spark, minimum=minimum, maximum=maximum
            )
        found = self._pairs(layer, selection, max_memory, minimum=minimum, maximum=maximum)
        return as_table(found, to)

    def features(
        self,
        *,
        ids: Names = None,
        symbol: Names = None,
        location: Places = None,
        to: TableTarget = "arrow",
        spark: "SparkSession | None" = None,
    ) -> Any:
        """Return id, symbol, chrom, start, end, strand and biotype of features."""
        choice = choose_features(ids, symbol, location)
        return as_table(find_annotation(self._open, choice), to, spark)

    def samples(self) -> tuple[str, ...]:
        """Return the ids of the samples, in the order of the assay."""
        return tuple(self._files.sample_ids.to_pylist())

    def statistics(
        self,
        of: Literal["feature", "sample"] = "feature",
        *,
        unit: str | None = None,
        to: TableTarget = "arrow",
        spark: "SparkSession | None" = None,
    ) -> Any:
        """Return the stored statistics of each feature or sample.

        `measured` counts values, `detected` those above zero; then come `total`, `mean` and
        `variance`, the sample variance (n - 1) of the measured values. No tile is read.

        Raises:
            NotFoundError: The assay has no such unit.
            UsageError: `of` is neither `feature` nor `sample`.
        """
        (layer,) = self._layers(unit)[:1]
        if of not in ("feature", "sample"):
            raise UsageError(f"Statistics are of 'feature' or 'sample', not of {of!r}.")
        found = read_statistics(self._open, layer, of, max_memory=MAX_MEMORY)
        return as_table(found, to, spark)

    def _layers(self, unit: str | Sequence[str] | None) -> tuple[LayerRecord, ...]:
        if unit is None or isinstance(unit, str):
            return (find_layer(self._record, None if unit is None else parse_unit(unit)),)
        return tuple(find_layer(self._record, parse_unit(each)) for each in dict.fromkeys(unit))

    def _select(self, choice: FeatureChoice, samples: Names) -> PairSelection:
        selection = select_pairs(self._open, choice, texts(samples), strict=True)
        for note in selection.notes:
            logger.warning(printable(note))
        return selection

    def _estimate(self, layers: Sequence[LayerRecord], selection: PairSelection) -> ReadEstimate:
        found = [
            self._files.estimate(each, selection.features, selection.samples) for each in layers
        ]
        return sum(found[1:], found[0])

    def _describe(self) -> tuple[pa.Table, pa.Table]:
        """Return the fields of all samples and the annotation of all features."""
        return self._sample_fields(), find_annotation(self._open, FeatureChoice())

    def _pairs(
        self,
        layer: LayerRecord,
        selection: PairSelection,
        max_memory: int,
        *,
        minimum: int | float | None = None,
        maximum: int | float | None = None,
    ) -> pa.Table:
        matrix = self._files.read_matrix(
            layer, selection.features, selection.samples, max_memory=max_memory
        )
        schema = long_schema(whole=layer.storage == "integer", additional={})
        batches = long_batches(matrix, minimum=minimum, maximum=maximum)
        table = pa.Table.from_batches(batches, schema)
        return table.rename_columns(["feature_id", "sample_id", "value"])

    def _spark_frame(
        self,
        layer: LayerRecord,
        choice: FeatureChoice,
        samples: Names,
        selection: PairSelection,
        spark: "SparkSession | None",
        *,
        minimum: int | float | None = None,
        maximum: int | float | None = None,
    ) -> "DataFrame":
        session = require_session(spark)
        if len(selection.features) * len(selection.samples) <= HANDED_OVER:
            found = self._pairs(layer, selection, MAX_MEMORY, minimum=minimum, maximum=maximum)
            return session.createDataFrame(found)
        pairs = as_pairs(
            self._open, selection, choice, texts(samples), minimum=minimum, maximum=maximum
        )
        tree = expression_tree(self._record, layer, pairs)
        return self._spark_engine(session).frame(tree, self._open.pins)
