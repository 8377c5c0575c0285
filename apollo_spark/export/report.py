"""The validation report as JSON: everything that was found, for other programs."""

import json

from apollo_spark.export.printable import printable_json
from apollo_spark.model.report import ValidationReport, sort_findings


def report_json(report: ValidationReport) -> str:
    """Return the report as indented JSON with sorted keys and findings, ending with a line feed.

    Every kept place stands in it, with its value: keep it as protected as the data.
    """
    ordered = report.model_copy(update={"findings": sort_findings(report.findings)})
    shown = ordered.model_dump(mode="json")
    text = json.dumps(shown, indent=2, sort_keys=True, ensure_ascii=False)
    return "\n".join(map(printable_json, text.split("\n"))) + "\n"
