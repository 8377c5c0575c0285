"""What a command says on stderr beside its result, Python says by logging."""

import logging

from apollo_spark.api.published import Published, Receipt
from apollo_spark.export.messages import describe_findings
from apollo_spark.lake.lake import Lake
from apollo_spark.operations.outcome import Outcome

logger = logging.getLogger(__name__)


def told(lake: Lake, outcome: Outcome[Receipt]) -> Published[Receipt]:
    """Log notes as information and findings as a warning; return what a person gets.

    Args:
        lake: Where it was published.
        outcome: How the verb ended.
    """
    for note in outcome.notes:
        logger.info("note: %s", note)
    if outcome.findings:
        logger.warning("%s", describe_findings(outcome.findings))
    return Published(
        version=next(iter((*outcome.published, *outcome.current)), None),
        is_new=bool(outcome.published),
        receipt=outcome.receipt,
        findings=outcome.findings,
        notes=outcome.notes,
        plan=outcome.plan,
        _lake=lake,
    )
