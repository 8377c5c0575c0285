"""What a policy may refuse of a merge: rows that match nothing, keys that look like others."""

from dataclasses import dataclass

from apollo_spark.ingest.lookalikes import RULE as LOOKALIKE
from apollo_spark.model.findings import Finding
from apollo_spark.model.receipt import MergeReceipt
from apollo_spark.sources.findings import finding_of
from apollo_spark.verbs.merge.counts import CountedLink


@dataclass(frozen=True)
class Side:
    """A side of a link as findings name it: what it has, and where."""

    thing: str
    place: str

    @property
    def row(self) -> str:
        """The row with its place."""
        return f"{self.thing} of {self.place}"


def find_lookalikes(link: CountedLink, source: Side, target: Side) -> tuple[Finding, ...]:
    """Return that keys of the source match nothing and look like keys of the target."""
    message = f"a {source.row} has a key that looks like one in {target.place}, and differs by "
    return counted_finding(
        LOOKALIKE, f"{message}blanks or characters not seen", link.count_lookalikes()
    )


def find_unmatched(receipt: MergeReceipt, source: Side, target: Side) -> tuple[Finding, ...]:
    """Return that rows of either side match nothing."""
    sides = {
        "merge_unmatched_source": (source, target, receipt.source_unmatched),
        "merge_unmatched_target": (target, source, receipt.target_unmatched),
    }
    return tuple(
        finding
        for rule, (own, other, count) in sides.items()
        for finding in counted_finding(rule, f"a {own.row} has no match in {other.place}", count)
    )


def counted_finding(rule: str, message: str, count: int) -> tuple[Finding, ...]:
    """Return a finding that was counted; none where that is nothing."""
    if not count:
        return ()
    return (finding_of(rule, message).model_copy(update={"count": count}),)
