"""Where a record has the profiles of its fields."""

from apollo_spark.model.base import Record
from apollo_spark.model.names import MemberName

FIELDS_PER_PART = 500
"""Fields whose profiles are in one part: one field is read without all others."""


class ProfileEntry(Record):
    """Where a record has the profiles of an entity, counted when it was published.

    Attributes:
        entity: The entity.
        parts: The parts, by SHA-256, with the profiles in the order of the dictionary, a line of
            JSON for each field.
        per_part: How many fields are in each part but the last.
        dangling: Rows that refer to nothing: they may come to be somebody's.
    """

    entity: MemberName
    parts: tuple[str, ...]
    per_part: int
    dangling: int = 0
