"""How a publishing verb ends."""

import json
from dataclasses import dataclass
from typing import Any

from apollo_spark.errors import REFUSALS, ApolloError
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.rules import RULES


@dataclass(frozen=True)
class Outcome:
    """What a publishing verb published, or what stands already, with its receipt."""

    receipt: Record
    published: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def receipt_json(self) -> Any:
        """Return the receipt as a JSON value."""
        return json.loads(self.receipt.to_json())


def refusal(findings: tuple[Finding, ...], text: str) -> ApolloError:
    """Return the error of a refused load; of several kinds, the one with the lowest exit code."""
    code = min(RULES[each.rule].exit_code for each in refusing(findings))
    return REFUSALS[code](text)
