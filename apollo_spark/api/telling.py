"""What a command says on stderr beside its result, Python says by logging."""

import logging

from apollo_spark.export.messages import describe_findings
from apollo_spark.model.base import Record
from apollo_spark.operations.outcome import Outcome

logger = logging.getLogger(__name__)


def tell(outcome: Outcome[Record]) -> str:
    """Log notes as information and findings as a warning; return the version that stands now."""
    for note in outcome.notes:
        logger.info("note: %s", note)
    if outcome.findings:
        logger.warning("%s", describe_findings(outcome.findings))
    return outcome.version
