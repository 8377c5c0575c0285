"""What is counted of a field, as a task takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apollo_spark.workers.values.code_values import parse_code

KEY, NUMBER, DATE, CODES, TEXT = "key", "number", "date", "codes", "text"
"""What a field is counted as: see `FieldProfile`."""


@dataclass(frozen=True)
class Codes:
    """The codes of a coding.

    Attributes:
        type: The type of the field, in the words of the data dictionary.
        texts: The codes, each once, in their order.
        parents: Of a tree, the codes right above each.
    """

    type: str = "string"
    texts: tuple[str, ...] = ()
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def by_value(self) -> dict[Any, str]:
        """The codes by their values in the type; of those that are equal the first counts."""
        found: dict[Any, str] = {}
        for text in self.texts:
            value = parse_code(text, self.type)
            if value is not None:
                found.setdefault(value, text)
        return found

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The place of each code."""
        return {each: place for place, each in enumerate(self.texts)}

    def chain(self, code: str) -> tuple[str, ...]:
        """Return a code with all codes above it, each once."""
        found = {code: None}
        waiting = [code]
        while waiting:
            above = [each for each in self.parents.get(waiting.pop(), ()) if each not in found]
            found |= dict.fromkeys(above)
            waiting += above
        return tuple(found)


NO_CODES = Codes()


@dataclass(frozen=True)
class CountedField:
    """One field.

    Attributes:
        name: The field.
        kind: What it is counted as.
        is_list: Whether a cell holds several values.
        sparse: The codes that are no ordinary values.
        codes: All codes, of a field that is counted by them.
    """

    name: str
    kind: str
    is_list: bool = False
    sparse: Codes = NO_CODES
    codes: Codes = NO_CODES
