"""The errors that people see, each with its exit code.

A text answers three questions: what failed, why, and what to do. It is logged and shown as it
is, so it may hold names, places, versions and counts, but never a value from a person's row.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in what somebody wrote, for a page that shows it where it is.

    Attributes:
        text: What is wrong. It holds no value from a person's row.
        place: Where, as a message says it: `line 2, column 19`, or a path into JSON; maybe empty.
        line: The line of the text, from 1; None where it is not a text.
        column: The first character in that line, from 1.
        length: How many characters it takes; 0 at the end of the text.
        expected: What could be there, in words; maybe empty.
        suggestions: What was probably meant, as it would be written there.
    """

    text: str
    place: str = ""
    line: int | None = None
    column: int | None = None
    length: int | None = None
    expected: str = ""
    suggestions: tuple[str, ...] = ()


class ApolloError(Exception):
    """Base class of everything that apollo_spark refuses.

    Args:
        what: What could not be done, as a sentence.
        why: The cause, as a sentence.
        fix: What to do about it, as a sentence.
        problems: What the text says, as values, where it was found in a filter.
    """

    exit_code: ClassVar[int] = 1
    """Exit code of a command that ends with this error."""

    def __init__(
        self, what: str, *, why: str = "", fix: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        gap = "\n" if "\n" in what or "\n" in why else " "
        super().__init__(gap.join(part for part in (what, why, fix) if part))
        self.problems = tuple(problems)


class UsageError(ApolloError):
    """An option, a name or a setting that has no meaning here."""

    exit_code = 2


class ConfigurationError(UsageError):
    """A configuration file with an unknown key or a value of the wrong kind."""


class InputFileError(ApolloError):
    """An input file is not what it was said to be."""

    exit_code = 10


class DictionaryError(ApolloError):
    """The data dictionary, a coding or a policy breaks its rules."""

    exit_code = 11


class CheckFailedError(ApolloError):
    """A check on values failed."""

    exit_code = 12


class NotFoundError(ApolloError):
    """A record, an entity or a field that is not there, or not to be seen."""

    exit_code = 13


class ConflictError(ApolloError):
    """Somebody else was there first: a lease, a name or a newer commit."""

    exit_code = 14


class LeaseHeldError(ConflictError):
    """Another writer works on the same dataset."""


class LeaseLostError(ConflictError):
    """This writer's lease passed to somebody else while it worked."""


class CommitRaceError(ConflictError):
    """A commit met a newer version than the one it was based on."""


class StorageRefusedError(ApolloError):
    """The storage refused a read or a write."""

    exit_code = 15


class BrokenPinError(ApolloError):
    """A pinned version of a table cannot be read as it was published."""

    exit_code = 16


def broken_file(file: str, why: str) -> BrokenPinError:
    """Return the error for a file of the lake that is not as it was written.

    Args:
        file: Where it lies in the lake.
        why: What is wrong with it, as part of a sentence.
    """
    return BrokenPinError(
        f"The file {file} is not as it was published: {why}.",
        fix="Bring it back from a copy of the lake; apollo verify says what else is damaged.",
    )


@contextmanager
def naming_only(view: str | None) -> Iterator[None]:
    """Where something is read through a view, report what is broken as of the view alone.

    Raises:
        BrokenPinError: Something is broken.
    """
    try:
        yield
    except BrokenPinError as error:
        if view is None:
            raise
        raise BrokenPinError(
            f"{view} cannot be read: something that it is made from is missing or damaged.",
            fix="Whoever keeps the lake finds out what by apollo verify.",
        ) from error


class EnvironmentProblemError(ApolloError):
    """Java, Spark, the Delta jars or the machine are not as needed."""

    exit_code = 17


class TimeIsUpError(EnvironmentProblemError):
    """A question took longer than it may."""


class CancelledError(ApolloError):
    """A question was ended by whoever asked it."""

    exit_code = 130


EXIT_CODES_OF_RULES = {"file": 10, "dictionary": 11, "value": 12, "clash": 14}
"""Exit code of a refused load by the kind of the rule that was broken."""
REFUSALS: dict[int, type[ApolloError]] = {
    10: InputFileError,
    11: DictionaryError,
    12: CheckFailedError,
    14: ConflictError,
}
"""The error class of a refusal by its exit code."""
