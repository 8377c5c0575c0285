"""What makes datasets out of files: a part of `ApolloLake`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.model.receipt import AssayReceipt, LoadReceipt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class LoadingLake(PerformingLake):
    """A lake into which files are loaded."""

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
        dry_run: bool = False,
        wait: float | None = None,
        spark: "SparkSession | None" = None,
    ) -> Published[LoadReceipt]:
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
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
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
            data=file_pairs(data or {}),
            replace=replace,
            missing=tuple(missing),
            policy=policy,
            report=report,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait, spark=spark)


def file_pairs(data: Mapping[str, str | Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return (entity, file) pairs as the option --data gives them."""
    return tuple(
        (entity, path)
        for entity, paths in data.items()
        for path in ((paths,) if isinstance(paths, str) else paths)
    )
