"""What makes datasets out of files: a part of `ApolloLake`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published
from apollo_spark.api.sources import ExpressionSource, Files, SampleFields, file_pairs
from apollo_spark.assays.expression.receipt import AssayReceipt
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.model.receipt import LoadReceipt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class LoadingLake(PerformingLake):
    """A lake into which files are loaded."""

    def load_clinical(
        self,
        name: str,
        *,
        data: Mapping[str, Files],
        dictionary: str | None = None,
        codings: str | None = None,
        entities: str | None = None,
        schema: str | None = None,
        missing: Sequence[str] = (),
        encoding: str = "utf-8",
        delimiter: str | None = None,
        policy: str | None = None,
        report: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Published[LoadReceipt]:
        """Load clinical files as the next version of a dataset.

        Args:
            name: The dataset.
            data: Files or folders by entity.
            dictionary: Path of data_dictionary.csv; without it one is drafted from the files.
            codings: Path of codings.csv.
            entities: Path of entity_dictionary.csv.
            schema: Tag of like datasets.
            missing: Texts that mean missing, beside the empty cell.
            encoding: Encoding of the data files.
            delimiter: What separates their cells; by default each file shows it.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
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
            data=file_pairs(data),
            schema_tag=schema,
            missing=tuple(missing),
            encoding=encoding,
            delimiter=delimiter,
            policy=policy,
            report=report,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait, spark=spark)

    def load_expression(
        self,
        name: str,
        *,
        assay: str,
        unit: str,
        source: Files | ExpressionSource,
        annotation: str | None = None,
        release: str | None = None,
        feature_ids: Literal["ensembl", "any"] = "ensembl",
        sample_fields: SampleFields | None = None,
        replace: bool = False,
        policy: str | None = None,
        report: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Published[AssayReceipt]:
        """Load one unit of an expression assay as the next version of a dataset.

        Other units of the assay, and the fields of its samples, stay as they are.

        Args:
            name: The dataset.
            assay: Name of the assay.
            unit: count, expected_count, tpm, fpkm, fpkm_uq, rpkm or other:NAME.
            source: Files or folders, or an `ExpressionSource` that says how they are read.
            annotation: GTF file or table of genes or transcripts.
            release: Release of the annotation.
            feature_ids: Whether ids must be ENSG or ENST.
            sample_fields: What is known of the samples, where it comes along.
            replace: Keep nothing of the version before.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the one that has the same already.

        Raises:
            ApolloError: The load was refused; its class says why (see `apollo_spark.errors`).
        """
        fields = sample_fields
        request = ExpressionLoad(
            **ExpressionSource.of(source).options(),
            name=name,
            assay=assay,
            unit=unit,
            annotation=annotation,
            release=release,
            feature_ids=feature_ids,
            dictionary=fields.dictionary if fields else None,
            codings=fields.codings if fields else None,
            data=file_pairs(fields.data) if fields else (),
            replace=replace,
            policy=policy,
            report=report,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait, spark=spark)
