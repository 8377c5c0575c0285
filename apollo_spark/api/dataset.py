"""A version of a dataset, its entities and their fields, as Python users see them."""

import logging
from functools import cached_property, partial
from typing import TYPE_CHECKING

from apollo_spark.api.aggregating import Aggregates
from apollo_spark.api.assay import Assay
from apollo_spark.api.conditions.names import Names
from apollo_spark.api.entity import EntityHandle
from apollo_spark.api.joining import JoinedAssays
from apollo_spark.api.profiles import ProfiledFields
from apollo_spark.assays.expression.assay import EXPRESSION, expression_assays
from apollo_spark.assays.expression.read.people_fields import read_people_fields
from apollo_spark.assays.expression.read.sample_fields import read_sample_fields
from apollo_spark.assays.expression.read.select import find_assay, note_of_assay, open_assay
from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.operations.guarded.describing import shown_record_of
from apollo_spark.operations.guarded.persons import VALUES, require_rows
from apollo_spark.operations.locating import spark_engine
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.records.showing import hides_details, shown_record

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


logger = logging.getLogger(__name__)


class Dataset(Aggregates, ProfiledFields, Names, JoinedAssays):
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
        self._is_kept = hides_details(record, full=full)
        self._opened = opened or lake.open_record(record)

    @cached_property
    def record(self) -> DatasetRecord:
        """What the version says of itself; of a view what it shows, unless opened in full.

        Of what is guarded it has neither tables nor assays: their rows and samples are counted.
        """
        guarded = shown_record_of(self._lake, self._stored)
        if guarded is not self._stored:
            return shown_record(guarded) if self._is_kept else guarded
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

    # Names of conditions may be given one; here it is what the version says, and read only.
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
            NotFoundError: There is none of that name, or the dataset is guarded.
        """
        require_rows(self._lake, self._opened, VALUES)
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
            people_fields=lambda choice: read_people_fields(
                self._lake, self._opened, found, choice, logger.warning
            ),
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
