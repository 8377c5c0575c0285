"""The values of an expression assay, as a matrix or as rows: a part of `Assay`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, overload

import pyarrow as pa
from typing_extensions import Unpack

from apollo_spark.api.choices import (
    MATRIX_FORMS,
    TABLE_FORMS,
    Names,
    Places,
    as_table,
    choose_features,
    require_form,
)
from apollo_spark.api.conditions.condition import Where
from apollo_spark.api.forms import (
    FileOptions,
    LongOptions,
    MatrixOptions,
)
from apollo_spark.api.reading import AssayReading
from apollo_spark.assays.expression.read.matrix import (
    MatrixResult,
    to_anndata,
)
from apollo_spark.assays.expression.read.matrix_files import MatrixFile
from apollo_spark.assays.expression.read.matrix_memory import MAX_MEMORY, ReadEstimate
from apollo_spark.assays.expression.read.people_fields import field_choice
from apollo_spark.assays.expression.read.rows import is_anndata

if TYPE_CHECKING:
    import anndata
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from apollo_spark.api.cohort import Cohort


MatrixTarget = Literal["pandas", "arrow", "numpy", "anndata", "spark"]
LongTarget = Literal["arrow", "pandas", "spark"]


def _holds_fields(to: str, to_file: str | None) -> bool:
    return to == "anndata" if to_file is None else is_anndata(to_file)


class AssayValues(AssayReading):
    """An assay whose values can be read: see `Assay`."""

    @overload
    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["pandas"] = "pandas",
        **options: Unpack[MatrixOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["arrow"],
        **options: Unpack[MatrixOptions],
    ) -> pa.Table: ...

    @overload
    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["numpy"],
        **options: Unpack[MatrixOptions],
    ) -> MatrixResult: ...

    @overload
    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["anndata"],
        **options: Unpack[MatrixOptions],
    ) -> "anndata.AnnData": ...

    @overload
    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["spark"],
        **options: Unpack[MatrixOptions],
    ) -> "DataFrame": ...

    @overload
    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to_file: str,
        **options: Unpack[FileOptions],
    ) -> int: ...

    @overload
    def matrix(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        dry_run: Literal[True],
        **options: Unpack[MatrixOptions],
    ) -> ReadEstimate: ...

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
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
        fields: Iterable[str] = (),
        wide: Iterable[str] = (),
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
            cohort: A cohort of the dataset, or its name: samples of its people alone.
            where: A filter instead of a cohort.
            fields: For AnnData, fields as `entity.field`: `obs` has those of each sample and of
                its person, decoded; without any, those of the row that it belongs to, as stored.
            wide: What numbers repeated rows, as in `Dataset.retrieve_fields`.

        Raises:
            NotFoundError: A feature, a sample, a field or the unit is not in the assay.
            UsageError: The matrix takes more than `max_memory`.
            BrokenPinError: A pinned table cannot be read.
            EnvironmentProblemError: The package anndata is not installed.
        """
        if cohort is not None or where is not None:
            limited: Any = self._limited(cohort, where)
            return limited.matrix(
                features, samples, symbol=symbol, location=location,
                unit=unit, to=to, max_memory=max_memory, to_file=to_file, force=force,
                dry_run=dry_run, spark=spark, fields=fields, wide=wide,
            )  # fmt: skip
        if not dry_run and to_file is None:
            require_form(to, (*MATRIX_FORMS, "anndata", "spark"))
        people = field_choice(fields, wide, is_held=_holds_fields(to, to_file))
        layers = self._layers(unit)
        choice = choose_features(features, symbol, location)
        selection = self._select(choice, samples)
        if dry_run:
            return self._estimate(layers, selection)
        if to_file is not None:
            return MatrixFile(
                self._files, layers, selection, to_file, force=force, max_memory=max_memory,
                describe=lambda: self._describe(people),
            ).write()  # fmt: skip
        if to == "spark":
            return self._spark_frame(layers[0], choice, samples, selection, spark)
        found = {
            each.unit: self._files.read_matrix(
                each, selection.features, selection.samples, max_memory=max_memory // len(layers)
            )
            for each in layers
        }
        if to == "anndata":
            return to_anndata(found, *self._describe(people))
        return MATRIX_FORMS[to](replace(found[layers[0].unit], notes=selection.notes))

    @overload
    def expression(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["arrow"] = "arrow",
        **options: Unpack[LongOptions],
    ) -> pa.Table: ...

    @overload
    def expression(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["pandas"],
        **options: Unpack[LongOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def expression(
        self,
        features: Names = None,
        samples: Names = None,
        *,
        to: Literal["spark"],
        **options: Unpack[LongOptions],
    ) -> "DataFrame": ...

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
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
    ) -> Any:
        """Return measured values as rows of feature_id, sample_id and value.

        A missing value is not a row. The arguments are those of `matrix`, and:

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
            cohort: A cohort of the dataset, or its name.
            where: A filter instead of a cohort.

        Raises:
            NotFoundError: A feature, a sample or the unit is not in the assay.
            UsageError: The values take more than `max_memory`.
            BrokenPinError: A pinned table cannot be read.
        """
        if cohort is not None or where is not None:
            limited: Any = self._limited(cohort, where)
            return limited.expression(
                features, samples, symbol=symbol, location=location, unit=unit, minimum=minimum,
                maximum=maximum, to=to, max_memory=max_memory, spark=spark,
            )  # fmt: skip
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
