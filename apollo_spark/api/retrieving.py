"""Fields of a dataset as tables: a part of `Dataset`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

import pyarrow as pa
from typing_extensions import Unpack

from apollo_spark.api.choices import TABLE_FORMS, require_form, require_session
from apollo_spark.api.conditions.condition import Where
from apollo_spark.api.entity import Target
from apollo_spark.api.forms import FieldOptions, Values
from apollo_spark.api.people import ChosenPeople
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.packing import frame_of_fields
from apollo_spark.errors import UsageError
from apollo_spark.export.frames import to_frame
from apollo_spark.operations.locating import spark_engine
from apollo_spark.query.extract import ExtractPlan, ExtractRequest
from apollo_spark.query.values import ValueMode
from apollo_spark.verbs.ask.extract import build_plans

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from apollo_spark.api.cohort import Cohort

_MODES = {
    "raw": ValueMode.RAW,
    "replace": ValueMode.DECODED,
    "exclude": ValueMode.EXCLUDE_SPARSE,
}


class RetrievedFields(ChosenPeople):
    """A dataset whose fields are read as Arrow, pandas or Spark tables."""

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[str],
        *,
        to: Literal["arrow"] = "arrow",
        **options: Unpack[FieldOptions],
    ) -> pa.Table: ...

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[str],
        *,
        to: Literal["pandas"],
        **options: Unpack[FieldOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[str],
        *,
        to: Literal["spark"],
        **options: Unpack[FieldOptions],
    ) -> "DataFrame": ...

    def retrieve_fields(
        self,
        fields: Iterable[str],
        *,
        coding_values: Values = "raw",
        to: Target = "arrow",
        spark: "SparkSession | None" = None,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
    ) -> Any:
        """Return fields of one or several entities, joined left outer from the main entity.

        Args:
            fields: Names as `entity.field`; they are the columns, in this order.
            coding_values: `raw` codes, `replace` by their meanings, or `exclude` sparse codes.
            to: `arrow` (a pyarrow.Table), `pandas` or `spark` (a DataFrame).
            spark: The session, for `spark`.
            cohort: A cohort of this version, or its name: rows of its people alone.
            where: A filter instead of a cohort.

        Raises:
            NotFoundError: A field is not there.
            UsageError: There is no such form, or Spark is asked for without a session.
            EnvironmentProblemError: The package that makes it is not installed.
            BrokenPinError: A pinned table cannot be read.
        """
        asked = tuple(fields)
        request = ExtractRequest(fields=asked, values=_mode(coding_values))
        if cohort is not None or where is not None:
            limited = self.only(cohort, where=where)
            return limited.retrieve_fields(asked, coding_values=coding_values, to=to, spark=spark)
        plan = build_plans(self._opened.scope, request)[""]
        return self._answer(plan, asked, to=to, spark=spark)

    @overload
    def retrieve_entity(
        self,
        entity: str,
        names: Iterable[str],
        *,
        to: Literal["arrow"] = "arrow",
        **options: Unpack[FieldOptions],
    ) -> pa.Table: ...

    @overload
    def retrieve_entity(
        self,
        entity: str,
        names: Iterable[str],
        *,
        to: Literal["pandas"],
        **options: Unpack[FieldOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def retrieve_entity(
        self,
        entity: str,
        names: Iterable[str],
        *,
        to: Literal["spark"],
        **options: Unpack[FieldOptions],
    ) -> "DataFrame": ...

    def retrieve_entity(
        self,
        entity: str,
        names: Iterable[str],
        *,
        coding_values: Values = "raw",
        to: Target = "arrow",
        spark: "SparkSession | None" = None,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
    ) -> Any:
        """Return the rows of one entity, with columns named by field; see `retrieve_fields`."""
        columns = tuple(names)
        if cohort is not None or where is not None:
            limited = self.only(cohort, where=where)
            return limited.retrieve_entity(
                entity, columns, coding_values=coding_values, to=to, spark=spark
            )
        request = ExtractRequest(
            fields=tuple(f"{entity}.{each}" for each in columns), values=_mode(coding_values)
        )
        plans = build_plans(self._opened.scope, request, per_entity=True)
        return self._answer(plans[entity], columns, to=to, spark=spark)

    def _answer(
        self,
        plan: ExtractPlan,
        columns: tuple[str, ...],
        *,
        to: Target,
        spark: "SparkSession | None",
    ) -> Any:
        require_form(to, TABLE_FORMS)
        pins = self._opened.pins
        if to == "spark":
            engine = spark_engine(self._lake, require_session(spark))
            return frame_of_fields(engine, plan, pins, columns)
        table: pa.Table = answer_fields(EmbeddedEngine(self._lake.tables), plan, pins).read_all()
        table = table.rename_columns(list(columns))
        return to_frame(table) if to == "pandas" else table


def _mode(coding_values: str) -> ValueMode:
    if coding_values not in _MODES:
        raise UsageError(f"coding_values is one of raw, replace, exclude, not {coding_values!r}.")
    return _MODES[coding_values]
