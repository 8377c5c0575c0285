"""A count that is not shown because few people are behind it, or would be behind a difference."""

from typing import Any

from pydantic import model_serializer

from apollo_spark.model.base import Record


class Suppressed(Record):
    """A count that is not shown. It may be zero, and is never written as zero.

    Attributes:
        fewer_than: The least number of people behind a count that is shown.
    """

    fewer_than: int

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"fewer than {self.fewer_than}"

    def __format__(self, spec: str) -> str:
        """Return the same however a number would be written."""
        return str(self)

    @model_serializer
    def _to_json(self) -> dict[str, Any]:
        return {"suppressed": True}


Count = int | Suppressed
"""How many there are, or that it is not shown."""
