"""Write the validation report of a load, and the rows that it left out.

The report holds values of rows. It goes to the folder that was asked for, else under `reports/` in
the lake, beside the data and as protected; a dry run without a folder writes none.
"""

import itertools
import logging
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from importlib.metadata import version
from pathlib import Path

from apollo_spark.errors import StorageRefusedError
from apollo_spark.export.messages import describe_findings
from apollo_spark.export.report import report_html, report_json
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.storage.root import (
    ReportFolder,
    given_report_folder,
    own_report_folder,
    storage_access,
)
from apollo_spark.model.findings import Finding
from apollo_spark.model.policy import Policy
from apollo_spark.model.receipt import EntityReceipt
from apollo_spark.model.record import InputFile
from apollo_spark.model.report import EntityRows, ValidationReport, Verdict
from apollo_spark.model.rules import Severity
from apollo_spark.version import VERSION

TOOLS = ("pyarrow", "deltalake")
"""What decides the stored bytes, beside this package and Python."""

logger = logging.getLogger(__name__)


@cache
def tool_versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of what decides the stored bytes."""
    return (
        ("apollo_spark", VERSION),
        ("python", platform.python_version()),
        *((name, version(name)) for name in TOOLS),
    )


@dataclass(frozen=True)
class ReportedInput:
    """What a report says of what was read.

    Attributes:
        fields: How many fields each entity has.
        inputs: The files.
        policy: What was asked for where something is wrong.
        headers: The columns of each data file, by the label of the file.
    """

    fields: Mapping[str, int]
    inputs: tuple[InputFile, ...]
    policy: Policy
    headers: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ReportedRows:
    """What a report says of a load that was published, or would have been.

    Attributes:
        entities: What became of the rows of each entity.
        left_out: Rows that were left out.
        read: What was read.
    """

    entities: Sequence[EntityReceipt]
    left_out: "RawRows"
    read: ReportedInput


RawRows = Mapping[str, list[tuple[str, int, list[str]]]]
"""Rows left out, as (file, line, cells) by entity."""


class LoadReporter:
    """Writes the report of one load.

    Args:
        lake: The lake that was asked for, also when a dry run writes to another one.
        name: The dataset.
        folder: Where the report goes, or None.
        is_dry_run: Whether nothing may be written to the lake.
    """

    def __init__(self, lake: Lake, name: str, folder: str | None, *, is_dry_run: bool) -> None:
        self.lake = lake
        newest = lake.registry.snapshot().newest_of(name)
        self._name = newest.name if newest else name
        self._folder = folder
        self._is_dry_run = is_dry_run
        self.columns: Sequence[tuple[str, int, str, str]] = ()
        """File, number, header and use of the columns of expression files, where there are any."""

    def prepare(self) -> None:
        """Make the folder that was asked for, so that nothing is published without a report.

        Raises:
            StorageRefusedError: The folder cannot be made.
        """
        if self._folder is not None:
            given_report_folder(self._folder)

    def text(self, findings: tuple[Finding, ...]) -> str:
        """Return the findings as people read them in a terminal, without any value."""
        return describe_findings(findings)

    def refuse(
        self, findings: tuple[Finding, ...], *, inputs: tuple[InputFile, ...], policy: Policy
    ) -> Path | None:
        """Write the report of a refused load and return its folder."""
        folder = self._write(Verdict.REFUSED, findings, inputs=inputs, policy=policy)
        return None if folder is None else folder.path

    def accept(
        self,
        version: str | None,
        findings: tuple[Finding, ...],
        reported: ReportedRows,
    ) -> Path | None:
        """Write the report of a load that was published, or would have been."""
        rows = tuple(
            EntityRows(
                entity=each.entity,
                fields=reported.read.fields[each.entity],
                rows_read=each.rows_read,
                rows_stored=each.rows_stored,
                rows_quarantined=each.rows_quarantined,
            )
            for each in reported.entities
        )
        try:
            folder = self._write(
                Verdict.PUBLISHED if version else Verdict.DRY_RUN,
                findings,
                inputs=reported.read.inputs,
                policy=reported.read.policy,
                version=version,
                entities=rows,
            )
            if folder is not None and reported.left_out:
                self._write_left_out(folder, findings, reported.left_out, reported.read.headers)
        except StorageRefusedError as refused:
            if version is None:
                raise
            # What is published is published, and says so whatever becomes of its report.
            logger.warning("%s is published, but not all of its report: %s", version, refused)
            return None
        return None if folder is None else folder.path

    def _write(
        self,
        verdict: Verdict,
        findings: tuple[Finding, ...],
        *,
        inputs: tuple[InputFile, ...],
        policy: Policy,
        version: str | None = None,
        entities: tuple[EntityRows, ...] = (),
    ) -> ReportFolder | None:
        now = datetime.now(timezone.utc)
        folder = self._make_folder(f"{now:%Y%m%dT%H%M%S.%fZ}")
        if folder is None:
            return None
        report = ValidationReport(
            dataset=self._name,
            made_at=now,
            verdict=verdict,
            version=version,
            tools=tool_versions(),
            inputs=inputs,
            entities=entities,
            findings=findings,
            policy=policy,
        )
        with storage_access(f"Cannot write the report to {folder.path}."):
            folder.add_text("report.json", report_json(report))
            folder.add_text("report.html", report_html(report))
            if self.columns:
                header = ("file", "column", "header", "taken for")
                folder.add_rows("columns.csv", [header, *self.columns])
        return folder

    def _make_folder(self, moment: str) -> ReportFolder | None:
        if self._folder is not None:
            return given_report_folder(self._folder)
        if self._is_dry_run:
            return None
        return own_report_folder(self.lake.root, self._name, moment)

    def _write_left_out(
        self,
        folder: ReportFolder,
        findings: tuple[Finding, ...],
        left_out: RawRows,
        headers: Mapping[str, Sequence[str]],
    ) -> None:
        reasons = _reasons(findings)
        for entity, rows in left_out.items():
            name = f"quarantine.{entity}.csv"
            header = ["file", "line", "rules", *headers[rows[0][0]]]
            told = (
                [file, line, " ".join(sorted(reasons.get((file, line), ()))), *cells]
                for file, line, cells in rows
            )
            with storage_access(f"Cannot write {folder.path / name}."):
                folder.add_rows(name, itertools.chain([header], told))


def _reasons(findings: tuple[Finding, ...]) -> dict[tuple[str, int], set[str]]:
    """Return the rules that left a row out, by file and line."""
    found: dict[tuple[str, int], set[str]] = {}
    for finding in findings:
        if finding.severity is Severity.QUARANTINE and finding.file is not None:
            for place in finding.places:
                if place.line is not None:
                    found.setdefault((finding.file, place.line), set()).add(finding.rule)
    return found
