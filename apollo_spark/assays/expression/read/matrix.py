"""A matrix of values, samples by features, and the forms in which people take it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.query import whole_bound
from apollo_spark.assays.expression.tasks.tiles.storage import MISSING_WHOLE, has_long, is_inexact
from apollo_spark.errors import UsageError
from apollo_spark.export.frames import whole_numbers
from apollo_spark.export.packages import need_package, table_to_pandas
from apollo_spark.workers.values.texts import format_column

if TYPE_CHECKING:
    import pandas as pd

    from apollo_spark.assays.expression.read.people_fields import PeopleFields

PAIRS_PER_BATCH = 1_000_000
SAMPLE_ID = "sample_id"


@dataclass(frozen=True)
class MatrixResult:
    """Values of some samples (rows) and features (columns).

    Attributes:
        feature_ids: One id a column.
        sample_ids: One id a row.
        values: float64 with NaN where a value is missing, or int64.
        missing: Of an int64 matrix, where values are missing; None when none is.
        notes: What a person should know about the choice.
    """

    feature_ids: tuple[str, ...]
    sample_ids: tuple[str, ...]
    values: np.ndarray
    missing: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_missing(self) -> np.ndarray:
        """Where values are missing, in the shape of the values."""
        if self.values.dtype == np.float64:
            holes: np.ndarray = np.isnan(self.values)
            return holes
        return np.zeros(self.values.shape, bool) if self.missing is None else self.missing

    def doubles(self) -> np.ndarray:
        """Return the values as float64, NaN where missing; shared with them where they are so."""
        if self.missing is None:
            found: np.ndarray = self.values.astype(np.float64, copy=False)
            return found
        return np.where(self.missing, np.nan, self.values)

    def exact(self) -> np.ndarray:
        """Return the values as the workers have them: float64, or int64 where doubles are short."""
        if self.values.dtype != np.int64 or not has_long(self.values):
            return self.doubles()
        if self.missing is None:
            return self.values
        return np.where(self.missing, MISSING_WHOLE, self.values)

    def to_arrow(self) -> pa.Table:
        """Return a table with a column `sample_id` and a column for each feature."""
        columns = [pa.array(self.sample_ids, pa.string())]
        columns += [self._column(place) for place in range(len(self.feature_ids))]
        return pa.Table.from_arrays(columns, names=[SAMPLE_ID, *self.feature_ids])

    def _column(self, place: int) -> pa.Array:
        values = self.values[:, place]
        if self.missing is not None:
            return pa.array(values, mask=self.missing[:, place])
        return pa.array(values, from_pandas=True)

    def to_pandas(self) -> "pd.DataFrame":
        """Return a frame of samples x features; whole numbers stay whole where some are missing.

        They are pandas' nullable `Int64` then.
        """
        pd = need_package("pandas")
        data: Any = self.values
        if self.missing is not None:
            data = {
                place: pd.arrays.IntegerArray(values.copy(), holes.copy())
                for place, (values, holes) in enumerate(
                    zip(self.values.T, self.missing.T, strict=True)
                )
            }
        frame = pd.DataFrame(data, index=pd.Index(self.sample_ids, name=SAMPLE_ID), copy=False)
        frame.columns = pd.Index(self.feature_ids, name="feature_id")
        frame.attrs["notes"] = list(self.notes)
        return frame

    def only_doubles(self) -> np.ndarray:
        """Return the values as float64, NaN where missing, if none of them loses a digit.

        Raises:
            UsageError: One does.
        """
        if has_long(self.values) and (lost := int(is_inexact(self.exact()).sum())):
            raise UsageError(
                f"{lost:,} values are whole numbers of more than 15 digits, which a column of "
                "floating-point numbers cannot hold beside missing values.",
                fix="Take them as arrow, pandas or numpy, or write csv or Parquet.",
            )
        return self.doubles()


def long_batches(
    matrix: MatrixResult,
    *,
    minimum: int | float | None = None,
    maximum: int | float | None = None,
    additional: Mapping[str, pa.Array] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the measured pairs of a matrix, by feature and then by sample, in its orders.

    Args:
        matrix: The values.
        minimum: The least value.
        maximum: The largest value.
        additional: Further columns, each with one value for each feature of the matrix.
    """
    added = additional or {}
    names = ["feature_id", SAMPLE_ID, "expression", *added]
    samples = pa.array(matrix.sample_ids, pa.string())
    features = pa.array(matrix.feature_ids, pa.string())
    step = max(1, PAIRS_PER_BATCH // max(1, len(samples)))
    for start in range(0, len(features), step):
        values = matrix.values[:, start : start + step].T
        wanted = ~matrix.is_missing[:, start : start + step].T if _may_miss(matrix) else None
        wanted = _within(values, wanted, minimum, maximum)
        of_feature, of_sample = (
            np.nonzero(wanted) if wanted is not None else _every_pair(values.shape)
        )
        chosen = values.ravel() if wanted is None else values[wanted]
        place = pa.array(of_feature + start)
        columns = [
            features.take(place),
            samples.take(pa.array(of_sample)),
            pa.array(chosen),
            *(each.take(place) for each in added.values()),
        ]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def _may_miss(matrix: MatrixResult) -> bool:
    return matrix.values.dtype == np.float64 or matrix.missing is not None


def _every_pair(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    features, samples = shape
    return np.repeat(np.arange(features), samples), np.tile(np.arange(samples), features)


def _within(
    values: np.ndarray,
    wanted: np.ndarray | None,
    minimum: int | float | None,
    maximum: int | float | None,
) -> np.ndarray | None:
    if values.dtype == np.int64:
        minimum = None if minimum is None else whole_bound(minimum, is_least=True)
        maximum = None if maximum is None else whole_bound(maximum, is_least=False)
    for chosen in (
        None if minimum is None else values >= minimum,
        None if maximum is None else values <= maximum,
    ):
        if chosen is not None:
            wanted = chosen if wanted is None else wanted & chosen
    return wanted


def long_schema(*, whole: bool, additional: Mapping[str, pa.DataType]) -> pa.Schema:
    """Return the columns of a long extract."""
    value = pa.int64() if whole else pa.float64()
    names = {"feature_id": pa.string(), SAMPLE_ID: pa.string(), "expression": value}
    return pa.schema([*names.items(), *additional.items()])


def to_anndata(
    layers: Mapping[str, MatrixResult], samples: "pa.Table | PeopleFields", features: pa.Table
) -> Any:
    """Return an `anndata.AnnData`: the first layer is X, and each layer is under its unit.

    Args:
        layers: Matrices of the same samples and features, by unit.
        samples: What is known of each sample, by its id: `obs`.
        features: What is known of each feature, by its id: `var`.

    Raises:
        EnvironmentProblemError: The package anndata is not installed.
        UsageError: Whole numbers are too long for it where others are missing.
    """
    anndata = need_package("anndata")
    first = next(iter(layers.values()))
    given = {unit: _dense(each) for unit, each in layers.items()}
    return anndata.AnnData(
        X=next(iter(given.values())),
        obs=(
            _described(samples, SAMPLE_ID, first.sample_ids)
            if isinstance(samples, pa.Table)
            else samples.frame(first.sample_ids)
        ),
        var=_described(features, "feature_id", first.feature_ids),
        layers=given if len(given) > 1 else None,
        uns={"unit": next(iter(given))},
    )


def _dense(matrix: MatrixResult) -> np.ndarray:
    return matrix.only_doubles() if matrix.missing is not None else matrix.values


def _described(table: pa.Table, key: str, ids: Sequence[str]) -> "pd.DataFrame":
    """Return rows of a table by their id, in the order of the ids."""
    place = pc.index_in(pa.array(ids, pa.string()), value_set=table.column(key).combine_chunks())
    found = table.take(place).drop_columns([key]).combine_chunks()
    columns = [_storable(each.combine_chunks()) for each in found.columns]
    frame = table_to_pandas(pa.Table.from_arrays(columns, names=found.column_names))
    for name, column in zip(found.column_names, found.columns, strict=True):
        # Floats for whole numbers of which some are missing, as ever, unless a digit would go.
        if pa.types.is_integer(column.type) and column.null_count and _is_long(column):
            frame[name] = whole_numbers(column)
    frame.index = list(ids)
    frame.index.name = key
    return frame


def _is_long(column: pa.ChunkedArray) -> bool:
    known = column.drop_null().cast(pa.int64()).to_numpy()
    return has_long(known)


def _storable(values: pa.Array) -> pa.Array:
    """Return values as h5ad can hold them: numbers, texts, or texts of which some are missing."""
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return values
    texts = pc.cast(format_column(values), pa.string())
    return texts.dictionary_encode() if texts.null_count else texts
