"""Where a lake lies: the one place that turns addresses and names into paths, and makes folders."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from apollo_spark.errors import StorageRefusedError, UsageError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
# Tried: delta-rs takes these for escapes, addresses or patterns, and then finds no history.
_UNREADABLE = frozenset('%#?[]{}^|\\*"<>') | frozenset(map(chr, range(32)))
_STEP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")


class LakeRoot:
    """The folder of a lake.

    Nothing is made until something is written: a lake that is only read leaves no trace.

    Args:
        path: The folder; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def __str__(self) -> str:
        """Return the path as people know it."""
        return str(self.path)

    @property
    def exists(self) -> bool:
        """Whether the folder is there."""
        with storage_access(f"Cannot look at the lake {self}."):
            return self.path.is_dir()

    def place(self, *steps: str) -> Path:
        """Return the path of something inside the lake.

        Args:
            steps: Names of folders, the last one perhaps of a file.

        Raises:
            UsageError: A step is not a plain name, such as `..`, and could leave the lake.
        """
        for each in steps:
            if not _STEP.match(each):
                raise UsageError(
                    f"{each!r} cannot be the name of a folder in a lake.",
                    why="Such a name has letters, digits, '_', '-' and '.' and starts with "
                    "none of the last two.",
                )
        return self.path.joinpath(*steps)

    def locate(self, location: str) -> Path:
        """Return the path of a location as pins store it: names joined by `/`.

        Raises:
            UsageError: The location could leave the lake.
        """
        return self.place(*location.split("/"))

    def make_located(self, location: str) -> Path:
        """Make the folder of a location, and return its path.

        Raises:
            StorageRefusedError: The folder cannot be made.
        """
        return self.make_folder(*location.split("/"))

    def is_location(self, location: str) -> bool:
        """Whether a text can be a location as pins store it."""
        return all(_STEP.match(each) for each in location.split("/"))

    def make_folder(self, *steps: str) -> Path:
        """Make a folder and everything above it, and return its path.

        Raises:
            StorageRefusedError: The folder cannot be made.
        """
        folder = self.place(*steps)
        with storage_access(f"Cannot make the folder {folder}."):
            folder.mkdir(parents=True, exist_ok=True)
        return folder


def open_root(uri: str) -> LakeRoot:
    """Return the root that an address names: a folder, or a `file:` address of one.

    Raises:
        UsageError: The address is empty, is of an object store, names a file, or has
            characters in its path that Delta misreads.
    """
    if not uri:
        raise UsageError("The address of the lake is empty.")
    if _SCHEME.match(uri) and not uri.lower().startswith("file:/"):
        scheme = uri.partition(":")[0]
        raise UsageError(
            f"A lake cannot be on {scheme}:// yet.",
            why="This version writes lakes in folders of local disks and mounts only.",
            fix="Give the path of a folder.",
        )
    is_address = uri.lower().startswith("file:/")
    root = LakeRoot(Path(unquote(urlsplit(uri).path) if is_address else uri).expanduser())
    if root.path.exists() and not root.exists:
        raise UsageError(f"{root} is not a folder.", fix="Give the folder of a lake, or a new one.")
    if found := sorted(_UNREADABLE & set(str(root))):
        raise UsageError(
            f"A lake cannot be in {str(root)!r}.",
            why=f"Readers of Delta tables misread {' '.join(map(repr, found))} in a path.",
            fix="Choose a folder without that in its path.",
        )
    return root


@contextmanager
def storage_access(what: str) -> Iterator[None]:
    """Turn what the operating system refuses into our refusal.

    Args:
        what: What could not be done, as a sentence.

    Raises:
        StorageRefusedError: The operating system refused.
    """
    try:
        yield
    except OSError as error:
        raise StorageRefusedError(what, why=f"{error.strerror or type(error).__name__}.") from error


REPORTS = "reports"
GROWTHS = "growths"


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


def growth_report_folder(root: LakeRoot, moment: str) -> ReportFolder:
    """Make the folder of the report of a growth, which is about the whole lake.

    Raises:
        StorageRefusedError: The folder cannot be made.
    """
    return ReportFolder(root.make_folder(GROWTHS, moment))


def given_report_folder(folder: str) -> ReportFolder:
    """Make the folder that was asked for, so that nothing is published without a report.

    Raises:
        StorageRefusedError: The folder cannot be made.
    """
    with storage_access(f"Cannot make the folder {folder}."):
        Path(folder).mkdir(parents=True, exist_ok=True)
    return ReportFolder(Path(folder))
