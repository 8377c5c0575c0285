"""From the counts and places that tasks return to findings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.policy import Policy

MESSAGES = {
    "file_not_text": "not text in the stated encoding",
    "file_truncated": "the compressed file is cut off",
    "file_damaged": "the compressed file cannot be decompressed",
    "header_repeated": "the header occurs again among the rows",
    "row_length": "the row has more or fewer cells than the header",
    "row_too_long": "the row that begins here is longer than 64 MB, the most that is read: a cell "
    "is too long, or a quote is never closed",
    "quoting": "a quote is inside a cell that is not quoted whole",
    "line_end": "a carriage return occurs alone, as a line end or inside a cell",
    "cell_integer": "not a whole number of 64 bits",
    "cell_whole_decimal": "a whole number with decimals of zero, stored without them",
    "cell_float": "not a finite number",
    "cell_date": "not a calendar date, yyyy-mm-dd",
    "cell_datetime": "not a date with a time of day",
    "cell_inexact": "a whole number that a field of type float cannot hold to its last digit; "
    "one of type integer or string can",
    "cell_partial_date": "a date without day or month, or a time without minutes, stored as the "
    "first",
    "cell_code": "not a code of the field's coding",
    "cell_empty_item": "an empty item in a multi-select",
    "key_missing": "the primary key is empty",
    "key_lookalike": "it looks like another key, and differs by blanks or characters not seen",
    "key_unmatched": "no row of the entity has this key",
    "reference_resolves": "the row that it refers to is not there",
    "reference_cardinality": "the value occurs more than once, against the relationship",
    "reference_missing": "the row refers to no parent",
    "delete_unmatched": "no row has this key",
    "delete_contradicted": "a row given has this key, which is to be deleted",
    "sample_unknown": "the assay has no sample of this id",
}

# After one of these, rows are lost from what could be read: what refers to them is not to blame.
LOSING_RULES = frozenset(
    {
        *("file_not_text", "file_truncated", "file_damaged"),
        *("row_length", "row_too_long", "quoting", "line_end"),
    }
)
KEEPING_RULES = frozenset({"cell_inexact", "cell_partial_date", "cell_whole_decimal"})
"""Rules on cells whose value is stored all the same."""


def merge_findings(
    found: Iterable[Mapping[str, Any]], *, policy: Policy, messages: Mapping[tuple[str, str], str]
) -> tuple[Finding, ...]:
    """Sum what the tasks found, by file, rule and column.

    Args:
        found: Mappings with file, entity, rule, column (or None), count and places
            (lists of line and value).
        policy: Decides the severities.
        messages: Texts by (rule, column) that say more than the rule's own text.
    """
    counts: Counter[tuple[str, str, str, str | None]] = Counter()
    places: dict[tuple[str, str, str, str | None], list[Place]] = {}
    for each in found:
        key = (each["entity"], each["file"], each["rule"], each["column"])
        counts[key] += each["count"]
        places.setdefault(key, []).extend(
            Place(line=line, value=value) for line, value in each["places"]
        )
    return tuple(
        Finding(
            rule=rule,
            severity=policy.severity_of(rule),
            message=messages.get((rule, column or ""), MESSAGES.get(rule, rule)),
            file=file,
            line=places[key][0].line if places[key] else None,
            entity=entity,
            column=column,
            count=count,
            places=tuple(sorted(places[key], key=lambda place: place.line or 0)),
        )
        for key, count in sorted(counts.items(), key=lambda item: tuple(map(str, item[0])))
        for entity, file, rule, column in [key]
    )
