"""A link that matches nothing is a wrong link: it is refused, with what would match more."""

from collections.abc import Iterable

from apollo_spark.model.findings import Finding
from apollo_spark.model.receipt import MergeReceipt
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.id_hints import find_hints


def find_no_match(
    receipt: MergeReceipt, link: str, *, hints: tuple[tuple[str, int], ...] = ()
) -> tuple[Finding, ...]:
    """Return that a link matches no row although both sides have some.

    Args:
        receipt: The counts of the merge.
        link: What links, as people write it.
        hints: What would match if it were read otherwise, by how.
    """
    if receipt.source_matched or not receipt.source_rows or not receipt.target_rows:
        return ()
    text = (
        f"{link} links nothing: none of {receipt.source_rows:,} rows on one side meets one of "
        f"{receipt.target_rows:,} on the other"
    )
    if hints:
        how, count = max(hints, key=lambda each: each[1])
        text += f"; {how} {count:,} would be found"
    return (finding_of("merge_nothing", text),)


def hints_of(lost: Iterable[str], known: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return how many texts that are not known would be if they were read otherwise, by how."""
    there = dict.fromkeys(known, ())
    return find_hints([each for each in lost if each not in there], there)
