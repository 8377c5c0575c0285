"""What nobody sees in a text: blanks of every kind, characters without a glyph, forms of letters.

One rule serves names of columns and keys. Compared are the texts without what has no glyph, with
every run of blanks as one, without those around, in the normal form NFKC.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Letters and fillers that are blank, beside what Unicode itself calls a separator.
_BLANKS = r"\s\p{Z}\x{115F}\x{1160}\x{2800}\x{3164}\x{FFA0}"
# Controls and formats (zero width, direction, soft hyphen, byte order mark), joiners, variants.
_NO_GLYPH = (
    r"[\x{00}-\x{08}\x{0E}-\x{1B}\x{7F}-\x{84}\x{86}-\x{9F}\p{Cf}\x{34F}\x{17B4}\x{17B5}"
    r"\x{180B}-\x{180F}\x{FE00}-\x{FE0F}\x{E0000}-\x{E0FFF}]"
)
_SOME_BLANKS = f"[{_BLANKS}\\x{{0B}}\\x{{1C}}-\\x{{1F}}\\x{{85}}]+"
# Nothing that is certainly seen: a letter or a sign of ASCII.
_MAYBE_BLANK = r"^[^!-~]*$"


def may_look_alike(texts: pa.Array) -> bool:
    """Say whether any text holds more than letters and signs that everybody sees.

    It looks at bytes, which costs next to nothing; texts of which none does look as they are.
    """
    _, offsets, data = texts.buffers()
    if len(texts) == 0 or data is None:
        return False
    ends = np.frombuffer(offsets, np.int32)
    content = np.frombuffer(data, np.uint8)[ends[texts.offset] : ends[texts.offset + len(texts)]]
    # Bytes below the first of them wrap around.
    return bool((content - np.uint8(_FIRST) > _LAST - _FIRST).any())


def without_blank(texts: pa.Array) -> pa.Array:
    """Return texts, null where there is nothing that anybody sees."""
    if not pc.any(pc.match_substring_regex(texts, _MAYBE_BLANK)).as_py():
        return texts
    is_blank = pc.equal(pc.binary_length(without_unseen(texts)), 0)
    return pc.if_else(is_blank, pa.scalar(None, texts.type), texts)


_FIRST, _LAST = ord("!"), ord("~")
MAYBE_ODD = "[^!-~]"
"""Finds, on every engine, each text that may differ from another by what nobody sees."""


def without_unseen(texts: pa.Array) -> pa.Array:
    """Return texts as they look: two that are equal then are told apart by nobody.

    Args:
        texts: Strings, null where missing.
    """
    bare = pc.replace_substring_regex(texts, _NO_GLYPH, "")
    normal = pc.utf8_normalize(bare, form="NFKC")
    return pc.utf8_trim(pc.replace_substring_regex(normal, _SOME_BLANKS, " "), " ")
