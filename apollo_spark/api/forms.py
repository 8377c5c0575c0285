"""What the options beside `to=` are, so that the type of an answer follows from `to`."""

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from apollo_spark.api.choices import Names, Places
from apollo_spark.api.conditions.condition import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import SparkSession

    from apollo_spark.api.cohort import Cohort

Values = Literal["raw", "replace", "exclude"]


class FieldOptions(TypedDict, total=False):
    """The options of what reads fields."""

    coding_values: Values
    sparse_labels: bool
    spark: "SparkSession | None"
    cohort: "str | Cohort | None"
    where: Where | None


class JoinedFieldOptions(FieldOptions, total=False):
    """The options of what reads fields of several entities."""

    wide: "Iterable[str]"


class FeatureOptions(TypedDict, total=False):
    """The options of what lists features."""

    ids: Names
    symbol: Names
    location: Places
    spark: "SparkSession | None"


class StatisticsOptions(TypedDict, total=False):
    """The options of stored statistics."""

    unit: str | None
    spark: "SparkSession | None"


class LongOptions(TypedDict, total=False):
    """The options of what reads values as rows."""

    symbol: Names
    location: Places
    unit: str | None
    minimum: int | float | None
    maximum: int | float | None
    max_memory: int
    spark: "SparkSession | None"
    cohort: "str | Cohort | None"
    where: Where | None


class MatrixOptions(TypedDict, total=False):
    """The options of what reads values as a matrix."""

    symbol: Names
    location: Places
    unit: "str | Sequence[str] | None"
    max_memory: int
    spark: "SparkSession | None"
    cohort: "str | Cohort | None"
    where: Where | None
    fields: "Iterable[str]"
    wide: "Iterable[str]"


class FileOptions(MatrixOptions, total=False):
    """The options of what writes a matrix to a file."""

    force: bool
