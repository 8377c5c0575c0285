"""What makes one dataset of two: a part of `ApolloLake`."""

from collections.abc import Sequence
from typing import Literal

from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published
from apollo_spark.model.receipt import AssayMergeReceipt, MergeReceipt
from apollo_spark.verbs.merge.merge import (
    AssayMergeRequest,
    ClinicalMergeRequest,
)


class MergingLake(PerformingLake):
    """A lake whose datasets can be merged. Nothing is copied, and no Spark session is needed."""

    def merge_clinical(
        self,
        source: str,
        target: str,
        name: str,
        *,
        link: str | None = None,
        relationship: Literal["one_to_one", "many_to_one", "one_to_many"] | None = None,
        on_clash: str = "refuse",
        policy: str | None = None,
        report: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[MergeReceipt]:
        """Join the entities of a source to those of a target, as the next version of a name.

        Args:
            source: `NAME` or `NAME@VERSION`; what is joined.
            target: `NAME` or `NAME@VERSION`; its main entity stays main.
            name: The name of the result.
            link: `SOURCE_ENTITY.FIELD=TARGET_ENTITY.FIELD`; by default both global keys.
            relationship: Read from source to target; by default one_to_one between two primary
                keys, else many_to_one.
            on_clash: What becomes of names that both have: `refuse`, `join`, `prefix:P` or
                `join,prefix:P`.
            policy: Path of the policy file.
            report: Folder for the ids that match nothing, as csv.
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
            wait: Seconds to wait for another writer; by default those of the lake.

        Returns:
            The version that was published, or the one that the same merge made before.

        Raises:
            ApolloError: It was refused; its class says why (see `apollo_spark.errors`).
        """
        request = ClinicalMergeRequest(
            source=source,
            target=target,
            as_name=name,
            link=link,
            relationship=relationship,
            on_clash=on_clash,
            policy=policy,
            report=report,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait)

    def merge_assay(
        self,
        source: str,
        target: str,
        name: str,
        *,
        assay: str,
        assay_name: str | None = None,
        link_file: str | None = None,
        link: str | None = None,
        sample_fields: Sequence[str] | None = None,
        policy: str | None = None,
        report: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[AssayMergeReceipt]:
        """Join an assay of a source to an entity of a target, as the next version of a name.

        Args:
            source: `NAME` or `NAME@VERSION`; what has the assay.
            target: `NAME` or `NAME@VERSION`; what it is joined to.
            name: The name of the result.
            assay: The assay.
            assay_name: What it is called in the result.
            link_file: Path of a csv file with a header: ids of samples, and values of the
                target's field. Without one the field holds the ids of the samples.
            link: `ENTITY.FIELD` of the target; by default its global key.
            sample_fields: Which of the samples' own fields come along, as an entity `sample`; all
                by default, none where it is empty.
            policy: Path of the policy file.
            report: Folder for the ids that match nothing, as csv.
            dry_run: Check everything and publish nothing; the outcome has the plan and the counts.
            wait: Seconds to wait for another writer; by default those of the lake.

        Returns:
            The version that was published, or the one that the same merge made before.

        Raises:
            ApolloError: It was refused; its class says why (see `apollo_spark.errors`).
        """
        request = AssayMergeRequest(
            source=source,
            target=target,
            as_name=name,
            assay=assay,
            name=assay_name,
            link_file=link_file,
            link=link,
            sample_fields=None if sample_fields is None else tuple(sample_fields),
            policy=policy,
            report=report,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait)
