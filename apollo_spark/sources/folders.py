"""What lies in a folder of raw files: files, and whatever cannot be read as one.

Nothing is skipped without a word: a link to nothing may be the file of a person. Only regular
files are ever opened, since others may never end.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

KINDS = {
    stat.S_IFIFO: "a named pipe, which cannot be read more than once",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


@dataclass(frozen=True)
class Listing:
    """What was found in a folder, in the order of names.

    Attributes:
        files: Those that can be read.
        odd: What cannot, with why.
    """

    files: tuple[Path, ...] = ()
    odd: tuple[tuple[Path, str], ...] = ()

    def __add__(self, other: "Listing") -> "Listing":
        """Return what was found in both."""
        return Listing(self.files + other.files, self.odd + other.odd)


def why_unreadable(path: Path) -> str | None:
    """Return why a path is no file that can be read, None where it is one or a folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            return "it is a link that leads to nothing"
        is_gone = isinstance(error, FileNotFoundError)
        return "the file or folder is not there" if is_gone else _said(error)
    if kind := KINDS.get(stat.S_IFMT(mode)):
        return f"it is {kind}"
    return None if os.access(path, os.R_OK) else "it may not be read"


def list_folder(folder: Path, *, deep: bool = False, above: tuple[Path, ...] = ()) -> Listing:
    """Return what lies in a folder, or also in those below it.

    Args:
        folder: The folder.
        deep: Whether folders in it are entered, those that links lead to as well.
        above: The real paths of the folders that were entered on the way.
    """
    try:
        entries = sorted(folder.iterdir())
        own = folder.resolve()
    except (OSError, RuntimeError) as error:
        return Listing(odd=((folder, _said(error)),))
    found = Listing()
    for each in entries:
        why = why_unreadable(each)
        if why is not None:
            found += Listing(odd=((each, why),))
        elif not each.is_dir():
            found += Listing(files=(each,))
        elif each.is_symlink() and each.resolve() in (*above, own, *own.parents):
            found += Listing(odd=((each, "it is a link to a folder that it lies in"),))
        elif deep:
            found += list_folder(each, deep=True, above=(*above, own))
    return found


def _said(error: Exception) -> str:
    text = getattr(error, "strerror", None) or "the links to it make a loop"
    return f"it cannot be read: {text}"
