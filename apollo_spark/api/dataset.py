"""A version of a dataset, its entities and their fields, as Python users see them."""

import logging
from collections.abc import Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, overload

import pyarrow as pa
from typing_extensions import Unpack

from apollo_spark.api.assay import Assay
from apollo_spark.api.choices import TABLE_FORMS, require_form, require_session
from apollo_spark.api.conditions.condition import Where
from apollo_spark.api.conditions.names import Names
from apollo_spark.api.entity import EntityHandle, Target
from apollo_spark.api.forms import FieldOptions, Values
from apollo_spark.api.joining import JoinedAssays
from apollo_spark.api.people import ChosenPeople
from apollo_spark.assays.expression.assay import EXPRESSION, expression_assays
from apollo_spark.assays.expression.read.sample_fields import read_sample_fields
from apollo_spark.assays.expression.read.select import find_assay, note_of_assay, open_assay
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.packing import frame_of_fields
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.export.frames import to_frame
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.operations.locating import spark_engine
from apollo_spark.query.extract import ExtractPlan, ExtractRequest
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.query.values import ValueMode
from apollo_spark.records.showing import keeps_to_itself, shown_record
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


class Dataset(ChosenPeople, Names, JoinedAssays):
    """One published version: it reads the same rows for ever.

    Its entities as attributes make conditions: `study.patient.age > 60`.

    Args:
        lake: Where it lies.
        record: Its record.
        full: Whether `record` says of a view what it is based on: rule, parents and pins.
        opened: The version as it is read, where only some of its people are.
    """

    def __init__(
        self,
        lake: Lake,
        record: DatasetRecord,
        *,
        full: bool = False,
        opened: OpenDataset | None = None,
    ) -> None:
        self._lake = lake
        self._stored = record
        self._is_kept = keeps_to_itself(record, full=full)
        self._opened = opened or lake.open_record(record)

    @cached_property
    def record(self) -> DatasetRecord:
        """What the version says of itself; of a view what it shows, unless opened in full."""
        if not self._is_kept:
            return self._stored
        shown = shown_record(self._stored)
        return shown.model_copy(update={"assays": tuple(map(self._shown_assay, shown.assays))})

    def __repr__(self) -> str:
        """Return the dataset as `name@version`."""
        return f"<Dataset {self._stored}>"

    @property
    def name(self) -> str:
        """The name, without version."""
        return self._stored.name

    @property
    def version(self) -> int:
        """The version, from 1."""
        return self._stored.version

    @cached_property
    def dictionary(self) -> DataDictionary:  # type: ignore[override]
        """Entities, fields, relations and codings."""
        return self._opened.dictionary

    @property
    def entities(self) -> list[EntityHandle]:
        """The entities, in the order of the dictionary."""
        return [EntityHandle(self, each) for each in self.dictionary.entities]

    @property
    def primary_entity(self) -> EntityHandle:
        """The main entity."""
        return self[self.dictionary.main_entity]

    def __getitem__(self, entity: str) -> EntityHandle:
        """Return an entity by name.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = self.dictionary.find_entity(entity)
        if found is None:
            known = ", ".join(each.name for each in self.dictionary.entities)
            raise NotFoundError(f"{self._stored} has no entity {entity!r}.", fix=f"It has {known}.")
        return EntityHandle(self, found)

    @property
    def assays(self) -> list[Assay]:
        """The expression assays."""
        return [self.assay(each.name) for each in expression_assays(self._stored.assays)]

    def assay(self, name: str | None = None) -> Assay:
        """Return an expression assay by name, or the first one.

        Raises:
            NotFoundError: There is none of that name.
        """
        # As it is read now: who was withdrawn since is hidden by guards of the opened record.
        assays = self._opened.record.assays
        found = find_assay(assays, name, str(self._stored))
        for note in note_of_assay(assays, name, found.default_layer.unit):
            logger.warning(note)
        return Assay(
            found,
            open_assay(self._lake.tables, self._opened, found),
            spark_engine=partial(spark_engine, self._lake),
            sample_fields=lambda: read_sample_fields(self._lake, self._opened, found),
            is_kept=self._is_kept,
            limited=lambda cohort, where: self.only(cohort, where=where).assay(found.name),
        )

    def _shown_assay(self, shown: AssayRecord) -> AssayRecord:
        if shown.type != EXPRESSION:
            return shown
        return self.assay(shown.name).record.as_record()

    @property
    def _measured(self) -> MeasuredValues | None:
        return self._opened.scope.measured

    def _rows_of(self, entity: Entity) -> EntityHandle:
        return EntityHandle(self, entity)

    def coding(self, name: str) -> Coding:
        """Return a coding by name.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = self.dictionary.find_coding(name)
        if found is None:
            raise NotFoundError(f"{self._stored} has no coding {name!r}.")
        return found

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

    def register(self, spark: "SparkSession", *, prefix: str = "") -> list[str]:
        """Make a temporary view per entity in a session, each at its pinned version.

        Returns:
            The names of the views: the prefix and the entity's name.
        """
        names = []
        for entity in self.dictionary.entities:
            columns = [spec.name for spec in entity.fields]
            frame = self.retrieve_entity(entity.name, columns, to="spark", spark=spark)
            frame.createOrReplaceTempView(f"{prefix}{entity.name}")
            names.append(f"{prefix}{entity.name}")
        return names


def _mode(coding_values: str) -> ValueMode:
    if coding_values not in _MODES:
        raise UsageError(f"coding_values is one of raw, replace, exclude, not {coding_values!r}.")
    return _MODES[coding_values]
