"""How files of text are written: what separates cells, the encoding, and texts that mean missing.

Options are kept in the one form that makes equal requests equal.
"""

import codecs
import csv
import io
from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator

from apollo_spark.errors import UsageError
from apollo_spark.workers.values.tidying import tidy_name

WORDS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "colon": ":", "blank": " "}
"""The delimiters that have a name; `--delimiter` takes the name or the character itself."""
SPELLED = {"\\t": "\t", **WORDS}
PARTING = ",;|\t"
"""What separates the cells of small files that people write, by programs of theirs."""
FORBIDDEN = '"\r\n\0#\ufeff'


def parse_delimiter(text: str) -> str:
    r"""Read what `--delimiter` takes: one character, or its name.

    >>> parse_delimiter("tab"), parse_delimiter(";")
    ('\t', ';')

    Raises:
        UsageError: It is neither, or a character that cannot separate cells.
    """
    found = SPELLED.get(text.lower(), text)
    if len(found) != 1 or not found.isascii() or found in FORBIDDEN or found.isalnum():
        raise UsageError(
            f"{text!r} cannot separate the cells of a line.",
            fix=f"Give one character such as ';' or one of {', '.join(WORDS)}.",
        )
    return found


def name_delimiter(delimiter: str) -> str:
    r"""Return a delimiter as people read it.

    >>> name_delimiter("\t"), name_delimiter(";")
    ('tab', "';'")
    """
    names = {character: word for word, character in WORDS.items()}
    return names[delimiter] if delimiter.isspace() and delimiter in names else f"'{delimiter}'"


def find_other(header: str, wanted: Collection[str], delimiter: str) -> str | None:
    """Return another delimiter by which a header holds wanted names, more than by its own.

    Args:
        header: The text of the header.
        wanted: The names of columns.
        delimiter: By which it was read.
    """
    lowered = {each.lower() for each in wanted}
    found = {each: len(_names(header, each) & lowered) for each in WORDS.values()}
    best = max(found, key=lambda each: found[each])
    is_more = found[best] > len(_names(header, delimiter) & lowered)
    return best if is_more and best in header else None


def find_parting(header: str, delimiter: str) -> str | None:
    """Return what separates a header that is one cell by the delimiter that was expected.

    Args:
        header: The text of the header.
        delimiter: The one expected.
    """
    if _count_cells(header, delimiter) != 1:
        return None
    found = {each: _count_cells(header, each) for each in PARTING if each != delimiter}
    best = max(found, key=lambda each: found[each])
    return best if found[best] > 1 else None


def advise(delimiter: str) -> str:
    """Say by what a header is separated, and how that is given."""
    option = "tab" if delimiter == "\t" else "blank" if delimiter == " " else delimiter
    return f"its cells are separated by {name_delimiter(delimiter)}: give --delimiter '{option}'"


def _count_cells(header: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), []))
    except csv.Error:
        return 0


def _names(header: str, delimiter: str) -> set[str]:
    try:
        cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return set()
    return {tidy_name(each).lower() for each in cells}


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
    """Return the character that separates cells; None leaves it to each file."""
    return None if text is None else parse_delimiter(text)


MissingMarkers = Annotated[tuple[str, ...], AfterValidator(canonical_markers)]
Delimiter = Annotated[str | None, AfterValidator(canonical_delimiter)]
Encoding = Annotated[str, AfterValidator(canonical_encoding)]
