"""Lists of fields as they are typed."""

from pathlib import Path

from apollo_spark.errors import UsageError
from apollo_spark.sources.findings import NAMES_LIMIT
from apollo_spark.sources.regular_files import UNREADABLE, read_bounded_text, say_unreadable


def read_field_list(text: str) -> tuple[str, ...]:
    """Read `entity.field,entity.field`, or a file with one a line.

    What of a file is not ENTITY.FIELD is reported by its line: it may hold ids of people instead.

    Raises:
        UsageError: The text is neither a list of fields nor a file that can be read.
    """
    path = Path(text)
    if "," in text or not path.is_file():
        return tuple(each.strip() for each in text.split(",") if each.strip())
    try:
        lines = [each.strip() for each in read_bounded_text(path).split("\n")]
    except UNREADABLE as error:
        raise UsageError(
            f"The list of fields {text!r} cannot be read as text.", why=say_unreadable(error)
        ) from None
    wrong = [number for number, each in enumerate(lines, start=1) if each and "." not in each]
    if wrong:
        shown = ", ".join(map(str, wrong[:NAMES_LIMIT])) + ", ..." * (len(wrong) > NAMES_LIMIT)
        raise UsageError(
            f"{len(wrong):,} lines of the list of fields {text!r} hold no ENTITY.FIELD: {shown}.",
            fix="Write one field a line.",
        )
    return tuple(filter(None, lines))


def read_wide_list(text: str | None) -> tuple[str, ...]:
    """Read `entity.field,entity.field:how`, with or without spaces."""
    return tuple(each.strip() for each in (text or "").split(",") if each.strip())
