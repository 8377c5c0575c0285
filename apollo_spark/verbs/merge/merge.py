"""Merge two datasets, or an assay of one into another, and publish the result. No JVM is needed."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from apollo_spark.errors import CheckFailedError, NotFoundError, UsageError
from apollo_spark.export.messages import describe_findings
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.base import Record
from apollo_spark.model.change import AssayMerge, ClinicalMerge
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import Relationship
from apollo_spark.model.findings import Finding, Severity, refusing
from apollo_spark.model.names import MEMBER_NAME, parse_reference, require_dataset_name
from apollo_spark.model.policy import Policy
from apollo_spark.model.receipt import AssayMergeReceipt
from apollo_spark.operations.deriving import planned_outcome, publish_derivation
from apollo_spark.operations.outcome import Outcome, refusal
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


class MergeRequest(Record):
    """What every merge is asked for."""

    source: str
    target: str
    as_name: str
    link: str | None = None
    policy: str | None = None
    report: str | None = None
    dry_run: bool = False


class ClinicalMergeRequest(MergeRequest):
    """The options of `apollo merge clinical`."""

    relationship: Literal["one_to_one", "many_to_one", "one_to_many"] | None = None
    on_clash: str = "refuse"


class AssayMergeRequest(MergeRequest):
    """The options of `apollo merge assay`."""

    assay: str
    name: str | None = None
    link_file: str | None = None
    sample_fields: tuple[str, ...] | None = None
    no_sample_fields: bool = False


def publish_clinical_merge(
    lake: Lake, request: ClinicalMergeRequest, *, on_step: OnStep = no_step
) -> Outcome:
    """Merge the entities of two datasets, or for a dry run say what that would match.

    Raises:
        NotFoundError: A version or a field of the link is not there.
        DictionaryError: The fields of the link do not go together, or the policy is wrong.
        ConflictError: Names clash, or the name of the result is held or of another kind.
        CheckFailedError: The data break the relationship, or the policy refuses what was counted.
        BrokenPinError: A pinned table cannot be read.
    """
    require_dataset_name(request.as_name)
    policy = _read_policy(request)
    on_step("plan")
    plan = plan_clinical_merge(lake, _clinical_change(lake, request), name=request.as_name)
    return _publish(lake, request, plan, policy, on_step)


def publish_assay_merge(
    lake: Lake, request: AssayMergeRequest, *, on_step: OnStep = no_step
) -> Outcome:
    """Join an assay to an entity of another dataset, or for a dry run say what that would match.

    Raises:
        NotFoundError: A version, the assay or the field is not there.
        InputFileError: The linking file is not what it was said to be.
        DictionaryError: The field cannot link samples, or the policy is wrong.
        ConflictError: An assay of that name is there, or the name of the result is held or of
            another kind.
        CheckFailedError: A sample or a value stands too often, or the policy refuses what was
            counted.
        BrokenPinError: A pinned table cannot be read.
    """
    require_dataset_name(request.as_name)
    policy = _read_policy(request)
    on_step("plan")
    change, link = _assay_change(lake, request)
    with tempfile.TemporaryDirectory(prefix="apollo-merge-") as scratch:
        plan = plan_assay_merge(
            lake, change, name=request.as_name, link=link, scratch=Path(scratch)
        )
        return _publish(lake, request, plan, policy, on_step)


def describe_receipt(counts: Mapping[str, Any]) -> str:
    """Return the counts of a merge as one line for people."""
    shown = (
        f"{name} {counts[name]:,}" for name in AssayMergeReceipt.model_fields if name in counts
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


def _read_policy(request: MergeRequest) -> Policy:
    return Policy() if request.policy is None else read_policy(Path(request.policy))


def _publish(
    lake: Lake, request: MergeRequest, plan: MergePlan, policy: Policy, on_step: OnStep
) -> Outcome:
    """Write the report that is asked for, refuse what is to be refused, publish the rest."""
    if request.report is not None:
        plan.link.write_report(request.report)
    findings = tuple(
        each.model_copy(update={"severity": _severity_of(each.rule, policy)})
        for each in plan.findings
    )
    _require_acceptable(plan, findings)
    if request.dry_run:
        outcome = planned_outcome(lake, plan.derivation)
    else:
        outcome = publish_derivation(lake, plan.derivation, finish=plan.finish, on_step=on_step)
    notes = (*_link_chosen(request, plan), *outcome.notes)
    return replace(outcome, findings=findings, notes=notes)


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
        broken = f"{plan.relationship}, and {repeated:,} keys stand more often than that allows"
        lines = [f"The data break the relationship: {broken}."]
        if refusing(findings):
            lines.append(describe_findings(refusing(findings)))
        raise CheckFailedError("\n".join([*lines, counts]), fix="Add --report DIR to see which.")
    if refusing(findings):
        raise refusal(findings, f"{describe_findings(findings)}\n{counts}")
