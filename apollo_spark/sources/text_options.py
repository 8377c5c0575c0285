"""Options on the text of files, in the one form that makes equal requests equal."""

import codecs
from typing import Annotated

from pydantic import AfterValidator

from apollo_spark.errors import UsageError
from apollo_spark.sources.delimiters import parse_delimiter

_SAMPLE = 'id,a\r\n"1",b\t\n' + 64 * "x"
"""What files are made of, longer than a label of a domain: codecs for other things fail on it."""


def canonical_markers(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts that mean missing, sorted and once; the empty cell always does.

    >>> canonical_markers(("NA", "-"))
    ('', '-', 'NA')
    """
    return tuple(sorted({"", *texts}))


def canonical_encoding(name: str) -> str:
    """Return the name that Python has for an encoding of text.

    >>> canonical_encoding("UTF8")
    'utf-8'

    Raises:
        UsageError: Python knows none of that name that can be read piece by piece.
    """
    try:
        codec = codecs.lookup(name)
        read = _in_pieces(codec, _SAMPLE.encode(name))
    except (LookupError, ValueError, TypeError):
        read = ""
    if read != _SAMPLE:
        raise UsageError(
            f"{name!r} is not a known encoding.", fix="Give one such as utf-8 or latin-1."
        )
    return codec.name


def _in_pieces(codec: codecs.CodecInfo, data: bytes) -> str:
    decoder = codec.incrementaldecoder()
    half = len(data) // 2
    return decoder.decode(data[:half]) + decoder.decode(data[half:], final=True)


def canonical_delimiter(text: str | None) -> str | None:
    """Return the character that parts cells; None leaves it to each file."""
    return None if text is None else parse_delimiter(text)


MissingMarkers = Annotated[tuple[str, ...], AfterValidator(canonical_markers)]
Delimiter = Annotated[str | None, AfterValidator(canonical_delimiter)]
Encoding = Annotated[str, AfterValidator(canonical_encoding)]
