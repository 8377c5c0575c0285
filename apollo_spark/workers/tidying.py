"""Names of columns without what nobody sees around them, for a list of names as for one."""

import re
import unicodedata

_PLAIN = re.compile(r"[!-~]*\Z")
_EDGES = re.compile(
    r"\A[\s\u200b-\u200f\u2060\ufeff\u00ad]+|[\s\u200b-\u200f\u2060\ufeff\u00ad]+\Z"
)


def tidy_name(text: str) -> str:
    r"""Return the name of a column: without marks and blanks around it, in the form NFC.

    >>> tidy_name("\ufeff Index CIN\u00a0")
    'Index CIN'
    """
    if _PLAIN.match(text):
        return text
    return unicodedata.normalize("NFC", _EDGES.sub("", text))
