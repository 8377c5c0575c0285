"""Merge two datasets, or an assay of one into another, and publish the result. No JVM is needed."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from apollo_spark.errors import CheckFailedError, NotFoundError, UsageError
from apollo_spark.export.messages import describe_findings
from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import AssayMerge, ClinicalMerge
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import Relationship
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.names import MEMBER_NAME, parse_reference, require_dataset_name
from apollo_spark.model.policy import Policy
from apollo_spark.model.receipt import AssayMergeReceipt
from apollo_spark.model.request import ResultRequest
from apollo_spark.model.rules import Severity
from apollo_spark.operations.deriving import Derivation, DerivedOperation
from apollo_spark.operations.outcome import refusal
from apollo_spark.records.field_link import (
    default_link,
    default_relationship,
    find_spec,
    main_key,
    parse_clash_rule,
    parse_field,
    parse_link,
)
from apollo_spark.sources.link_file import LinkFile, read_link_file
from apollo_spark.sources.policy_yaml import read_policy
from apollo_spark.verbs.merge.plan import MergePlan, plan_assay_merge, plan_clinical_merge


class MergeRequest(ResultRequest):
    """What every merge is asked for."""

    source: str
    target: str
    link: str | None = None
    policy: str | None = None


class ClinicalMergeRequest(MergeRequest):
    """The options of `apollo merge clinical`."""

    verb = "merge clinical"

    relationship: Literal["one_to_one", "many_to_one", "one_to_many"] | None = None
    on_clash: str = "refuse"


class AssayMergeRequest(MergeRequest):
    """The options of `apollo merge assay`."""

    verb = "merge assay"

    assay: str
    name: str | None = None
    link_file: str | None = None
    sample_fields: tuple[str, ...] | None = None
    no_sample_fields: bool = False


Request = TypeVar("Request", bound=MergeRequest)


class MergeOperation(DerivedOperation[Request]):
    """A merge: it is counted, judged by the policy, and published."""

    @abstractmethod
    def count(self, scratch: Path) -> MergePlan:
        """Return what the link matches, and what would be published."""

    @property
    def bases(self) -> tuple[str, ...]:
        """What is merged."""
        return (self.request.source, self.request.target)

    def derive(self, scratch: Path) -> Derivation:
        """Write the report that is asked for, and refuse what is to be refused."""
        request = self.request
        require_dataset_name(request.as_name)
        policy = Policy() if request.policy is None else read_policy(Path(request.policy))
        plan = self.count(scratch)
        if request.report is not None:
            plan.link.write_report(request.report)
        findings = tuple(
            each.model_copy(update={"severity": _severity_of(each.rule, policy)})
            for each in plan.findings
        )
        _require_acceptable(plan, findings)
        return replace(plan.derivation, findings=findings, notes=_link_chosen(request, plan))


class MergeClinical(MergeOperation[ClinicalMergeRequest]):
    """Merge the entities of two datasets."""

    verb = "merge clinical"

    def count(self, scratch: Path) -> MergePlan:  # noqa: ARG002 keys are counted in memory
        """Return what the link matches."""
        lake, request = self.context.lake, self.request
        return plan_clinical_merge(lake, _clinical_change(lake, request), name=request.as_name)


class MergeAssay(MergeOperation[AssayMergeRequest]):
    """Join an assay to an entity of another dataset."""

    verb = "merge assay"

    def count(self, scratch: Path) -> MergePlan:
        """Return which samples the link matches."""
        lake, request = self.context.lake, self.request
        change, link = _assay_change(lake, request)
        return plan_assay_merge(lake, change, name=request.as_name, link=link, scratch=scratch)


def describe_receipt(counts: Mapping[str, Any]) -> str:
    """Return the counts of a merge as one line for people."""
    shown = (
        f"{name} {counts[name]:,}"
        for name in AssayMergeReceipt.model_fields
        if isinstance(counts.get(name), int)
    )
    return "  ".join(shown)


def _clinical_change(lake: Lake, request: ClinicalMergeRequest) -> ClinicalMerge:
    clash_rule = parse_clash_rule(request.on_clash)
    link = None if request.link is None else parse_link(request.link)
    source, target = _find_parents(lake, request)
    dictionaries = lake.load_dictionary(source), lake.load_dictionary(target)
    link = link or default_link(*dictionaries)
    chosen = request.relationship or default_relationship(*dictionaries, link)
    return ClinicalMerge(
        source=str(source),
        target=str(target),
        link=link,
        relationship=Relationship(chosen).value,
        on_clash=clash_rule,
    )


def _assay_change(lake: Lake, request: AssayMergeRequest) -> tuple[AssayMerge, LinkFile | None]:
    for each in (request.assay, request.name):
        if each is not None and not MEMBER_NAME.match(each):
            raise UsageError(f"{each!r} cannot be the name of an assay.")
    sample_fields = _sample_fields(request)
    named = None if request.link is None else parse_field(request.link)
    source, target = _find_parents(lake, request)
    dictionary = lake.load_dictionary(target)
    entity, field = named or main_key(dictionary, "target")
    spec = find_spec(dictionary, entity, field)
    if spec is None:
        raise NotFoundError(f"{target} has no field {entity}.{field}.")
    link = None
    if request.link_file is not None:
        reading = read_link_file(Path(request.link_file), spec.type)
        if reading.file is None:
            raise refusal(reading.findings, describe_findings(reading.findings))
        link = reading.file
    change = AssayMerge(
        source=str(source),
        target=str(target),
        assay=request.assay,
        name=request.name,
        entity=entity,
        field=field,
        is_linked_by_file=link is not None,
        brings_samples=True,
        sample_fields=sample_fields,
    )
    return change, link


def _sample_fields(request: AssayMergeRequest) -> tuple[str, ...] | None:
    """Return the samples' own fields that are wanted; None where all are."""
    if request.no_sample_fields:
        if request.sample_fields:
            raise UsageError("--sample-fields and --no-sample-fields exclude each other.")
        return ()
    if request.sample_fields is None:
        return None
    # An entity before the field is understood: there is only one whose fields these can be.
    named = tuple(each.rpartition(".")[2] for each in request.sample_fields)
    if not all(MEMBER_NAME.match(each) for each in named):
        raise UsageError("--sample-fields holds what cannot be the name of a field.")
    return named


