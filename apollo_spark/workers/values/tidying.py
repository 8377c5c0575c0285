"""Names of columns without what nobody sees around them, for a list of names as for one."""

import re
import unicodedata

_PLAIN = re.compile(r"[!-~]*\Z")
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"


def tidy_name(text: str) -> str:
    r"""Return the name of a column: without marks and blanks around it, in the form NFC.

    >>> tidy_name("\ufeff Index CIN\u00a0")
    'Index CIN'
    """
    if _PLAIN.match(text):
        return text
    return unicodedata.normalize("NFC", text.strip(_BLANKS + _UNSEEN))
