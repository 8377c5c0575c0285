"""The validation report as JSON: everything that was found, for other programs."""

import json
import re

from apollo_spark.model.report import ValidationReport, sort_findings
from apollo_spark.workers.unseen import is_unseen

_UNSEEN = re.compile(r"[^\n -~]")


def report_json(report: ValidationReport) -> str:
    """Return the report as indented JSON with sorted keys and findings, ending with a line feed.

    Every kept place stands in it, with its value: keep it as protected as the data.
    """
    ordered = report.model_copy(update={"findings": sort_findings(report.findings)})
    shown = ordered.model_dump(mode="json")
    text = json.dumps(shown, indent=2, sort_keys=True, ensure_ascii=False)
    return _UNSEEN.sub(_escape, text) + "\n"


def _escape(found: re.Match[str]) -> str:
    """Return a character that nobody sees as the escape that JSON has for it."""
    return json.dumps(found[0])[1:-1] if is_unseen(found[0]) else found[0]
