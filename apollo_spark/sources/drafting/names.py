"""What the names of files and columns say of keys: `PATIENT` of `visits.csv` means patients."""

import re
from collections.abc import Iterator

ID_WORDS = (
    "id",
    "ids",
    "key",
    "uid",
    "uuid",
    "guid",
    "barcode",
    "identifier",
    "number",
    "no",
    "nr",
)
"""Words behind the name of a thing that mean what tells one from another."""
PEOPLE = (
    "patient", "person", "participant", "subject", "individual", "donor", "case", "proband",
    "demographics", "demography", "demo", "dm", "enrollment", "baseline",
)  # fmt: skip
"""What a row of the main entity usually is, the likeliest first."""
SHORTEST_ENDING = 4
"""Letters at the end of a name that can say what is referred to."""
OWN = 4
"""The rank of a key that is called after its entity."""
_ENDINGS = (".gz", ".csv", ".tsv", ".tab", ".txt", ".data")
_BEFORE = re.compile(r"^data_clinical_")


def entity_word(file_name: str) -> str:
    """Return what a file is called without its endings, in small letters.

    >>> entity_word("PERSON.csv.gz"), entity_word("data_clinical_patient.txt")
    ('person', 'patient')
    """
    word = file_name.lower()
    while ending := next((each for each in _ENDINGS if word.endswith(each)), None):
        word = word.removesuffix(ending)
    return _BEFORE.sub("", word)


def plain(name: str) -> str:
    """Return the letters and digits of a name, in small letters.

    >>> plain("Patient_ID")
    'patientid'
    """
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def singular(word: str) -> str:
    """Return one of what an English word names several of, as far as its ending tells.

    >>> [singular(each) for each in ("supplies", "diagnoses", "visits", "status")]
    ['supply', 'diagnosis', 'visit', 'status']
    """
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith("oses"):
        return word[:-2] + "is"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def things(entity: str) -> Iterator[str]:
    """Yield what a row of an entity may be called, as plain names."""
    for each in dict.fromkeys((entity, singular(entity))):
        yield plain(each)


def key_rank(entity: str, column: str, *, is_first: bool) -> int:
    """Return how much a name says that a column is the key of its entity.

    4: called after the entity; 3: called the id of people; 2: called an id; 1: the first column;
    0: nothing.
    """
    name = plain(column)
    if name in {"id", "key", "uid", "uuid", *(f"{a}{b}" for a in things(entity) for b in ID_WORDS)}:
        return OWN
    words = [each.lower() for each in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", column)]
    if words and words[-1] in ID_WORDS:
        return 3 if set(words[-2:-1]) & set(PEOPLE) else 2
    return int(is_first)


def reference_rank(column: str, entity: str, key: str) -> int:
    """Return how much the name of a column says that it refers to the key of an entity.

    4: called as the key; 3: called after the entity; 2: its last words are; 0: nothing.
    """
    name, key_name = plain(column), plain(key)
    if name == key_name and key_name not in {"id", "key", "uid", "uuid"}:
        return 4
    wanted = {f"{thing}{word}" for thing in things(entity) for word in ("", *ID_WORDS)}
    if name in wanted:
        return 3
    longer = {each for each in wanted if len(each) > 3} | (
        {key_name} if len(key_name) > 3 else set()
    )
    return 2 if name.endswith(tuple(longer)) else 0
