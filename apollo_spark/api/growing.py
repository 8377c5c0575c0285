"""What makes the next version of a dataset out of the one before: a part of `ApolloLake`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from apollo_spark.api.loading import LoadingLake, file_pairs
from apollo_spark.api.published import Published
from apollo_spark.assays.expression.extend.plan import AssayExtension
from apollo_spark.model.receipt import AssayExtensionReceipt, ExtensionReceipt, RowsReceipt
from apollo_spark.operations.requests.extend import ClinicalExtension, ClinicalMode
from apollo_spark.verbs.compact import CompactionOutcome, compact, plan_compaction

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class GrowingLake(LoadingLake):
    """A lake whose datasets grow."""

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
            mode: What is added; by default the entity and the columns of the files tell.
            as_name: The name to publish under; by default the dataset's own.
            missing: Texts that mean missing, beside the empty cell.
            encoding: Encoding of the data files.
            delimiter: What parts their cells; by default each file tells.
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
        source: str | Sequence[str],
        format: str = "auto",  # noqa: A002 - the option's name on the command line
        id_map: str | None = None,
        features: Literal["refuse", "union"] = "refuse",
        on_duplicate: Literal["refuse", "sum", "mean", "first"] = "refuse",
        sample_pattern: str | None = None,
        sample_columns: str | None = None,
        delimiter: str | None = None,
        no_header: bool = False,
        samples: Sequence[str] = (),
        strand: Literal["unstranded", "forward", "reverse"] = "unstranded",
        missing: Sequence[str] = (),
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
            source: Files or folders with the new samples; of an assay with several units
                `UNIT=PATH` for each of them.
            format: What they are; `auto` detects it.
            id_map: Path of a table of two columns: other ids to Ensembl ids.
            features: What features do that the assay has not, or that the new samples lack.
            on_duplicate: What a repeated feature does.
            sample_pattern: Regular expression that finds the sample id in a file's path.
            sample_columns: Which columns of a matrix are samples: a regular expression that is
                searched in the header, or the path of a file of their names, one a line.
            delimiter: What parts the cells of the files; by default each file tells.
            no_header: Whether the files have no header; the samples are named by `samples` or a
                manifest then.
            samples: Names of the samples, in the order of columns or files.
            strand: Which counts of STAR and of the GDC are taken.
            missing: Texts that mean missing, beside the empty cell.
            policy: Path of the policy file.
            report: Folder of the validation report; by default one in the lake.
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Returns:
            The version that was published, or the one in which the same stands already.

        Raises:
            ApolloError: It was refused; its class says why (see `apollo_spark.errors`).
        """
        request = AssayExtension(
            name=name,
            assay=assay,
            sources=(source,) if isinstance(source, str) else tuple(source),
            format=format,
            id_map=id_map,
            features=features,
            on_duplicate=on_duplicate,
            sample_pattern=sample_pattern,
            sample_columns=sample_columns,
            delimiter=delimiter,
            no_header=no_header,
            samples=(samples,) if isinstance(samples, str) else tuple(samples),
            strand=strand,
            missing=tuple(missing),
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
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> CompactionOutcome:
        """Plan to put small blocks and files together, and do it if `apply` is set.

        Args:
            name: The dataset; None is all of them.
            apply: Whether the next version of each is published; its content is the same.
            wait: Seconds to wait for another writer; by default those of the lake.
            spark: The session whose executors do the work; by default one is started and stopped.

        Raises:
            ApolloError: It was refused; its class says why (see `apollo_spark.errors`).
        """
        if not apply:
            return CompactionOutcome(plans=plan_compaction(self._lake, name))
        return compact(self._context(wait, spark, has_steps=True), name)
