"""An expression assay of one version of a dataset, as Python users see it."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

import pyarrow as pa
from typing_extensions import Unpack

from apollo_spark.api.choices import (
    Names,
    Places,
    TableTarget,
    as_table,
    choose_features,
)
from apollo_spark.api.conditions.condition import Where
from apollo_spark.api.forms import (
    FeatureOptions,
    StatisticsOptions,
)
from apollo_spark.api.values import AssayValues
from apollo_spark.assays.expression.assay import ExpressionAssay
from apollo_spark.assays.expression.read.matrix_memory import MAX_MEMORY
from apollo_spark.assays.expression.read.select import (
    find_annotation,
)
from apollo_spark.assays.expression.read.statistics import read_statistics
from apollo_spark.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from apollo_spark.api.cohort import Cohort


class Assay(AssayValues):
    """Features x samples in one or more units, at its pins: it reads the same values for ever.

    Args:
        record: The assay.
        reading: Its tables, open for reading.
        spark_engine: Gives the engine that answers with a session.
        sample_fields: Gives the fields of the assay's samples, with the sample's id among them.
        people_fields: Gives chosen fields of the samples and of their people, decoded.
        limited: Gives the same of the samples of some people alone.
        is_kept: Whether `record` tells what is shown alone.
    """

    @cached_property
    def record(self) -> ExpressionAssay:
        """What the record says of the assay; of a view what it shows."""
        if not self._is_kept:
            return self._record
        return self._record.shown(
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

    @overload
    def features(
        self,
        *,
        to: Literal["arrow"] = "arrow",
        **options: Unpack[FeatureOptions],
    ) -> pa.Table: ...

    @overload
    def features(
        self,
        *,
        to: Literal["pandas"],
        **options: Unpack[FeatureOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def features(
        self,
        *,
        to: Literal["spark"],
        **options: Unpack[FeatureOptions],
    ) -> "DataFrame": ...

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

    def only(self, cohort: "str | Cohort | None" = None, *, where: Where | None = None) -> "Assay":
        """Return the same with the samples of some people alone: see `Dataset.only`."""
        return self._limited(cohort, where)

    def samples(self) -> tuple[str, ...]:
        """Return the ids of the samples, in the order of the assay."""
        return tuple(self._files.sample_ids.to_pylist())

    @overload
    def statistics(
        self,
        of: Literal["feature", "sample"] = "feature",
        *,
        to: Literal["arrow"] = "arrow",
        **options: Unpack[StatisticsOptions],
    ) -> pa.Table: ...

    @overload
    def statistics(
        self,
        of: Literal["feature", "sample"] = "feature",
        *,
        to: Literal["pandas"],
        **options: Unpack[StatisticsOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def statistics(
        self,
        of: Literal["feature", "sample"] = "feature",
        *,
        to: Literal["spark"],
        **options: Unpack[StatisticsOptions],
    ) -> "DataFrame": ...

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
