"""Build a finding about a dictionary, a coding or a policy under the rule's own severity."""

from collections.abc import Iterable

from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.rules import RULES

PLACES_LIMIT = 20
NAMES_LIMIT = 10


def finding_of(
    rule: str,
    message: str,
    *,
    file: str | None = None,
    line: int | None = None,
    entity: str | None = None,
    column: str | None = None,
) -> Finding:
    """Return a finding that was seen in one place."""
    return Finding(
        rule=rule,
        severity=RULES[rule].default,
        message=message,
        file=file,
        line=line,
        entity=entity,
        column=column,
    )


def finding_of_lines(
    rule: str, message: str, *, file: str, lines: Iterable[int], column: str | None = None
) -> Finding:
    """Return a finding that was seen on several lines: all counted, the first ones listed."""
    seen = sorted(lines)
    places = tuple(Place(line=each) for each in seen[:PLACES_LIMIT])
    first = finding_of(rule, message, file=file, line=seen[0], column=column)
    return first.model_copy(update={"count": len(seen), "places": places})


def list_names(names: Iterable[str]) -> str:
    """Return the first names as text, and how many more there are."""
    quoted = [f"'{each}'" for each in names]
    rest = len(quoted) - NAMES_LIMIT
    return ", ".join(quoted[:NAMES_LIMIT]) + (f" and {rest:,} more" if rest > 0 else "")
