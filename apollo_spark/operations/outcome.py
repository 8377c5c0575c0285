"""How a publishing verb ends."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from apollo_spark.errors import REFUSALS, ApolloError
from apollo_spark.export.messages import describe_findings
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.plan import PlannedTable, WorkPlan, flat_counts
from apollo_spark.model.rules import RULES

Receipt = TypeVar("Receipt", bound=Record, covariant=True)  # noqa: PLC0105 frozen: only read


@dataclass(frozen=True)
class Outcome(Generic[Receipt]):
    """What a publishing verb published, or what stands already, with its receipt.

    `plan` says what a dry run would do; other runs have none.
    """

    receipt: Receipt
    published: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    plan: WorkPlan | None = None

    def told(self) -> Iterator[str]:
        """Yield what a person should know beside the result: notes and findings, without values."""
        yield from (f"note: {each}" for each in self.notes)
        if self.findings:
            yield describe_findings(self.findings)

    @property
    def version(self) -> str:
        """The version that was published, or the one that was there already."""
        return (self.published or self.current)[0]

    def receipt_json(self) -> Any:
        """Return the receipt as a JSON value."""
        return json.loads(self.receipt.to_json())

    def with_notes(self, notes: tuple[str, ...]) -> "Outcome[Receipt]":
        """Return the same with more that a person should know."""
        return replace(self, notes=(*self.notes, *notes))

    def planned(
        self,
        target: str,
        *,
        tables: tuple[PlannedTable, ...] = (),
        files: int | None = None,
        people: int | None = None,
    ) -> "Outcome[Receipt]":
        """Return the outcome of a dry run with its plan: what would be published, and counts.

        What stands already would be kept, as without a dry run, and no table written.
        """
        kept = ", ".join(self.current)
        plan = WorkPlan(
            does=f"keep {kept}: nothing is new" if kept else f"publish {target}",
            tables=() if kept else tables,
            files=files,
            people=people,
            counts=flat_counts(self.receipt_json()),
        )
        return replace(self, plan=plan)


def refusal(findings: tuple[Finding, ...], text: str) -> ApolloError:
    """Return the error of a refused load; of several kinds, the one with the lowest exit code."""
    code = min(RULES[each.rule].exit_code for each in refusing(findings))
    return REFUSALS[code](text)
