"""Parts: texts stored once under their SHA-256, shared by all records that name them."""

import gzip
import os
import re
import zlib
from pathlib import Path
from uuid import uuid4

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.storage.disk import DiskFile, list_files
from apollo_spark.lake.storage.root import LakeRoot, storage_access
from apollo_spark.model.base import sha256_text

LEVEL = 6
"""How much is made of packing: 9 takes twice as long for a twentieth less."""
ASIDE = ".aside"
"""Ends the name of a part that is being removed."""

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class PartStore:
    """The folder `registry/parts` of a lake.

    A part is one gzip file named by the SHA-256 of its text. It is written beside its place and
    renamed into it, so that it is there whole or not at all, whoever else writes the same.
    """

    def __init__(self, root: LakeRoot) -> None:
        self._root = root

    def put(self, text: str) -> str:
        """Store a text and return its SHA-256 in hexadecimal.

        A part that is there already is only made young again, unless it is damaged: what sweeps
        parts then sees that somebody is about to name it.

        Raises:
            StorageRefusedError: The storage refused.
        """
        digest = sha256_text(text)
        place = self._place(digest)
        if _unpack(self._read(place)) != text or not _touch(place):
            self._root.make_folder("registry", "parts", digest[:2])
            draft = place.with_name(f"{place.name}.{uuid4()}.draft")
            with storage_access(f"Cannot store a part in {place.parent}."):
                # No time inside: equal texts are equal files.
                draft.write_bytes(gzip.compress(text.encode(), LEVEL, mtime=0))
                draft.replace(place)
        return digest

    def is_readable(self, digest: str) -> bool:
        """Return whether a text is there as it was put."""
        try:
            self.get(digest)
        except BrokenPinError:
            return False
        return True

    def get(self, digest: str) -> str:
        """Return the text of a part.

        Raises:
            BrokenPinError: The part is missing, damaged, or is not the text of this SHA-256.
            StorageRefusedError: The storage refused.
        """
        place = self._place(digest)
        packed = self._read(place)
        text = _unpack(packed)
        if text is not None and sha256_text(text) == digest:
            return text
        raise BrokenPinError(
            f"The part {digest} cannot be read.",
            why="Its file is missing." if packed is None else "Its file is damaged.",
            fix=f"Bring {place} back from a copy of the lake.",
        )

    def list_files(self) -> tuple[DiskFile, ...]:
        """Return every file in the folder of parts.

        Raises:
            StorageRefusedError: The storage refused.
        """
        return tuple(list_files(self._folder))

    def finish_removing(self) -> None:
        """Put back what a removal that was killed had set aside: it may have been named since.

        Raises:
            StorageRefusedError: The storage refused.
        """
        with storage_access(f"Cannot put back parts in {self._folder}."):
            for aside in self._folder.glob(f"*/*{ASIDE}"):
                aside.replace(aside.with_suffix(""))

    def remove(self, file: DiskFile) -> bool:
        """Delete a part, unless somebody stored it again since it was listed.

        It is set aside before it is looked at once more: whoever stores it from then on does not
        find it, and writes it anew.

        Returns:
            Whether it is gone.

        Raises:
            StorageRefusedError: The storage refused.
        """
        place = self._folder / file.name
        aside = place.with_name(place.name + ASIDE)
        with storage_access(f"Cannot delete the part {place}."):
            try:
                place.rename(aside)
            except FileNotFoundError:
                return False
            if aside.stat().st_mtime_ns != file.changed_ns:
                aside.replace(place)
                return False
            aside.unlink()
        return True

    @property
    def _folder(self) -> Path:
        return self._root.place("registry", "parts")

    def _place(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            raise BrokenPinError(f"A record names a part by {digest!r}, which is not a SHA-256.")
        return self._root.place("registry", "parts", digest[:2], f"{digest}.gz")

    def _read(self, place: Path) -> bytes | None:
        with storage_access(f"Cannot read the part {place}."):
            return place.read_bytes() if place.exists() else None


def _touch(place: Path) -> bool:
    """Make a file young; False where that cannot be, and it is to be written anew."""
    try:
        os.utime(place)
    except OSError:
        return False
    return True


def _unpack(packed: bytes | None) -> str | None:
    try:
        return None if packed is None else gzip.decompress(packed).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return None
