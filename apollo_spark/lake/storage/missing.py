"""A lake that is not where it is looked for: what lies there instead, and which may be meant."""

from pathlib import Path

from apollo_spark.errors import BrokenPinError, NotFoundError, StorageRefusedError, UsageError
from apollo_spark.lake.storage.disk import list_folders
from apollo_spark.lake.storage.root import LakeRoot, storage_access

MOST_NEIGHBOURS = 500
"""Folders that are looked at for a lake that may be meant."""


def is_lake(folder: Path) -> bool:
    """Whether a folder holds a lake: the first write makes its registry."""
    with storage_access(f"Cannot look at the lake {folder}."):
        return any((folder / "registry" / each).is_dir() for each in ("records", "leases"))


def require_lake(root: LakeRoot) -> None:
    """Require that there is a lake.

    Raises:
        NotFoundError: There is none; one that may be meant is named.
    """
    if not is_lake(root.path):
        meant = _meant_by(root.path)
        raise NotFoundError(
            f"There is no lake in {root}.",
            why=_what_is_there(root.path),
            fix=f"Did you mean {meant}?" if meant else "The first load into it makes it.",
        )


def describe_new_lake(root: LakeRoot) -> str:
    """Return what a person is told of a lake that the first load has made."""
    meant = _meant_by(root.path)
    return f"made a new lake in {root}" + (f"; there is another one in {meant}" if meant else "")


def require_place_for_lake(root: LakeRoot) -> None:
    """Require that a lake is there, or can be made there.

    Raises:
        UsageError: The place lies in another lake.
        BrokenPinError: It has the tables of a lake, whose registry is gone.
    """
    if is_lake(root.path):
        return
    outer = next((each for each in root.path.parents if is_lake(each)), None)
    if outer is not None:
        raise UsageError(
            f"{root} is inside the lake {outer}.", fix="Choose a folder outside of it."
        )
    if any(list_folders(each) for each in list_folders(root.path / "tables")):
        raise BrokenPinError(
            f"The lake in {root} has no registry any more.",
            why="There are tables of datasets, and nothing says what they are.",
            fix="Bring the folder registry back from a copy, or choose another folder.",
        )


def _what_is_there(folder: Path) -> str:
    if not folder.exists():
        return "The folder is not there."
    with storage_access(f"Cannot look into {folder}."):
        is_empty = next(folder.iterdir(), None) is None
    return "The folder is empty." if is_empty else "What lies in the folder is not a lake."


def _meant_by(folder: Path) -> Path | None:
    """Return a lake in a folder, or one beside it whose name is like its own."""
    import difflib

    inside = _lakes_in(folder)
    if inside:
        return inside[0]
    beside = {each.name: each for each in _lakes_in(folder.parent) if each != folder}
    close = difflib.get_close_matches(folder.name, beside, n=1)
    return beside[close[0]] if close else None


def _lakes_in(folder: Path) -> list[Path]:
    try:
        return [each for each in list_folders(folder)[:MOST_NEIGHBOURS] if is_lake(each)]
    except StorageRefusedError:
        # Others may keep theirs to themselves.
        return []
