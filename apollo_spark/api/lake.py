"""A lake as Python users see it."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from apollo_spark.api.dataset import Dataset
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.lake.settings import LakeSettings
from apollo_spark.lake.snapshot import RecordEntry
from apollo_spark.model.names import parse_reference
from apollo_spark.workflows.clinical_plan import ClinicalLoad
from apollo_spark.workflows.start import run_clinical_load
from apollo_spark.workflows.verify import Verification, verify_records

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)


class ApolloLake:
    """The place that holds tables, records and reports.

    Args:
        lake: The stores of one root.
        settings: How loads are run; the defaults start a local Spark.
    """

    def __init__(self, lake: Lake, settings: LakeSettings) -> None:
        self._lake = lake
        self._settings = settings

    def __repr__(self) -> str:
        """Return the lake with its root."""
        return f"<ApolloLake {self._lake.root}>"

    def list(self) -> tuple[RecordEntry, ...]:
        """Return the newest version of every record, by name."""
        return self._lake.list_records()

    def history(self, name: str) -> tuple[RecordEntry, ...]:
        """Return all versions of a record, newest last.

        Raises:
            NotFoundError: There is no record of that name.
        """
        return self._lake.history(name)

    def dataset(self, name: str) -> Dataset:
        """Return a dataset: `NAME` (the newest version), `NAME@3` or `NAME@2026-03-01`.

        Raises:
            NotFoundError: There is no such version.
        """
        return Dataset(self._lake, self._lake.load_record(parse_reference(name)))

    def load_clinical(
        self,
        name: str,
        *,
        dictionary: str,
        data: Mapping[str, str | Sequence[str]],
        codings: str | None = None,
        entities: str | None = None,
        schema: str | None = None,
        missing: Sequence[str] = (),
        encoding: str = "utf-8",
        policy: str | None = None,
        report: str | None = None,
        spark: "SparkSession | None" = None,
    ) -> Dataset:
        """Load clinical files as the next version of a dataset.

        Args:
            name: The dataset.
            dictionary: Path of data_dictionary.csv.
            data: Files or folders by entity.
            codings: Path of codings.csv.
            entities: Path of entity_dictionary.csv.
            schema: Tag of like datasets.
            missing: Texts that mean missing, beside the empty cell.
            encoding: Encoding of the data files.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the one that the same inputs made before.

        Raises:
            ApolloError: The load was refused; its class says why (see `apollo_spark.errors`).
        """
        pairs = tuple(
            (entity, path)
            for entity, paths in data.items()
            for path in ((paths,) if isinstance(paths, str) else paths)
        )
        request = ClinicalLoad(
            name=name,
            dictionary=dictionary,
            codings=codings,
            entities=entities,
            data=pairs,
            schema_tag=schema,
            missing=tuple(missing),
            encoding=encoding,
            policy=policy,
            report=report,
        )
        outcome = run_clinical_load(
            self._lake, request, settings=self._settings, say=logger.info, session=spark
        )
        return self.dataset((outcome.published or outcome.current)[0])

    def verify(self, name: str | None = None, *, deep: bool = False) -> Verification:
        """Verify the pins of one version, of all versions of a name, or of everything."""
        return verify_records(self._lake, name, deep=deep)


def open_lake(uri: str, *, settings: LakeSettings | None = None) -> ApolloLake:
    """Open the lake in a folder; one that is not there is made by the first load.

    Raises:
        UsageError: The address names no folder.
    """
    return ApolloLake(open_stored_lake(uri), settings or LakeSettings())
