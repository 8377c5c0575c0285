"""Text of unknown origin as text that can do nothing to a terminal.

A name, a title or a code comes from a file and may hold anything: sequences that move the cursor
or colour the screen, marks that turn the direction of a line, characters that nobody sees.
"""

import re

# Letters and marks by their class, but nothing is drawn of them: fillers and joiners.
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_ODD = re.compile(r"[^ -~]")


def printable(text: str) -> str:
    r"""Return one line in which everything that has no glyph of its own is written as an escape.

    Blanks other than the plain one, line ends and parts of broken characters are among that.

    >>> printable("a\x1b[31mb\n")
    'a\\x1b[31mb\\n'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if is_shown(each) else escaped(each) for each in text)


def printable_lines(text: str) -> str:
    """Return the same of a text of several lines, which stay lines."""
    return "\n".join(printable(each) for each in text.split("\n"))


def printable_json(text: str) -> str:
    """Return JSON text with the same characters, and accents alone, as escapes of JSON."""
    if text.isascii():
        return text
    return _ODD.sub(lambda found: _as_json(found.group()), text)


def is_shown(character: str) -> bool:
    """Return whether a terminal draws a character, and nothing else happens."""
    return character.isprintable() and character not in UNSEEN


def is_accent(character: str) -> bool:
    """Return whether a character joins the letter before it, as another letter would look."""
    return "\u0300" <= character <= "\u036f"


def escaped(character: str) -> str:
    r"""Return the escape that Python writes for a character: `\n`, `\x1b`, `\u202e`."""
    return character.encode("unicode_escape").decode()


def _as_json(character: str) -> str:
    if is_shown(character) and not is_accent(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
