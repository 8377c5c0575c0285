"""What a drafted dictionary guessed, how sure it is, and why."""

from enum import Enum

from apollo_spark.model.base import Record


class Certainty(str, Enum):
    """How sure a guess is."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure"

    def __str__(self) -> str:
        """Return the word."""
        return self.value


EMPTY = "empty"
"""What is guessed of a column without any value."""


class Guess(Record):
    """Something of a dictionary that the files do not say themselves.

    `what` names what was guessed: key, reference, coding, sparse code, units, date format,
    multi-select, missing, main entity, or text. `proposed` is what the dictionary says now.
    """

    entity: str
    field: str | None = None
    what: str
    proposed: str
    certainty: Certainty
    why: str
