"""Count one field: rows, people, missing, codes, numbers."""

from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.workers.profiles.cells import Cells, cells_of
from apollo_spark.workers.profiles.codes import count_codes
from apollo_spark.workers.profiles.links import Links
from apollo_spark.workers.profiles.numbers import describe_dates, describe_numbers
from apollo_spark.workers.profiles.spec import CODES, DATE, KEY, NUMBER, TEXT, CountedField

MOST_VALUES = 100
"""Values that are listed, the commonest first; of the others it is said how many there are."""


def count_field(values: pa.Array, field: CountedField, links: Links) -> dict[str, Any]:
    """Return what the values of a field are like, as JSON values.

    Args:
        values: A value for each row.
        field: What it is counted as.
        links: Whose the rows are.
    """
    ordinary, special = cells_of(values, field).split(field.sparse)
    present = ordinary.is_in_row
    count = int(np.count_nonzero(present))
    found: dict[str, Any] = {
        "rows": len(values),
        "present": count,
        "missing": len(values) - count,
        "sparse": 0,
        "people": links.count(present),
    }
    if special is not None:
        alone = int(np.count_nonzero(special.is_in_row & ~present))
        found |= {"sparse": alone, "missing": found["missing"] - alone}
        found["sparse_codes"] = count_codes(special, field.sparse, links)
    return found | _described(ordinary, field, links)


def _described(cells: Cells, field: CountedField, links: Links) -> dict[str, Any]:
    if field.kind == NUMBER:
        return describe_numbers(cells.items)
    if field.kind == DATE:
        return describe_dates(cells.items, has_time=pa.types.is_timestamp(cells.type))
    assert field.kind in (CODES, TEXT, KEY), "a field is counted in one of five ways"
    different = int(np.count_nonzero(np.bincount(cells.items)))
    if field.kind == KEY or (field.kind == TEXT and different > MOST_VALUES):
        return {"distinct": different}
    found = count_codes(cells, field.codes, links)
    listed = found[:MOST_VALUES]
    if field.kind == TEXT:
        # What one row alone says may be about one person alone.
        listed = [each for each in listed if each["rows"] > 1]
    return {"distinct": different, "values": listed, "values_left_out": len(found) - len(listed)}
