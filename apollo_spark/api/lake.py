"""A lake as Python users see it."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from apollo_spark.api.composing import Composing
from apollo_spark.api.dataset import Dataset
from apollo_spark.api.growing import GrowingLake
from apollo_spark.api.keeping import KeepingLake
from apollo_spark.api.merging import MergingLake
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.lake.lease import WAIT_SECONDS
from apollo_spark.lake.settings import LakeSettings
from apollo_spark.lake.snapshot import RecordEntry
from apollo_spark.model.names import parse_reference
from apollo_spark.workflows.clinical_plan import ClinicalLoad
from apollo_spark.workflows.expression_plan import ExpressionLoad
from apollo_spark.workflows.extension import ClinicalExtension, ClinicalMode
from apollo_spark.workflows.start import (
    run_clinical_extension,
    run_clinical_load,
    run_expression_load,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)


class ApolloLake(GrowingLake, MergingLake, Composing, KeepingLake):
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

    def dataset(self, name: str, *, full: bool = False) -> Dataset:
        """Return a dataset: `NAME` (the newest version), `NAME@3` or `NAME@2026-03-01`.

        Args:
            name: The version.
            full: Whether its `record` tells of a view what it stands on: rule, parents and pins.

        Raises:
            NotFoundError: There is no such version.
        """
        return Dataset(self._lake, self._lake.load_record(parse_reference(name)), full=full)

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
        delimiter: str | None = None,
        policy: str | None = None,
        report: str | None = None,
        wait: float | None = None,
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
            delimiter: What parts their cells; by default each file tells.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the one that the same inputs made before.

        Raises:
            ApolloError: The load was refused; its class says why (see `apollo_spark.errors`).
        """
        request = ClinicalLoad(
            name=name,
            dictionary=dictionary,
            codings=codings,
            entities=entities,
            data=_pairs(data),
            schema_tag=schema,
            missing=tuple(missing),
            encoding=encoding,
            delimiter=delimiter,
            policy=policy,
            report=report,
        )
        outcome = run_clinical_load(
            self._lake.waiting(wait),
            request,
            settings=self._settings,
            say=logger.info,
            session=spark,
        )
        return self.dataset((outcome.published or outcome.current)[0])

    def load_expression(
        self,
        name: str,
        *,
        assay: str,
        unit: str,
        source: str | Sequence[str],
        format: str = "auto",  # noqa: A002 - the option's name on the command line
        annotation: str | None = None,
        release: str | None = None,
        id_map: str | None = None,
        feature_ids: Literal["ensembl", "any"] = "ensembl",
        features: Literal["refuse", "union"] = "refuse",
        on_duplicate: Literal["refuse", "sum", "mean", "first"] = "refuse",
        sample_pattern: str | None = None,
        sample_columns: str | None = None,
        delimiter: str | None = None,
        no_header: bool = False,
        samples: Sequence[str] = (),
        strand: Literal["unstranded", "forward", "reverse"] = "unstranded",
        dictionary: str | None = None,
        codings: str | None = None,
        data: Mapping[str, str | Sequence[str]] | None = None,
        replace: bool = False,
        missing: Sequence[str] = (),
        policy: str | None = None,
        report: str | None = None,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Dataset:
        """Load one unit of an expression assay as the next version of a dataset.

        Other units of the assay, and the fields of its samples, stay as they are.

        Args:
            name: The dataset.
            assay: Name of the assay.
            unit: count, expected_count, tpm, fpkm, fpkm_uq, rpkm or other:NAME.
            source: Files or folders: matrices, long files, a manifest, outputs of a quantifier.
            format: What they are; `auto` detects it.
            annotation: GTF file or table of genes or transcripts.
            release: Release of the annotation.
            id_map: Path of a table of two columns: other ids to Ensembl ids.
            feature_ids: Whether ids must be ENSG or ENST.
            features: What files with different features do.
            on_duplicate: What a repeated feature does.
            sample_pattern: Regular expression that finds the sample id in a file's path.
            sample_columns: Which columns of a matrix are samples: a regular expression that is
                searched in the header, or the path of a file of their names, one a line.
            delimiter: What parts the cells of the files; by default each file tells.
            no_header: Whether the files have no header; the samples are named by `samples` or a
                manifest then.
            samples: Names of the samples, in the order of columns or files.
            strand: Which counts of STAR and of the GDC are taken.
            dictionary: Path of the data_dictionary.csv of the samples.
            codings: Path of codings.csv.
            data: Files or folders of the entity `sample`.
            replace: Keep nothing of the version before.
            missing: Texts that mean missing, beside the empty cell.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the one in which the same stands already.

        Raises:
            ApolloError: The load was refused; its class says why (see `apollo_spark.errors`).
        """
        request = ExpressionLoad(
            name=name,
            assay=assay,
            unit=unit,
            sources=(source,) if isinstance(source, str) else tuple(source),
            format=format,
            annotation=annotation,
            release=release,
            id_map=id_map,
            feature_ids=feature_ids,
            features=features,
            on_duplicate=on_duplicate,
            sample_pattern=sample_pattern,
            sample_columns=sample_columns,
            delimiter=delimiter,
            no_header=no_header,
            samples=(samples,) if isinstance(samples, str) else tuple(samples),
            strand=strand,
            dictionary=dictionary,
            codings=codings,
            data=_pairs(data or {}),
            replace=replace,
            missing=tuple(missing),
            policy=policy,
            report=report,
        )
        outcome = run_expression_load(
            self._lake.waiting(wait),
            request,
            settings=self._settings,
            say=logger.info,
            session=spark,
        )
        return self.dataset((outcome.published or outcome.current)[0])

    def extend(
        self,
        name: str,
        *,
        data: Mapping[str, str | Sequence[str]] | None = None,
        delete: Mapping[str, str | Sequence[str]] | None = None,
        dictionary: str | None = None,
        codings: str | None = None,
        no_codings: bool = False,
        codings_of: Sequence[str] | None = None,
        mode: ClinicalMode | None = None,
        as_name: str | None = None,
        missing: Sequence[str] = (),
        encoding: str = "utf-8",
        delimiter: str | None = None,
        policy: str | None = None,
        report: str | None = None,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Dataset:
        """Add fields, rows or an entity to a dataset, as its next version.

        Args:
            name: The dataset.
            data: Files or folders by entity.
            delete: Files with the keys of rows that go, by entity.
            dictionary: Path of the data_dictionary.csv of what is added; by default it is inferred.
            codings: Path of its codings.csv.
            no_codings: Whether an inferred dictionary has no codings.
            codings_of: The columns whose values are codes, and no others; by default those that
                look so.
            mode: What is added; by default the entity and the columns of the files tell.
            as_name: The name to publish under; by default the dataset's own.
            missing: Texts that mean missing, beside the empty cell.
            encoding: Encoding of the data files.
            delimiter: What parts their cells; by default each file tells.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the newest one, where the same files made it.

        Raises:
            ApolloError: The extension was refused; its class says why.
        """
        request = ClinicalExtension(
            name=name,
            data=_pairs(data or {}),
            delete=_pairs(delete or {}),
            dictionary=dictionary,
            codings=codings,
            no_codings=no_codings,
            codings_of=None if codings_of is None else tuple(codings_of),
            mode=mode,
            as_name=as_name,
            missing=tuple(missing),
            encoding=encoding,
            delimiter=delimiter,
            policy=policy,
            report=report,
        )
        outcome = run_clinical_extension(
            self._lake.waiting(wait),
            request,
            settings=self._settings,
            say=logger.info,
            session=spark,
        )
        return self.dataset((outcome.published or outcome.current)[0])


def _pairs(data: Mapping[str, str | Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return (entity, file) pairs as the option --data gives them."""
    return tuple(
        (entity, path)
        for entity, paths in data.items()
        for path in ((paths,) if isinstance(paths, str) else paths)
    )


def open_lake(
    uri: str, *, settings: LakeSettings | None = None, wait: float = WAIT_SECONDS
) -> ApolloLake:
    """Open the lake in a folder; one that is not there is made by the first load.

    Args:
        uri: The folder.
        settings: How loads are run; the defaults start a local Spark.
        wait: Seconds that what publishes waits for another writer of the same name; 0 is not at
            all. Whom it waits for is logged as a warning.

    Raises:
        UsageError: The address names no folder, or `wait` is no number of seconds.
    """
    return ApolloLake(
        open_stored_lake(uri).waiting(wait, logger.warning), settings or LakeSettings()
    )
