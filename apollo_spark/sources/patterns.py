"""Files that come every week: patterns of paths, and whether a file was read before."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from apollo_spark.model.record import InputFile
from apollo_spark.sources.inputs import digest_of


def is_pattern(path: str) -> bool:
    """Whether a path names those that are like it: it has `*`, `?` or `[`.

    >>> is_pattern("drops/*/visit.csv"), is_pattern("visit.csv")
    (True, False)
    """
    return glob.has_magic(path)


def expand_pattern(path: str) -> tuple[str, ...]:
    """Return the files and folders that a path means, in the order of their names.

    A path that is not a pattern means itself, whether it is there or not.
    """
    if not is_pattern(path):
        return (path,)
    # A path of pathlib cannot be a pattern with a root of its own.
    return tuple(sorted(glob.glob(path, recursive=True)))  # noqa: PTH207 as said


def is_there(path: str) -> bool:
    """Whether there is a file or a folder."""
    return Path(path).exists()


def folder_of(path: str) -> str:
    """Return the folder that a file or folder lies in, as it was given.

    >>> folder_of("drops/w1/visit.csv")
    'drops/w1'
    """
    return str(Path(path).parent)


def files_below(path: str) -> tuple[str, ...]:
    """Return a file, or all files of a folder and those below it."""
    given = Path(path)
    if not given.is_dir():
        return (path,)
    return tuple(sorted(str(each) for each in given.rglob("*") if each.is_file()))


@dataclass(frozen=True)
class ReadFiles:
    """Files that were read before, known by their bytes.

    Attributes:
        known: Role, size and SHA-256 of each.
    """

    known: frozenset[tuple[str, int, str]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, inputs: Iterable[InputFile]) -> "ReadFiles":
        """Return those that lineages name."""
        return cls(frozenset((each.role.casefold(), each.size, each.sha256) for each in inputs))

    def has(self, path: str, roles: Iterable[str] | None = None) -> bool:
        """Whether a file was read: in one of some roles, or in any."""
        size = Path(path).stat().st_size
        wanted = None if roles is None else {each.casefold() for each in roles}
        same = {
            digest
            for role, known, digest in self.known
            if known == size and (wanted is None or role in wanted)
        }
        # Files of other sizes are not read.
        return bool(same) and digest_of(path) in same
