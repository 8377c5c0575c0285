"""What else is wrong with files that are refused for their headers: their rows."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from apollo_spark.ingest.check import check_tables
from apollo_spark.ingest.plan import ClinicalPlan, PlannedRows
from apollo_spark.ingest.wide import write_drafts
from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.publishing import OnStep
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.rules import RULES
from apollo_spark.operations.engines import local_engines
from apollo_spark.operations.file_operation import may_look_further

CHECK = "check"
"""Who holds a lake that is thrown away."""
MISSING_COLUMN = "header_missing_column"
HEADER_RULES = (MISSING_COLUMN, "header_unknown_column", "header_repeated_column")


Planning = TypeVar("Planning", bound=PlannedRows[Any])


def with_row_faults(planning: Planning, name: str, on_step: OnStep) -> Planning:
    """Return a planning, where it is refused with all that is wrong in rows.

    Args:
        planning: What was found so far; nothing that follows from it is reported.
        name: Of the dataset.
        on_step: Called with what is done.
    """
    plan = planning.readable
    if planning.plan is not None or plan is None or not may_look_further(plan.inputs, on_step):
        return planning
    told = KnownFaults(plan.dictionary, refusing(planning.findings))
    findings = (*planning.findings, *told.leave_out(_find_in_rows(plan, told, name)))
    return replace(planning, findings=findings)


def _find_in_rows(plan: ClinicalPlan, told: "KnownFaults", name: str) -> tuple[Finding, ...]:
    """Write rows to a lake that is thrown away, as the load would write them to its own."""
    with tempfile.TemporaryDirectory(prefix="apollo-check-") as folder:
        lake = open_lake(folder)
        engines = local_engines(lake)
        with lake.publication(name, holder=CHECK) as publication:
            written, pins = write_drafts(engines.runner, plan, publication, excluded={})
            checked = check_tables(
                plan,
                written,
                pins,
                runner=engines.runner,
                engine=engines.engine,
                excluded={},
                unread=told.entities,
            )
    return checked.findings


@dataclass(frozen=True)
class KnownFaults:
    """What was reported of headers and files, from which more would seem wrong in rows.

    Attributes:
        dictionary: The fields.
        findings: Those that refuse.
    """

    dictionary: DataDictionary
    findings: tuple[Finding, ...]

    @property
    def entities(self) -> frozenset[str]:
        """The entities of which a file, or the column of the keys, could not be read."""
        return frozenset(
            each.entity
            for each in self.findings
            if each.entity is not None and RULES[each.rule].kind == "file" and self._loses(each)
        )

    def _loses(self, finding: Finding) -> bool:
        """Return whether rows, or their keys, could not be read."""
        if finding.rule not in HEADER_RULES:
            return True
        entity = self.dictionary.find_entity(finding.entity or "")
        keys = (None, entity.primary_key if entity else None)
        return finding.rule == MISSING_COLUMN and not {*keys}.isdisjoint(self._fields_of(finding))

    def leave_out(self, found: Iterable[Finding]) -> Iterator[Finding]:
        """Yield findings in rows other than those of columns, or headers, that are not there."""
        absent = {
            (each.file, column)
            for each in self.findings
            if each.rule == MISSING_COLUMN
            for column in self._fields_of(each)
        }
        for each in found:
            if (each.file, each.column) not in absent and (each.file, None) not in absent:
                yield each

    def _fields_of(self, finding: Finding) -> Iterator[str | None]:
        """Yield the fields of a column, or None for those of a whole header."""
        entity = self.dictionary.find_entity(finding.entity or "")
        if finding.column is None or entity is None:
            yield None
            return
        yield from (each.name for each in entity.fields if each.header == finding.column)
