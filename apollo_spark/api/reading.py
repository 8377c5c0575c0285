"""An expression assay that is open for reading: a part of `Assay`."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from apollo_spark.api.choices import (
    Names,
    require_session,
    texts,
)
from apollo_spark.api.conditions.condition import Where
from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord, parse_unit
from apollo_spark.assays.expression.query import FeatureChoice, expression_tree
from apollo_spark.assays.expression.read.matrix import (
    long_batches,
    long_schema,
)
from apollo_spark.assays.expression.read.matrix_memory import MAX_MEMORY, ReadEstimate
from apollo_spark.assays.expression.read.people_fields import FieldChoice, PeopleFields
from apollo_spark.assays.expression.read.select import (
    OpenAssay,
    PairSelection,
    as_pairs,
    find_annotation,
    find_layer,
    select_pairs,
)
from apollo_spark.export.printable import printable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from apollo_spark.api.assay import Assay
    from apollo_spark.api.cohort import Cohort
    from apollo_spark.engines.spark import SparkEngine

logger = logging.getLogger(__name__)

HANDED_OVER = 200_000
"""Most values that Spark is handed ready: planning a scan of two Delta tables costs it more."""


class AssayReading:
    """What questions about an assay share: its tables, layers and selections; see `Assay`."""

    def __init__(
        self,
        record: ExpressionAssay,
        reading: OpenAssay,
        *,
        spark_engine: "Callable[[SparkSession], SparkEngine]",
        sample_fields: Callable[[], pa.Table],
        people_fields: Callable[[FieldChoice], PeopleFields],
        limited: "Callable[[str | Cohort | None, Where | None], Assay]",
        is_kept: bool = False,
    ) -> None:
        self._limited = limited
        self._record = record
        self._is_kept = is_kept
        self._open = reading
        self._files = reading.files
        self._spark_engine = spark_engine
        self._sample_fields = sample_fields
        self._people_fields = people_fields

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

    def _describe(self, choice: FieldChoice | None) -> tuple[pa.Table | PeopleFields, pa.Table]:
        """Return the fields of all samples and the annotation of all features."""
        features = find_annotation(self._open, FeatureChoice())
        return self._sample_fields() if choice is None else self._people_fields(choice), features

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
