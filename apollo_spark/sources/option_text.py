"""Text that an option gives: itself, in a file, or on stdin."""

import io
import sys
from pathlib import Path

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.sources.regular_files import open_regular

LARGEST_JSON = 64 * 1024 * 1024
"""Characters of JSON that are read: millions of ids."""


def read_json_option(given: str, what: str) -> str:
    """Return JSON text from what an option says: JSON when it begins with a brace, `-`, or a path.

    Args:
        given: The value of the option.
        what: What it is, for messages: `filter`.

    Raises:
        NotFoundError: There is no such file.
        UsageError: It cannot be read as text, or is too large.
    """
    if given.lstrip().startswith("{"):
        return given
    try:
        text = sys.stdin.read(LARGEST_JSON + 1) if given == "-" else _read_text(Path(given))
    except FileNotFoundError:
        raise NotFoundError(f"There is no {what} file {given!r}.") from None
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"The {what} file {given!r} cannot be read as text.") from None
    if len(text) > LARGEST_JSON:
        raise UsageError(f"The {what} is larger than {LARGEST_JSON >> 20} MB.")
    return text


def _read_text(path: Path) -> str:
    with io.TextIOWrapper(open_regular(path), encoding="utf-8-sig") as file:
        return file.read(LARGEST_JSON + 1)
