"""Where a verb is."""

from typing import NamedTuple


class Verb(NamedTuple):
    """A verb: it is imported when it is used.

    Attributes:
        module: The module of both.
        operation: The class of what it does; of a verb that only reads, the function that answers.
        request: The class of what it is asked for.
    """

    module: str
    operation: str
    request: str
