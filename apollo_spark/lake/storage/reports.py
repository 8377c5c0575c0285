"""Folders of validation reports: in a lake, or where a person asked for them."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from apollo_spark.lake.storage.root import LakeRoot, storage_access

REPORTS = "reports"


@dataclass(frozen=True)
class ReportFolder:
    """The folder of one report; what is written there may raise OSError."""

    path: Path

    def add_text(self, name: str, text: str) -> None:
        """Write a text as a file of the report."""
        (self.path / name).write_text(text, encoding="utf-8")

    def add_rows(self, name: str, rows: Iterable[Sequence[object]]) -> None:
        """Write rows, the header among them, as a csv file of the report."""
        with (self.path / name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)


def own_report_folder(root: LakeRoot, name: str, moment: str) -> ReportFolder:
    """Make the folder of a report in a lake.

    Args:
        root: The lake.
        name: The dataset.
        moment: When it is made, as the name of the folder.

    Raises:
        StorageRefusedError: The folder cannot be made.
    """
    return ReportFolder(root.make_folder(REPORTS, name, moment))


def given_report_folder(folder: str) -> ReportFolder:
    """Make the folder that was asked for, so that nothing is published without a report.

    Raises:
        StorageRefusedError: The folder cannot be made.
    """
    with storage_access(f"Cannot make the folder {folder}."):
        Path(folder).mkdir(parents=True, exist_ok=True)
    return ReportFolder(Path(folder))
