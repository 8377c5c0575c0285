"""Guess the release of an annotation from its name and its first lines."""

import gzip
import re
from itertools import islice
from pathlib import Path

ENSEMBL_NAME = re.compile(r"\.(GRCh[0-9]+(?:\.p[0-9]+)?)\.([0-9]{2,3})\.", re.IGNORECASE)
GENCODE_NAME = re.compile(r"gencode\.v([0-9]+[a-z]*)[._]", re.IGNORECASE)
GENCODE_LINE = re.compile(r"description:.*\((GRCh[0-9]+)\).*version ([0-9]+)", re.IGNORECASE)
BUILD_LINE = re.compile(r"genome-(?:build|version)\s+(GRCh[0-9.p]+)", re.IGNORECASE)
LINES_LIMIT = 10


def guess_release(path: Path) -> str | None:
    """Return what a file says of its release, as `GRCh38.104` or `GENCODE 36`, or None."""
    if found := ENSEMBL_NAME.search(path.name):
        return f"{found.group(1)}.{found.group(2)}"
    if found := GENCODE_NAME.search(path.name):
        return f"GENCODE {found.group(1)}"
    comments = _read_comments(path)
    if found := GENCODE_LINE.search(comments):
        return f"GENCODE {found.group(2)} ({found.group(1)})"
    found = BUILD_LINE.search(comments)
    return found.group(1) if found else None


def _read_comments(path: Path) -> str:
    is_packed = path.name.lower().endswith(".gz")
    with (
        gzip.open(path, "rt", errors="replace")
        if is_packed
        else path.open(errors="replace") as stream
    ):
        return "".join(line for line in islice(stream, LINES_LIMIT) if line.startswith("#"))
