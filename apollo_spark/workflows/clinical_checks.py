"""Check the written, unpublished tables of a load, and gather everything that is wrong."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

import pyarrow as pa

from apollo_spark.engines.base import Engine
from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.model.findings import Finding, Severity
from apollo_spark.model.pin import TablePin
from apollo_spark.query.keys import repeated_keys, unresolved_keys
from apollo_spark.tables.findings import LOSING_RULES, merge_findings
from apollo_spark.tables.keys import KeyCheck, plan_key_checks
from apollo_spark.workflows.clinical_plan import ClinicalPlan
from apollo_spark.workflows.clinical_rows import (
    Excluded,
    KeySets,
    WrittenEntity,
    collect_places,
)

PLACES = 1_000
"""Places kept of each rule, column and block; all are counted."""
NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class CheckResult:
    """What was found, and the rows that the policy leaves out."""

    findings: tuple[Finding, ...] = ()
    quarantined: Mapping[str, frozenset[int]] = field(default_factory=dict)


def check_tables(
    plan: ClinicalPlan,
    written: Mapping[str, WrittenEntity],
    pins: Mapping[str, TablePin],
    *,
    runner: TaskRunner,
    engine: Engine,
    excluded: Excluded,
    also: Mapping[str, KeySets] | None = None,
    unread: Set[str] = frozenset(),
) -> CheckResult:
    """Run the checks between rows; if anything at all is wrong, collect places and values.

    One question per key check when all is well; a second pass over the entities concerned
    otherwise. `also` holds values that break further rules, by entity; `unread` are entities of
    which rows are known to be missing.
    """
    keys = find_key_faults(plan, written, pins, engine=engine, unread=unread)
    for entity, values in (also or {}).items():
        keys.setdefault(entity, {}).update(values)
    concerned = [
        each
        for each in plan.entities
        if written[each.spec.entity].found or each.spec.entity in keys
    ]
    if not concerned:
        return CheckResult()
    leaves_out = any(severity is Severity.QUARANTINE for _, severity in plan.policy.severities)
    found = collect_places(
        runner,
        concerned,
        keys=keys,
        excluded=excluded,
        limit=NO_LIMIT if leaves_out else PLACES,
    )
    lines: dict[str, set[int]] = {}
    for path, each in found:
        if plan.policy.severity_of(each["rule"]) is Severity.QUARANTINE:
            lines.setdefault(path, set()).update(line for line, _ in each["places"])
    return CheckResult(
        findings=merge_findings(
            (each for _, each in found), policy=plan.policy, messages=_messages(plan)
        ),
        quarantined={path: frozenset(each) for path, each in lines.items()},
    )


def find_key_faults(
    plan: ClinicalPlan,
    written: Mapping[str, WrittenEntity],
    pins: Mapping[str, TablePin],
    *,
    engine: Engine,
    unread: Set[str] = frozenset(),
) -> dict[str, KeySets]:
    """Return the values that break a rule between rows, by entity, rule and column."""
    found: dict[str, KeySets] = {}
    for check in plan_key_checks(plan.dictionary):
        if check.target_entity in unread or not _can_be_judged(check, written):
            continue
        values = _broken_values(check, pins, engine)
        if len(values):
            found.setdefault(check.entity, {})[check.rule, check.column] = values
    return found


def _can_be_judged(check: KeyCheck, written: Mapping[str, WrittenEntity]) -> bool:
    """Return whether the rows referred to were all read: else the file is to blame, not the row."""
    if check.target_entity is None:
        return True
    faults = written[check.target_entity].faults
    return not any(rule in LOSING_RULES or column == check.target_column for rule, column in faults)


def _broken_values(check: KeyCheck, pins: Mapping[str, TablePin], engine: Engine) -> pa.Array:
    if check.target_entity is not None and check.target_column is not None:
        tree = unresolved_keys(check.entity, check.column, check.target_entity, check.target_column)
    else:
        tree = repeated_keys(check.entity, check.column)
    table = engine.run(tree, pins).read_all()
    return table.column(0).combine_chunks()


def _messages(plan: ClinicalPlan) -> dict[tuple[str, str], str]:
    checks = plan_key_checks(plan.dictionary)
    found = {(check.rule, check.column): check.message for check in checks}
    for _, spec in plan.dictionary.paths():
        if spec.must_be_coded:
            found["cell_code", spec.name] = f"not a code of coding '{spec.coding_name}'"
    return found
