"""Check what rows that come, change and go do to keys, references and cardinality."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.ingest.check import NO_LIMIT, PLACES, CheckResult, add_faults
from apollo_spark.ingest.lookalikes import RULE as LOOKALIKE
from apollo_spark.ingest.lookalikes import (
    KeyColumn,
    find_lookalikes,
    find_meant,
    find_new_lookalikes,
    joined,
    without,
)
from apollo_spark.ingest.plan import PlannedEntity
from apollo_spark.ingest.queried_keys import QueriedColumn
from apollo_spark.ingest.write import Excluded, KeySets, collect_places
from apollo_spark.model.field import FieldType
from apollo_spark.model.findings import Finding
from apollo_spark.model.rules import Severity
from apollo_spark.query.assay_scope import sample_keys
from apollo_spark.query.row_checks import (
    EntityAfter,
    count_left_alone,
    count_samples_left,
    repeated_given,
    repeated_values,
    unresolved_values,
)
from apollo_spark.query.sql import table
from apollo_spark.tables.findings import merge_findings
from apollo_spark.tables.keys import KeyCheck, plan_key_checks
from apollo_spark.tables.layout import entity_spec
from apollo_spark.verbs.extend.rows.comparing import RowComparison
from apollo_spark.verbs.extend.rows.tables import RowTable

KEY_UNIQUE = "key_unique"
UNMATCHED = "delete_unmatched"
CONTRADICTED = "delete_contradicted"


@dataclass
class _Faults:
    """Values that break rules, in the rows given and among the keys to delete."""

    given: KeySets = field(default_factory=dict)
    deleted: KeySets = field(default_factory=dict)


class RowChecks:
    """The checks of one extension by rows.

    Args:
        compared: The rows given beside the stored ones.
        runner: Reads the files again, if anything is wrong.
        excluded: Lines that the policy left out.
    """

    def __init__(self, compared: RowComparison, runner: TaskRunner, excluded: Excluded) -> None:
        self._compared = compared
        self._plan = compared.plan
        self._policy = compared.plan.policy
        self._runner = runner
        self._excluded = excluded
        checks = plan_key_checks(compared.plan.content.dictionary)
        self._checks = checks
        self._after = _entity_after(compared)

    def run(self) -> CheckResult:
        """Return everything that is wrong, and the rows that the policy leaves out."""
        faults = self._find_faults()
        findings: list[Finding] = []
        lines: dict[str, set[int]] = {}
        compared, plan = self._compared, self._plan
        for planned, staged, keys in (
            (plan.data, compared.staged, faults.given),
            (plan.deleting, compared.keys, faults.deleted),
        ):
            if planned is not None and staged is not None and (staged.found or keys):
                findings += self._places(planned, keys, lines)
        findings += [*self._children_left(), *self._samples_left(), *self._parents_missing()]
        return CheckResult(
            findings=tuple(findings),
            quarantined={path: frozenset(each) for path, each in lines.items()},
        )

    def _find_faults(self) -> _Faults:
        found = _Faults()
        compared, key = self._compared, self._plan.entity.primary_key
        first = compared.tables[0]
        if compared.staged is not None:
            if key is not None and first.key is not None:
                found.given[KEY_UNIQUE, key] = compared.values(repeated_given(first.new, first.key))
                if (alike := self._lookalikes(first)) is not None:
                    found.given[LOOKALIKE, key] = alike
            for check in self._of_entity():
                broken = self._broken(check)
                add_faults(found.given, check, broken, self._meant(check, broken), self._policy)
        if compared.keys is not None and key is not None:
            unmatched = compared.unmatched_deletes
            meant = find_meant(unmatched, self._stored_keys(key))
            found.deleted[UNMATCHED, key] = without(unmatched, meant)
            found.deleted[LOOKALIKE, key] = meant
            found.deleted[CONTRADICTED, key] = compared.contradicted_deletes
        found.given = {rule: values for rule, values in found.given.items() if len(values)}
        found.deleted = {rule: values for rule, values in found.deleted.items() if len(values)}
        return found

    def _lookalikes(self, first: RowTable) -> pa.Array | None:
        """Return keys given that look like each other, or like a stored one; None of numbers."""
        key = self._plan.entity.primary_key
        spec = self._plan.entity.find_field(key or "")
        if key is None or first.key is None or spec is None or spec.type is not FieldType.STRING:
            return None
        given = QueriedColumn(self._compared.run, partial(table, first.new), first.key)
        return joined(find_lookalikes(given), find_new_lookalikes(given, self._stored_keys(key)))

    def _stored_keys(self, field_name: str, entity: str | None = None) -> KeyColumn:
        """Return a field of the stored rows that people see."""
        scope, name = self._compared.scope, entity or self._plan.entity.name
        return QueriedColumn(
            self._compared.run, lambda alias: scope.source(name, [field_name], alias), field_name
        )

    def _meant(self, check: KeyCheck, broken: pa.Array) -> pa.Array:
        """Return those references to nothing that look like something that is there."""
        if check.target_entity is None or check.target_column is None:
            return broken.slice(0, 0)
        return find_meant(broken, self._stored_keys(check.target_column, check.target_entity))

    def _of_entity(self) -> Iterator[KeyCheck]:
        """Yield the checks of fields that the input has, but for that of the primary key."""
        for check in self._checks:
            is_given = check.entity == self._plan.entity.name and check.column in self._after.given
            if is_given and check.rule != KEY_UNIQUE:
                yield check

    def _broken(self, check: KeyCheck) -> pa.Array:
        if check.target_entity is None or check.target_column is None:
            return self._compared.values(repeated_values(self._after, check.column))
        name, own = self._after.given[check.column]
        scope = self._compared.scope
        tree = unresolved_values(name, own, scope, check.target_entity, check.target_column)
        return self._compared.values(tree)

    def _places(
        self, planned: PlannedEntity, keys: KeySets, lines: dict[str, set[int]]
    ) -> list[Finding]:
        """Read files again and return what is wrong with them, and where."""
        leaves_out = any(each is Severity.QUARANTINE for _, each in self._policy.severities)
        found = collect_places(
            self._runner,
            [planned],
            keys={planned.spec.entity: keys},
            excluded=self._excluded,
            limit=NO_LIMIT if leaves_out else PLACES,
        )
        is_data = planned is self._plan.data
        for path, each in found:
            if is_data and self._policy.severity_of(each["rule"]) is Severity.QUARANTINE:
                lines.setdefault(path, set()).update(line for line, _ in each["places"])
        merged = merge_findings(
            (each for _, each in found), policy=self._policy, messages=self._messages()
        )
        return [_decided(each, is_data=is_data) for each in merged]

    def _messages(self) -> dict[tuple[str, str], str]:
        found = {(each.rule, each.column): each.message for each in self._checks}
        for spec in self._plan.entity.fields:
            if spec.must_be_coded:
                found["cell_code", spec.name] = f"not a code of coding '{spec.coding_name}'"
        return found

    def _children_left(self) -> Iterator[Finding]:
        """Yield what rows of other entities refer to and will not find."""
        entity, after = self._plan.entity.name, self._after
        for check in self._checks:
            if check.target_entity != entity or check.target_column is None:
                continue
            if self._may_lose(check.target_column):
                tree = count_left_alone(
                    after, check.target_column, self._compared.scope, check.entity, check.column
                )
                if count := self._compared.number(tree):
                    yield self._stored(
                        check.rule, f"it refers to a row of {entity} that goes", check, count
                    )

    def _samples_left(self) -> Iterator[Finding]:
        """Yield the samples of assays whose row goes: their values would stay."""
        entity, scope = self._plan.entity.name, self._compared.scope
        for assay in self._plan.base.assays:
            if assay.entity != entity or not self._may_lose(assay.field):
                continue
            tree = count_samples_left(self._after, assay.field, sample_keys(scope, assay))
            if count := self._compared.number(tree):
                message = f"samples of the assay '{assay.name}' belong to a row that goes"
                check = KeyCheck(
                    rule="reference_resolves", entity=entity, column=assay.field, message=message
                )
                yield self._stored(check.rule, message, check, count)

    def _may_lose(self, field_name: str) -> bool:
        """Return whether values of a field may go: by deleting rows, or by changing them."""
        changes = field_name in self._after.given and field_name != self._after.key
        return self._compared.deletes or changes

    def _parents_missing(self) -> Iterator[Finding]:
        """Yield references that new rows lack because the input has no such column."""
        if self._compared.staged is None or not self._compared.counts.added:
            return
        spec = entity_spec(self._plan.content.dictionary, self._plan.entity)
        for column in spec.columns:
            if column.is_reference and column.name not in self._after.given:
                check = KeyCheck(
                    rule="reference_missing",
                    entity=spec.entity,
                    column=column.name,
                    message="the input has no column for it",
                )
                yield self._stored(check.rule, check.message, check, self._compared.counts.added)

    def _stored(self, rule: str, message: str, check: KeyCheck, count: int) -> Finding:
        finding = Finding(
            rule=rule,
            severity=self._policy.severity_of(rule),
            message=message,
            entity=check.entity,
            column=check.column,
            count=count,
        )
        return _decided(finding, is_data=False)


def _decided(finding: Finding, *, is_data: bool) -> Finding:
    """Refuse where the policy's word cannot be followed.

    Of two rows with one key nothing says which is meant; only rows of the input can be left out.
    """
    warns = finding.severity is Severity.WARN and finding.rule == KEY_UNIQUE
    leaves_out = finding.severity is Severity.QUARANTINE and not is_data
    if warns or leaves_out:
        return finding.model_copy(update={"severity": Severity.REFUSE})
    return finding


def _entity_after(compared: RowComparison) -> EntityAfter:
    given = {each.field: (each.table, each.column) for each in compared.given_columns().values()}
    keys: dict[str, str] = {}
    key = compared.plan.entity.primary_key
    if compared.staged is not None:
        for each in compared.tables:
            if each.takes_rows and each.key is not None:
                keys[each.new] = each.key
    return EntityAfter(
        scope=compared.entity_scope,
        entity=compared.plan.entity.name,
        key=key,
        given=given,
        given_key=keys,
        deletes=compared.deletes,
    )
