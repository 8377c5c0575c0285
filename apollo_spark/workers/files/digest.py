"""The SHA-256 of a file."""

import hashlib
from pathlib import Path

HASH_BYTES = 4 << 20


def hash_file(path: str) -> tuple[int, str]:
    """Give size and SHA-256 of a file."""
    digest, size = hashlib.sha256(), 0
    with Path(path).open("rb") as stream:
        while piece := stream.read(HASH_BYTES):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()
