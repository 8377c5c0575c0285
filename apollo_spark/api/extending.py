"""What makes the next version of a dataset out of the one before: a part of `ApolloLake`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from apollo_spark.api.loading import LoadingLake
from apollo_spark.api.published import Published
from apollo_spark.api.sources import ExpressionSource, Files, file_pairs
from apollo_spark.assays.expression.receipt import AssayExtensionReceipt
from apollo_spark.assays.expression.request import AssayExtension
from apollo_spark.model.receipt import CompactionReceipt, ExtensionReceipt, RowsReceipt
from apollo_spark.operations.requests.extend import ClinicalExtension, ClinicalMode
from apollo_spark.verbs.compact import CompactRequest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class ExtendingLake(LoadingLake):
    """A lake whose datasets grow."""

    def extend(
        self,
        name: str,
        *,
        data: Mapping[str, Files] | None = None,
        delete: Mapping[str, Files] | None = None,
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
        dry_run: bool = False,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Published[ExtensionReceipt | RowsReceipt]:
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
            mode: What is added; by default the entity and the columns of the files say it.
            as_name: The name to publish under; by default the dataset's own.
            missing: Texts that mean missing, beside the empty cell.
            encoding: Encoding of the data files.
            delimiter: What separates their cells; by default each file shows it.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the newest one, where the same files made it.

        Raises:
            ApolloError: The extension was refused; its class says why.
        """
        request = ClinicalExtension(
            name=name,
            data=file_pairs(data or {}),
            delete=file_pairs(delete or {}),
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
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait, spark=spark)

    def extend_assay(
        self,
        name: str,
        *,
        assay: str,
        source: Files | ExpressionSource,
        policy: str | None = None,
        report: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Published[AssayExtensionReceipt]:
        """Add samples to an assay, as the next version of a dataset.

        Args:
            name: The dataset.
            assay: The assay.
            source: Files or folders with the new samples, or an `ExpressionSource` that says how
                they are read; of an assay with several units `UNIT=PATH` for each of them.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the one that has the same already.

        Raises:
            ApolloError: It was refused; its class says why (see `apollo_spark.errors`).
        """
        request = AssayExtension(
            **ExpressionSource.of(source).options(),
            name=name,
            assay=assay,
            policy=policy,
            report=report,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait, spark=spark)

    def compact(
        self,
        name: str | None = None,
        *,
        apply: bool = False,
        dry_run: bool = False,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Published[CompactionReceipt]:
        """Plan to put small blocks and files together, and do it if `apply` is set.

        Args:
            name: The dataset; None is all of them.
            apply: Whether the next version of each is published; its content is the same.
            dry_run: Only plan, whatever `apply` says.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Raises:
            ApolloError: It was refused; its class says why (see `apollo_spark.errors`).
        """
        request = CompactRequest(name=name, apply=apply, dry_run=dry_run)
        return self._perform(request, wait=wait, spark=spark)
