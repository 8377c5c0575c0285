"""Which table holds each field of an entity, for all of them at once."""

from collections.abc import Sequence

from apollo_spark.model.dataset import TableSlice


def homes_of(tables: Sequence[TableSlice]) -> dict[str, int]:
    """Return the number of the table of each field that a table names; others are in the first.

    The same as `home_of`, which looks for one field only: an entity may have 30,000.
    """
    found: dict[str, int] = {}
    for number, each in enumerate(tables):
        for field in each.fields or ():
            found.setdefault(field, number)
    return found
