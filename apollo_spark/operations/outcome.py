"""How a publishing verb ends."""

import json
from dataclasses import dataclass, replace
from typing import Any

from apollo_spark.errors import REFUSALS, ApolloError
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.plan import PlannedTable, WorkPlan, flat_counts
from apollo_spark.model.rules import RULES


@dataclass(frozen=True)
class Outcome:
    """What a publishing verb published, or what stands already, with its receipt.

    `plan` says what a dry run would do; other runs have none.
    """

    receipt: Record
    published: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    plan: WorkPlan | None = None

    @property
    def version(self) -> str:
        """The version that was published, or the one that was there already."""
        return (self.published or self.current)[0]

    def receipt_json(self) -> Any:
        """Return the receipt as a JSON value."""
        return json.loads(self.receipt.to_json())

    def planned(
        self,
        target: str,
        *,
        tables: tuple[PlannedTable, ...] = (),
        files: int | None = None,
        people: int | None = None,
    ) -> "Outcome":
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
