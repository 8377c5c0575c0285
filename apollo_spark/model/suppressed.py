"""A count that is not shown because few people are behind it, or would be behind a difference."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pydantic import model_serializer

from apollo_spark.model.base import Record

Why: TypeAlias = Literal["few", "near", "rest"]


class Suppressed(Record):
    """A count that is not shown. It may be zero, and is never written as zero.

    Attributes:
        fewer_than: The least number of people behind a count that is shown.
        why: There are fewer people (`few`), nearly those of an earlier answer (`near`), or what
            is beside it would tell another one that is not shown (`rest`).
    """

    fewer_than: int
    why: Why = "few"

    def __str__(self) -> str:
        """Return it as people read it."""
        few = f"fewer than {self.fewer_than}"
        if self.why == "near":
            return f"{few} people differ from an earlier answer"
        return few if self.why == "few" else "not shown"

    def __format__(self, spec: str) -> str:
        """Return the same however a number would be written."""
        return str(self)

    @model_serializer
    def _to_json(self) -> dict[str, Any]:
        return {"suppressed": True}


Count = int | Suppressed
"""How many there are, or that it is not shown."""


def plain_json(value: Any) -> Any:
    """Return JSON in which counts that are not shown are written as JSON too."""
    if isinstance(value, Suppressed):
        return value.as_json()
    if isinstance(value, Mapping):
        return {name: plain_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(each) for each in value]
    return value
