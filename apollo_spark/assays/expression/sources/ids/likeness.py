"""What ids that are not Ensembl genes or transcripts look like, so that people know the map to use.

The kinds are guessed from how an id is written, and only for a message: nothing is decided by them
but, where nothing else tells, which side of a matrix holds the features.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
_DATE = "|".join(
    (
        f"[0-9]{{1,2}}-{_MONTH}",
        f"{_MONTH}-[0-9]{{1,2}}",
        "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}(?: 00:00:00)?",
        "[0-9]{1,2}[/.][0-9]{1,2}[/.](?:[0-9]{4}|[0-9]{2})",
    )
)
_NUMBER = r"[0-9](?:\.[0-9]+)?E\+[0-9]{2}"
_UNIPROT = "(?:[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2})(?:-[0-9]+)?"
_SHAPES = (
    ("dates that a spreadsheet made of gene symbols", _DATE),
    ("numbers that a spreadsheet made of ids", _NUMBER),
    ("Ensembl proteins or exons", r"ENS[A-Z]{0,6}[PE]R?[0-9]{4,}(?:\.[0-9]+)?"),
    ("Ensembl ids of another species", r"(?:ENS[A-Z]{3,6}[GT]|WBGene|FBgn)[0-9]{4,}(?:\.[0-9]+)?"),
    ("Entrez gene ids", "[0-9]{1,9}"),
    ("symbols with Entrez gene ids", r"[^|]+\|[0-9]{1,9}"),
    ("probe sets of Affymetrix", "[0-9A-Za-z_-]+_at"),
    ("probes of Illumina", "ILMN_[0-9]+"),
    ("probes of Agilent", "A_[0-9]{2}_P[0-9]+"),
    ("methylation probes", "c[gh][0-9]{6,}"),
    ("RefSeq accessions", r"[NX][MRPG]_[0-9]+(?:\.[0-9]+)?"),
    ("UCSC transcripts", r"uc[0-9]{3}[a-z]{3}(?:\.[0-9]+)?"),
    ("UniProt accessions", _UNIPROT),
    ("HGNC ids", "HGNC:[0-9]+"),
    ("miRNA names", "(?i:[a-z]{3}-(?:mir|let)-?[0-9a-z-]+)"),
    ("positions in a genome", "(?i:chr[0-9xymt]{1,2}[:_].+|[0-9xym]{1,2}:[0-9]+(?:-[0-9]+)?)"),
)
_COMPILED = tuple((kind, re.compile(shape)) for kind, shape in _SHAPES)
_MANGLED = f"^(?:{_DATE}|{_NUMBER})$"
SYMBOLS = "gene symbols"
# A letter, then letters and digits; a sample or a person is mostly numbered, or has more parts.
_SYMBOL = re.compile(r"[A-Z][A-Za-z0-9]{1,11}(?:[-.][A-Za-z0-9]{1,4})?|C[0-9XY]+orf[0-9]+")
_NUMBERED = re.compile(
    r"(?i)(?:[a-z]|s|sa|sample|smp|p|pt|pat|patient|sub|subj|subject|id|mrn|case|ctrl|control|donor|"
    r"ind|rep|run|srr|err|drr|gsm|samn|samea|tumou?r|normal|bc|lib|well|hosp)[-_.]?[0-9]+"
    r"|[a-z]+[0-9]{5,}"
)
_WORDS = frozenset(
    {
        "tumor", "tumour", "normal", "control", "ctrl", "case", "treated", "untreated", "mock",
        "wt", "ko", "het", "mut", "wildtype", "mutant", "healthy", "disease", "patient", "sample",
    }
)  # fmt: skip
MOST = 0.5
LOOKED_AT = 2_000


def are_mangled(ids: pa.Array) -> np.ndarray:
    """Say which ids are dates or numbers that a spreadsheet made of them: `1-Mar`, `2.31E+13`."""
    found = pc.match_substring_regex(ids, _MANGLED).fill_null(False)
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)


def is_symbol(text: str) -> bool:
    """Say whether an id is written as gene symbols are, and not as samples mostly are."""
    is_sample = _NUMBERED.fullmatch(text) or text.lower() in _WORDS
    return _SYMBOL.fullmatch(text) is not None and not is_sample


def share_of_symbols(ids: Sequence[str]) -> float:
    """Return how many of some ids look like gene symbols, from 0 to 1."""
    looked_at = ids[:LOOKED_AT]
    return sum(map(is_symbol, looked_at)) / len(looked_at) if looked_at else 0.0


def describe_likeness(ids: Iterable[str]) -> str:
    """Return what most of some ids look like, or an empty text where they look like nothing known.

    >>> describe_likeness(["7157", "1956", "672"])
    'they look like Entrez gene ids'
    """
    looked_at = [each for each, _ in zip(ids, range(LOOKED_AT), strict=False)]
    kinds = Counter(map(_kind_of, looked_at))
    kind, times = kinds.most_common(1)[0] if kinds else ("", 0)
    if not kind or times < MOST * len(looked_at):
        return ""
    return f"{'they' if times == len(looked_at) else 'most'} look like {kind}"


def _kind_of(text: str) -> str:
    found = next((kind for kind, shape in _COMPILED if shape.fullmatch(text)), "")
    return found or (SYMBOLS if is_symbol(text) else "")
