"""Where a condition is in what somebody wrote, and where each of its parts is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from apollo_spark.sources.filters.tokens import Place
from apollo_spark.sources.strict_json import JsonPath

Part = str | tuple[str, int]
"""A part of a condition: `operator`, or the second value as `("value", 1)`."""
AnyPlace = Place | JsonPath
FIELD, ENTITY, NAME, OPERATOR = "field", "entity", "name", "operator"
ASSAY, FEATURE, UNIT, MEASURE = "assay", "feature", "unit", "measure"
VALUE, EXCEPTION = "value", "exception"


@dataclass(frozen=True)
class Marks:
    """Where a condition is.

    Attributes:
        whole: Where it begins, for what is wrong with all of it.
        parts: Where its parts are; what is not among them is where it begins.
    """

    whole: AnyPlace
    parts: Mapping[Part, AnyPlace] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, part: Part | None) -> AnyPlace:
        """Return where a part is."""
        return self.whole if part is None else self.parts.get(part, self.whole)

    @property
    def has_values(self) -> bool:
        """Whether each value has a place."""
        return (VALUE, 0) in self.parts or (EXCEPTION, 0) in self.parts


def mark_of(marks: Marks | None, part: Part | None = None) -> AnyPlace | None:
    """Return where a part of a condition is, None where nothing is known of places."""
    return None if marks is None else marks.of(part)


def values_at(places: Sequence[AnyPlace], of: str = VALUE) -> dict[Part, AnyPlace]:
    """Return the places of values, in their order, as parts."""
    return {(of, number): each for number, each in enumerate(places)}
