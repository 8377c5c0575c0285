"""How every verb ends that changes a lake."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from apollo_spark.errors import REFUSALS, ApolloError
from apollo_spark.export.messages import describe_findings
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.plan import PlannedTable, WorkPlan, flat_counts, join_plans
from apollo_spark.model.rules import RULES

Receipt = TypeVar("Receipt", bound=Record, covariant=True)  # noqa: PLC0105 frozen: only read

AnyReceipt = TypeVar("AnyReceipt", bound=Record)


@dataclass(frozen=True)
class Outcome(Generic[Receipt]):
    """What a verb did, or what was there already, with its receipt.

    Attributes:
        receipt: The counts.
        published: The versions that were published.
        current: The versions that have all of it already.
        findings: What was found and refused nothing.
        notes: What a person should know beside the counts.
        plan: What a dry run would do; other runs have none.
        more: What the verb says beside that, as JSON.
        parts: The outcomes of a verb that does several things at once.
    """

    receipt: Receipt
    published: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    plan: WorkPlan | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    parts: "tuple[Outcome[Any], ...]" = ()

    def lines(self) -> Iterator[str]:
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

    def as_json(self) -> dict[str, Any]:
        """Return what a command prints with --json: the same keys for every verb."""
        return {
            "published": list(self.published),
            **({"current": list(self.current)} if self.current else {}),
            **self.more,
            **({} if self.plan is None else {"plan": self.plan.model_dump(mode="json")}),
            "receipt": self.receipt_json(),
        }

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

        What is there already would be kept, as without a dry run, and no table written.
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


def join_outcomes(
    receipt: AnyReceipt,
    parts: Iterable[Outcome[Any]],
    *,
    more: Mapping[str, Any],
    is_dry_run: bool,
) -> Outcome[AnyReceipt]:
    """Return the outcomes of several things as one.

    Args:
        receipt: Their counts together.
        parts: Each of them.
        more: What the verb says beside them, as JSON.
        is_dry_run: Whether nothing was done.
    """
    found = tuple(parts)
    plans = (each.plan for each in found if each.plan is not None)
    return Outcome(
        receipt,
        published=tuple(version for each in found for version in each.published),
        current=tuple(version for each in found for version in each.current),
        notes=tuple(note for each in found for note in each.notes),
        plan=join_plans(plans) if is_dry_run else None,
        more=more,
        parts=found,
    )


def refusal(findings: tuple[Finding, ...], text: str) -> ApolloError:
    """Return the error of a refused load; of several kinds, the one with the lowest exit code."""
    code = min(RULES[each.rule].exit_code for each in refusing(findings))
    return REFUSALS[code](text)
