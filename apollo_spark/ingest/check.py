"""Check the written, unpublished tables of a load, and gather everything that is wrong."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.base import Engine
from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.ingest.key_tables import KeyTables, open_keys
from apollo_spark.ingest.lookalikes import RULE as LOOKALIKE
from apollo_spark.ingest.lookalikes import find_lookalikes, find_meant, joined, without
from apollo_spark.ingest.plan import ClinicalPlan
from apollo_spark.ingest.write import (
    Excluded,
    KeySets,
    WrittenEntity,
    collect_places,
)
from apollo_spark.lake.withdrawing import alike
from apollo_spark.model.field import FieldType
from apollo_spark.model.findings import Finding
from apollo_spark.model.pin import TablePin
from apollo_spark.model.policy import Policy
from apollo_spark.model.rules import Severity
from apollo_spark.tables.findings import KEEPING_RULES, LOSING_RULES, merge_findings
from apollo_spark.tables.keys import KeyCheck, plan_key_checks

PLACES = 1_000
"""Places kept of each rule, column and block; all are counted."""
NO_LIMIT = 2**31 - 1
NOTHING: Excluded = {}
"""No lines."""
NO_KEYS: Mapping[str, pa.Array] = {}
"""No keys of any entity."""


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
    withdrawn: Excluded = NOTHING,
    taken: Mapping[str, pa.Array] = NO_KEYS,
) -> CheckResult:
    """Run the checks between rows; if anything at all is wrong, collect places and values.

    The keys alone are read when all is well; a second pass over the entities concerned
    otherwise. `also` holds values that break further rules, by entity; `unread` are entities of
    which rows are known to be missing; `withdrawn` are lines left out by no policy, which nothing
    may mention; `taken` are the withdrawn keys, by entity, to which rows that stay may refer.
    """
    keys = find_key_faults(plan, written, pins, engine=engine, unread=unread, taken=taken)
    for entity, values in (also or {}).items():
        own = keys.setdefault(entity, {})
        own.update({place: joined(own.get(place), each) for place, each in values.items()})
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
    gone = _count_left_out(plan, excluded, withdrawn)
    findings = merge_findings(
        (each for _, each in found), policy=plan.policy, messages=_messages(plan, gone)
    )
    return CheckResult(
        findings=tuple(_after_cause(each, plan, gone) for each in findings),
        quarantined={path: frozenset(each) for path, each in lines.items()},
    )


def find_key_faults(
    plan: ClinicalPlan,
    written: Mapping[str, WrittenEntity],
    pins: Mapping[str, TablePin],
    *,
    engine: Engine,
    unread: Set[str] = frozenset(),
    taken: Mapping[str, pa.Array] = NO_KEYS,
) -> dict[str, KeySets]:
    """Return the values that break a rule between rows, by entity, rule and column."""
    found: dict[str, KeySets] = {}
    checks = plan_key_checks(plan.dictionary)
    rows = sum(each.content.rows for each in written.values())
    with open_keys(plan.dictionary, checks, pins, engine, rows) as keys:
        for check in checks:
            if check.target_entity in unread or not _can_be_judged(check, written):
                continue
            values = _without_taken(keys.broken(check), check, plan, taken)
            has_odd = check.column in written[check.entity].odd
            looking = _lookalikes(check, values, plan, keys, has_odd=has_odd)
            add_faults(found.setdefault(check.entity, {}), check, values, looking, plan.policy)
    return {entity: values for entity, values in found.items() if values}


def _without_taken(
    values: pa.Array, check: KeyCheck, plan: ClinicalPlan, taken: Mapping[str, pa.Array]
) -> pa.Array:
    """Return values that refer to nothing, without the withdrawn keys of what they refer to."""
    target = plan.dictionary.find_entity(check.target_entity or "")
    if target is None or target.primary_key != check.target_column or target.name not in taken:
        return values
    given, gone = alike(values, taken[target.name])
    return values.filter(pc.invert(pc.is_in(given, value_set=gone)))


def add_faults(
    found: KeySets, check: KeyCheck, values: pa.Array, alike: pa.Array, policy: Policy
) -> None:
    """Add values that break a rule, and those that look like a key and are none.

    Where the latter refuse, what follows from them is not reported as well.
    """
    is_told = policy.severity_of(LOOKALIKE) is not Severity.WARN
    if len(alike) and is_told and check.target_entity is not None:
        values = without(values, alike)
    for rule, broken in ((check.rule, values), (LOOKALIKE, alike)):
        if len(broken):
            place = rule, check.column
            found[place] = joined(found.get(place), broken)


def _lookalikes(
    check: KeyCheck, values: pa.Array, plan: ClinicalPlan, keys: KeyTables, *, has_odd: bool
) -> pa.Array:
    """Return keys that look like another one or, of references to nothing, like what is there."""
    entity = plan.dictionary.find_entity(check.entity)
    spec = entity.find_field(check.column) if entity else None
    if spec is None or spec.type is not FieldType.STRING:
        return values.slice(0, 0)
    if check.target_entity is None or check.target_column is None:
        if not has_odd:
            return values.slice(0, 0)
        return find_lookalikes(keys.column(check.entity, check.column))
    if len(values) == 0:
        return values
    return find_meant(values, keys.column(check.target_entity, check.target_column))


def _can_be_judged(check: KeyCheck, written: Mapping[str, WrittenEntity]) -> bool:
    """Return whether the rows referred to were all read: else the file is to blame, not the row."""
    if check.target_entity is None:
        return True
    faults = written[check.target_entity].faults
    return not any(
        rule in LOSING_RULES or (column == check.target_column and rule not in KEEPING_RULES)
        for rule, column in faults
    )


def _after_cause(finding: Finding, plan: ClinicalPlan, gone: Mapping[str, int]) -> Finding:
    """Return a finding that says whether rows left out may be its cause."""
    follows = any(
        (each.rule, each.entity, each.column) == (finding.rule, finding.entity, finding.column)
        and gone.get(each.target_entity or "")
        for each in plan_key_checks(plan.dictionary)
    )
    return finding.model_copy(update={"is_consequence": True}) if follows else finding


def _count_left_out(plan: ClinicalPlan, excluded: Excluded, withdrawn: Excluded) -> dict[str, int]:
    """Return how many rows of each entity the policy left out."""
    none: frozenset[int] = frozenset()
    return {
        each.spec.entity: sum(
            len(excluded.get(file.path, none) - withdrawn.get(file.path, none))
            for file in each.files
        )
        for each in plan.entities
    }


def _messages(plan: ClinicalPlan, gone: Mapping[str, int]) -> dict[tuple[str, str], str]:
    """Return what is said of broken rules, with the cause where rows were left out before."""
    found = {}
    for check in plan_key_checks(plan.dictionary):
        left_out = gone.get(check.target_entity or "", 0)
        cause = f", of which the policy left {left_out:,} out" if left_out else ""
        found[check.rule, check.column] = f"{check.message}{cause}"
    for _, spec in plan.dictionary.paths():
        if spec.must_be_coded:
            found["cell_code", spec.name] = f"not a code of coding '{spec.coding_name}'"
    return found
