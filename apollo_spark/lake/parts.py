"""Parts: texts stored once under their SHA-256, shared by all records that name them."""

import gzip
import re
import zlib
from pathlib import Path
from uuid import uuid4

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.storage import LakeRoot, storage_access
from apollo_spark.model.base import sha256_text

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

        A part that is there already is left alone, unless it is damaged.

        Raises:
            StorageRefusedError: The storage refused.
        """
        digest = sha256_text(text)
        place = self._place(digest)
        if _unpack(self._read(place)) != text:
            self._root.make_folder("registry", "parts", digest[:2])
            draft = place.with_name(f"{place.name}.{uuid4()}.draft")
            with storage_access(f"Cannot store a part in {place.parent}."):
                # No time inside: equal texts are equal files.
                draft.write_bytes(gzip.compress(text.encode(), mtime=0))
                draft.replace(place)
        return digest

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

    def _place(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            raise BrokenPinError(f"A record names a part by {digest!r}, which is no SHA-256.")
        return self._root.place("registry", "parts", digest[:2], f"{digest}.gz")

    def _read(self, place: Path) -> bytes | None:
        with storage_access(f"Cannot read the part {place}."):
            return place.read_bytes() if place.exists() else None


def _unpack(packed: bytes | None) -> str | None:
    try:
        return None if packed is None else gzip.decompress(packed).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return None
