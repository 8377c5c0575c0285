"""A dataset that is open for reading: its record, what questions may read, and the pins of it all.

Rows are read through here only, so that what a rule hides is hidden from every reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from apollo_spark.errors import naming_only
from apollo_spark.lake.storage.part_reader import PartReader
from apollo_spark.model.dataset import DatasetRecord, RowRule
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.pin import TablePin
from apollo_spark.query.scope import QueryScope, RuleScope, Slices

if TYPE_CHECKING:
    from apollo_spark.lake.measured import StoredAssayValues
    from apollo_spark.lake.tables.store import TableStore
    from apollo_spark.model.filter import Filter
    from apollo_spark.query.cohorts.members import Members


@dataclass(frozen=True)
class OpenDataset:
    """One version of a dataset as it is read now.

    Attributes:
        record: The record, with the rules that came after it: it is not to be published.
        parts: Where its parts are read.
        members: The people of a cohort, where these alone are read.
        lists: The tables of ids that it asks for, by the names that questions use.
        cohorts: The versions of the cohorts that these people are of.
        tables: Where its tables are, which filters on values of assays look features up in.
    """

    record: DatasetRecord
    parts: PartReader
    members: "Members | None" = None
    lists: Mapping[str, TablePin] = field(default_factory=dict)
    tables: "TableStore | None" = None
    cohorts: tuple[str, ...] = ()

    def only(
        self,
        members: "Members",
        lists: Mapping[str, TablePin],
        cohorts: tuple[str, ...] = (),
    ) -> "OpenDataset":
        """Return the same with the people of a cohort alone.

        Args:
            members: Who they are.
            lists: The tables of ids that tell it, by the names that `members` uses.
            cohorts: The versions of the cohorts that tell it.
        """
        assert self.members is None, "a cohort is one of the whole dataset"
        found = replace(self, members=members, lists=lists, cohorts=cohorts)
        # What was read once is not read again: a dictionary may have 30,000 fields.
        vars(found).update(dictionary=self.dictionary, _rules=self._rules)
        return found

    @cached_property
    def dictionary(self) -> DataDictionary:
        """Entities, fields, relations and codings."""
        return self.parts.dictionary(self.record)

    @cached_property
    def scope(self) -> QueryScope:
        """What questions may read."""
        measured = self.measured if self.record.assays else None
        found = replace(self._rows, measured=measured)
        return found if self.members is None else found.only(self.members)

    @cached_property
    def _rows(self) -> QueryScope:
        """What may be read of entities, of everybody."""
        return QueryScope(
            dictionary=self.dictionary,
            slices=_slices(self.record),
            rules=self._rules,
            suggests=not self.record.hides,
        )

    @cached_property
    def measured(self) -> "StoredAssayValues | None":
        """What its assays measured; None where tables cannot be read."""
        if self.tables is None:
            return None
        # Few questions are about assays.
        from apollo_spark.lake.measured import StoredAssayValues

        if self.members is None:
            return StoredAssayValues(self.tables, self, self._rows)
        # A cohort may ask for them itself: they are those of the whole dataset.
        whole = replace(self, members=None, lists={})
        vars(whole).update(dictionary=self.dictionary, _rules=self._rules)
        return StoredAssayValues(self.tables, whole, self._rows)

    @cached_property
    def pins(self) -> Mapping[str, TablePin]:
        """The pins by the names that questions use, those of rules too."""
        found = {pin.table: pin for pin in self.record.pins}
        for number, rule in enumerate(self.record.rules):
            found |= {f"{rule_label(number)}{pin.table}": pin for pin in rule.pins}
        found |= self.lists
        if not self.record.hides:
            return found
        reader = {"read_by": str(self.record)}
        return {name: pin.model_copy(update=reader) for name, pin in found.items()}

    @property
    def is_limited(self) -> bool:
        """Whether rules hide rows."""
        return bool(self.record.rules) or self.members is not None

    @cached_property
    def _rules(self) -> tuple[RuleScope, ...]:
        with naming_only(str(self.record) if self.record.hides else None):
            return self._read_rules()

    def _read_rules(self) -> tuple[RuleScope, ...]:
        found: tuple[RuleScope, ...] = ()
        for number, rule in enumerate(self.record.rules):
            label = rule_label(number)
            scope = QueryScope(
                dictionary=self.parts.dictionary(rule),
                slices=_slices(rule),
                rules=found,
                label=label,
            )
            if rule.assays:
                from apollo_spark.lake.measured import KeptValues

                scope = replace(scope, measured=KeptValues(rule.assays, scope))
            shows = _shown_by(rule)
            keys = None if rule.keys is None else f"{label}{rule.keys}"
            found += (RuleScope(rule.entity, scope, shows, keys, rule.field),)
        return found


def _shown_by(rule: RowRule) -> "Filter | Members | None":
    # Only views have filters or cohorts in their rules.
    if rule.members:
        from apollo_spark.query.cohorts.members import Members

        return Members(rule.members)
    if rule.text is None:
        return None
    from apollo_spark.sources.filters.text import parse_filter

    return parse_filter(rule.text)


def rule_label(number: int) -> str:
    """Return what comes before the names of a rule's tables in a question."""
    return f"rule {number} "


def _slices(record: DatasetRecord | RowRule) -> Slices:
    return {each.name: each.slices for each in record.entities}
