"""Numbers of so many digits that a double may have lost some: looked at again, digit by digit."""

from decimal import Decimal

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.tasks.tiles.storage import LIMITS

# An integer of so many digits is a double without loss, and so is its quotient rounded right.
MAX_DIGITS = 15


def find_long(texts: pa.Array, values: np.ndarray, cells: np.ndarray) -> dict[str, np.ndarray]:
    """Look again, digit by digit, at numbers of so many digits that a double may have lost some.

    Args:
        texts: The numbers.
        values: The doubles next to them.
        cells: Their cells.

    Returns:
        The last five attributes of `Numbers`.
    """
    found: dict[str, list[int]] = {"long": [], "exponent": [], "beyond": [], "fraction": []}
    wholes: list[int] = []
    for place in np.flatnonzero(np.abs(values) >= 10.0**MAX_DIGITS).tolist():
        text = texts[place].as_py()
        number = Decimal(text)
        # Nothing behind the point of a number that is a double with its exponent.
        is_large = abs(values[place]) >= 2.0**63
        if not is_large and number != number.to_integral_value():
            found["fraction"].append(place)
        elif not is_large or abs(number) < 2**63:
            if abs(number) >= LIMITS[64]:
                found["long"].append(place)
                wholes.append(int(number))
                found["exponent"] += [place] * ("e" in text.lower())
        elif "e" not in text.lower() and number != Decimal(repr(float(values[place]))):
            found["beyond"].append(place)
    named = {f"{kind}_cells": cells[np.array(at, np.int64)] for kind, at in found.items()}
    return {**named, "long_values": np.array(wholes, np.int64)}
