"""What is said to people of a dictionary that was drafted while its files were loaded."""

from collections.abc import Iterator, Sequence

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.guess import EMPTY, Certainty, Guess
from apollo_spark.sources.inference.notes import list_some


def notes_of_draft(dictionary: DataDictionary, guesses: Sequence[Guess]) -> Iterator[str]:
    """Yield keys, references, and what nobody can be sure of."""
    yield f"the dictionary was drafted from the files; main entity: {dictionary.main_entity}"
    keys = (
        f"{each.name} by {each.primary_key}" for each in dictionary.entities if each.primary_key
    )
    yield f"keys: {list_some(keys)}"
    references = [
        f"{each.from_entity}.{each.from_field} to {each.to_entity}" for each in dictionary.relations
    ]
    if references:
        yield f"references: {list_some(references)}"
    unsure = [
        f"{_of(each)} ({each.what})"
        for each in guesses
        if each.certainty is Certainty.UNSURE and each.what != EMPTY
    ]
    if unsure:
        yield f"unsure: {list_some(unsure)}"
    yield "apollo draft-dictionary writes a draft as files to be read and edited, with its reasons"


def _of(guess: Guess) -> str:
    return f"{guess.entity}.{guess.field}" if guess.field else guess.entity
