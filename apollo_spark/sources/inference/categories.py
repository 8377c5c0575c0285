"""Which columns without a dictionary are categories: as somebody says, or as they look."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from apollo_spark.errors import UsageError
from apollo_spark.model.field import FieldType
from apollo_spark.sources.inference.infer import MOST_ASKED_CODES, ColumnFacts

MEASURES = frozenset(
    {
        "age", "amount", "bmi", "concentration", "count", "counts", "cycle", "cycles",
        "date", "day", "days", "distance", "dosage", "dose", "duration", "freq",
        "frequency", "height", "hour", "hours", "index", "interval", "length", "level",
        "levels", "measure", "measurement", "minute", "minutes", "month", "months", "n",
        "no", "nr", "num", "number", "numbers", "order", "percent", "pressure", "quantity",
        "rank", "rate", "ratio", "scale", "score", "scores", "seconds", "size", "sum",
        "temperature", "time", "times", "total", "value", "values", "visit", "volume",
        "wave", "week", "weeks", "weight", "width", "year", "years",
    }
)  # fmt: skip
"""Words in the name of a column whose whole numbers are counted or measured."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True)
class Categories:
    """What somebody says about categories.

    Attributes:
        asked: The columns or fields that are categories, and no others; None lets them look so.
    """

    asked: tuple[str, ...] | None = None

    def columns(self, names: Mapping[str, str]) -> frozenset[str]:
        """Return the columns that are called categories.

        Args:
            names: The field of each column.

        Raises:
            UsageError: Something is called so that is not a column.
        """
        asked = frozenset(self.asked or ())
        found = {column for column, name in names.items() if asked & {column, name}}
        known = {each for pair in names.items() for each in pair}
        if lost := [each for each in self.asked or () if each not in known]:
            raise UsageError(
                f"--codings-of names {', '.join(map(repr, lost))}, and no file has such a column.",
                fix="Name columns, or the fields that are made of them.",
            )
        return frozenset(found)

    def codes(self, column: str, name: str, facts: ColumnFacts) -> tuple[str, ...] | None:
        """Return the codes of a column, None where it is not a category.

        Raises:
            UsageError: It is called one and cannot be.
        """
        if self.asked is None:
            is_measure = facts.type is FieldType.INTEGER and looks_like_measure(column)
            return None if is_measure else facts.codes
        if not {column, name}.intersection(self.asked):
            return None
        codes = facts.asked_codes
        if codes is None:
            raise UsageError(
                f"'{name}' cannot have codes.",
                why=f"Codes are at most {MOST_ASKED_CODES:,} whole numbers, or short texts without "
                "blanks around them.",
                fix="Leave it out of --codings-of.",
            )
        return codes


AS_THEY_LOOK = Categories()


def looks_like_measure(column: str) -> bool:
    """Whether the name of a column says that its numbers are counted or measured."""
    words = (each.lower() for each in _WORDS.findall(column))
    return not MEASURES.isdisjoint(words)
