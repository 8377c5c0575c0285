"""Fields of a dataset as tables: a part of `Dataset`."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

import pyarrow as pa
from typing_extensions import Unpack

from apollo_spark.api.choices import TABLE_FORMS, require_form, require_session
from apollo_spark.api.conditions.condition import Where
from apollo_spark.api.entity import Target
from apollo_spark.api.forms import FieldOptions, JoinedFieldOptions, Values
from apollo_spark.api.people import ChosenPeople
from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.packing import frame_of_fields
from apollo_spark.engines.wide import build_wide
from apollo_spark.errors import UsageError
from apollo_spark.export.frames import to_frame
from apollo_spark.export.printable import printable
from apollo_spark.operations.guarded.persons import require_rows
from apollo_spark.operations.locating import spark_engine
from apollo_spark.query.extract import ExtractPlan, ExtractRequest
from apollo_spark.query.values import ValueMode
from apollo_spark.query.wide.plan import WidePlan
from apollo_spark.verbs.ask.extract import build_plans

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from apollo_spark.api.cohort import Cohort

logger = logging.getLogger(__name__)

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
        **options: Unpack[JoinedFieldOptions],
    ) -> pa.Table: ...

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[str],
        *,
        to: Literal["pandas"],
        **options: Unpack[JoinedFieldOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[str],
        *,
        to: Literal["spark"],
        **options: Unpack[JoinedFieldOptions],
    ) -> "DataFrame": ...

    def retrieve_fields(
        self,
        fields: Iterable[str],
        *,
        coding_values: Values = "raw",
        sparse_labels: bool = False,
        wide: Iterable[str] = (),
        to: Target = "arrow",
        spark: "SparkSession | None" = None,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
    ) -> Any:
        """Return fields of one or several entities, joined left outer from the main entity.

        Args:
            fields: Names as `entity.field`; they are the columns, in this order.
            coding_values: `raw` codes, `replace` by their meanings, or `exclude` sparse codes.
            sparse_labels: Whether numbers, dates and datetimes stay such where codes are replaced
                or excluded: what sparse codes mean is in a column `entity.field.label` then.
            wide: Fields that number or order the rows of entities of which a person has several,
                as `entity.field` or `entity.field:how` (`number`, `order`, `first`, `last`): one
                row a person then, with columns `entity.field.1`.
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
        request = ExtractRequest(
            fields=tuple(fields),
            values=_mode(coding_values),
            sparse_labels=sparse_labels,
            wide=_listed(wide),
        )
        if cohort is not None or where is not None:
            limited = self.only(cohort, where=where)
            return limited.retrieve_fields(
                request.fields, coding_values=coding_values, sparse_labels=sparse_labels,
                wide=request.wide, to=to, spark=spark,
            )  # fmt: skip
        plan = build_plans(self._opened.scope, request)[""]
        return self._answer(plan, to=to, spark=spark)

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
        sparse_labels: bool = False,
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
                entity, columns, coding_values=coding_values, sparse_labels=sparse_labels, to=to,
                spark=spark,
            )  # fmt: skip
        request = ExtractRequest(
            fields=tuple(f"{entity}.{each}" for each in columns),
            values=_mode(coding_values),
            sparse_labels=sparse_labels,
        )
        plans = build_plans(self._opened.scope, request, per_entity=True)
        return self._answer(plans[entity], to=to, spark=spark, prefix=f"{entity}.")

    def _answer(
        self,
        asked: ExtractPlan | WidePlan,
        *,
        to: Target,
        spark: "SparkSession | None",
        prefix: str = "",
    ) -> Any:
        require_form(to, TABLE_FORMS)
        require_rows(self._lake, self._opened)
        pins = self._opened.pins
        if to == "spark":
            engine = spark_engine(self._lake, require_session(spark))
            plan = self._with_columns(engine, asked)
            names = [each.removeprefix(prefix) for each in plan.columns]
            return frame_of_fields(engine, plan, pins, names)
        embedded = EmbeddedEngine(self._lake.tables)
        plan = self._with_columns(embedded, asked)
        table: pa.Table = answer_fields(embedded, plan, pins).read_all()
        table = table.rename_columns([each.removeprefix(prefix) for each in plan.columns])
        return to_frame(table) if to == "pandas" else table

    def _with_columns(self, engine: Engine, asked: ExtractPlan | WidePlan) -> ExtractPlan:
        if isinstance(asked, ExtractPlan):
            return asked
        return build_wide(
            engine, asked, self._opened.pins, lambda text: logger.warning(printable(text))
        )


def _listed(wide: Iterable[str]) -> tuple[str, ...]:
    """Return fields that number rows, also where one is given as a text."""
    return (wide,) if isinstance(wide, str) else tuple(wide)


def _mode(coding_values: str) -> ValueMode:
    if coding_values not in _MODES:
        raise UsageError(f"coding_values is one of raw, replace, exclude, not {coding_values!r}.")
    return _MODES[coding_values]