def _find_parents(lake: Lake, request: MergeRequest) -> tuple[DatasetRecord, DatasetRecord]:
    source, target = (
        lake.load_record(parse_reference(each)) for each in (request.source, request.target)
    )
    return source, target


def _link_chosen(request: MergeRequest, plan: MergePlan) -> tuple[str, ...]:
    """Say which fields are linked, and how, where nobody said so."""
    if isinstance(request, ClinicalMergeRequest):
        is_said = request.link is not None and request.relationship is not None
        options = "--link and --relationship decide"
    else:
        is_said, options = request.link is not None, "--link decides"
    return () if is_said else (f"{plan.relationship}; {options} otherwise",)


def _severity_of(rule: str, policy: Policy) -> Severity:
    """Return what a rule does to a merge, which cannot leave rows out."""
    severity = policy.severity_of(rule)
    return Severity.REFUSE if severity is Severity.QUARANTINE else severity


def _require_acceptable(plan: MergePlan, findings: tuple[Finding, ...]) -> None:
    """Refuse data that break the relationship, and what the policy refuses."""
    repeated = plan.link.receipt_counts["duplicate_keys"]
    counts = describe_receipt(plan.derivation.receipt.model_dump())
    if repeated:
        broken = f"{plan.relationship}, and {repeated:,} keys occur more often than that allows"
        lines = [f"The data break the relationship: {broken}."]
        if refusing(findings):
            lines.append(describe_findings(refusing(findings)))
        raise CheckFailedError("\n".join([*lines, counts]), fix="Add --report DIR to see which.")
    if refusing(findings):
        raise refusal(findings, f"{describe_findings(findings)}\n{counts}")
