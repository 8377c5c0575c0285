"""Write guesses as a file that people read."""

import csv
import io
from collections.abc import Iterable

from apollo_spark.model.guess import Guess

COLUMNS = ("entity", "field", "what", "proposed", "certainty", "why")


def write_guesses(guesses: Iterable[Guess]) -> str:
    """Return guesses as a csv file, one a line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        [each.entity, each.field or "", each.what, each.proposed, str(each.certainty), each.why]
        for each in guesses
    )
    return out.getvalue()
